"""`ecluse demo`: the whole story on simulators."""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.delivery.cli import options
from ecluse.delivery.cli.language import t


@click.command(
    short_help=t("Raconter le travail principal, sur simulateurs.", "Tell the main job, on simulators."),
    help=t(
        "Raconter le travail principal : la passerelle démarre sur un magasin à elle, un hôpital simulé lui "
        "envoie sa journée, puis l’histoire est montrée et la passerelle reste en marche. Tout est simulation. "
        "Code de sortie 1 : une réponse n’était pas celle qui était attendue.",
        "Tell the main job: the gateway starts on a store of its own, a simulated hospital sends it its day, "
        "then the story is shown and the gateway stays up. All of it is a simulation. Exit code 1: an answer "
        "was not the expected one.",
    ),
    epilog=options.examples("ecluse demo", "ecluse demo --once --no-browser"),
)
@options.data
@click.option(
    "--no-browser", is_flag=True, help=t("Ne pas ouvrir le navigateur.", "Do not open the browser.")
)
@click.option(
    "--once", is_flag=True, help=t("S’arrêter une fois l’histoire racontée.", "Stop once the story is told.")
)
def demo(data: str | None, no_browser: bool, once: bool) -> None:
    """Run the demonstration."""
    from ecluse.main.demo import run_demo

    raise click.exceptions.Exit(run_demo(Path(data) if data else None, browser=not no_browser, once=once))
