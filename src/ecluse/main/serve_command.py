"""`ecluse serve`: the gateway, from its settings to its ready line."""

from __future__ import annotations

import contextlib
import sys

import click

from ecluse.delivery.cli import options
from ecluse.delivery.cli.language import t
from ecluse.main.configuration import Configuration, data_folder, load, write_default


@click.command(
    help=t(
        "Démarrer la passerelle. La sortie standard porte une seule ligne, « ready mllp=HÔTE:PORT "
        "http=HÔTE:PORT », dès "
        "que les connexions sont acceptées ; le reste va sur la sortie d’erreur. SIGTERM ou Ctrl-C : arrêt "
        "propre. "
        "SIGHUP : relecture des réglages.",
        "Start the gateway. Standard output carries one line, “ready mllp=HOST:PORT http=HOST:PORT”, when "
        "connections "
        "are accepted; everything else goes to standard error. SIGTERM or Ctrl-C: clean stop. SIGHUP: "
        "settings are read "
        "again.",
    ),
    epilog=options.examples(
        "ecluse serve",
        "ecluse serve --data /srv/ecluse --mllp 0.0.0.0:2575 --http 127.0.0.1:8080",
        "ecluse serve --data /srv/ecluse-prod --env production",
    ),
)
@options.data
@click.option(
    "--mllp",
    metavar="HOST:PORT",
    help=t(
        "Adresse du premier écouteur MLLP (port 0 : un port libre).",
        "Address of the first MLLP listener (port 0: any free port).",
    ),
)
@click.option("--http", metavar="HOST:PORT", help=t("Adresse HTTP.", "HTTP address."))
@click.option(
    "--env",
    type=click.Choice(["test", "production"]),
    help=t("Environnement national des identités.", "National environment of the identities."),
)
def serve(data: str | None, mllp: str | None, http: str | None, env: str | None) -> None:
    """Serve until told to stop."""
    configuration = load(data_folder(data), mllp=mllp, http=http, environment=env)
    raise click.exceptions.Exit(run(configuration))


def run(configuration: Configuration) -> int:
    """Serve a configuration until told to stop; returns the exit code.

    :raises ServeError, StoreError: when the gateway cannot start.
    """
    from ecluse.main.logs import start_logging
    from ecluse.main.supervisor import Supervisor, prepare

    start_logging(configuration.log_level, "supervisor")
    lock = prepare(configuration)
    try:
        _open(configuration)
        first = write_default(configuration.data, configuration.environment)

        def ready(mllp: str, http: str) -> None:
            _ready(mllp, http)
            if first:
                with contextlib.suppress(OSError):
                    _tell_where_keys_are(configuration)

        return Supervisor(configuration, ready, lock).run()
    finally:
        lock.release()


def _open(configuration: Configuration) -> None:
    from ecluse.main.django_setup import set_up

    set_up(configuration)
    from django.db import connections

    from ecluse.main.opening import clock
    from ecluse.services.open_store import open_store

    info = open_store(configuration, clock())
    connections.close_all()
    if info.backup is not None:
        click.echo(
            t(f"Sauvegarde avant mise à niveau : {info.backup}", f"Backup before the upgrade: {info.backup}"),
            err=True,
        )


def _tell_where_keys_are(configuration: Configuration) -> None:
    """At the first start: the keys are not in the data folder, and installations of one account share them."""
    from ecluse.main.assembly import secrets_folder

    place = secrets_folder(configuration)
    click.echo(
        t(
            f"Premier démarrage : les clés sont dans {place} (réglage secrets ; un dossier par installation), à"
            " sauvegarder à part des données.",
            f"First start: the keys are in {place} (setting secrets; one folder for each installation), to be backed"
            " up apart from the data.",
        ),
        err=True,
    )


def _ready(mllp: str, http: str) -> None:
    # Whoever started us may have closed its end; the gateway serves all the same.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"ready mllp={mllp} http={http}\n")
        sys.stdout.flush()
    if sys.stderr.isatty():
        click.echo(
            t(
                f"Écluse sert : console http://{http}/ · Ctrl-C pour arrêter.",
                f"Écluse serves: console http://{http}/ · Ctrl-C to stop.",
            ),
            err=True,
        )
