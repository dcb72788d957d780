"""`ecluse backup`: a verified copy of everything but the secrets, while the gateway works."""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools


@click.command(
    short_help=t("Sauvegarder, passerelle en marche ou non.", "Back up, gateway up or not."),
    help=t(
        "Sauvegarder le dossier de données, passerelle en marche ou non : copie, vérification, archive. "
        "TARGET : dossier "
        "ou fichier .tar.gz (à défaut, le dossier backups des données). Les clés n’y sont pas. Code de "
        "sortie 1 : "
        "sauvegardé, mais le journal a des anomalies.",
        "Back up the data folder, gateway up or not: copy, verification, archive. TARGET: a folder or a "
        ".tar.gz file "
        "(default: folder backups of the data). Keys are not in it. Exit code 1: backed up, but the journal "
        "has problems.",
    ),
    epilog=options.examples(
        "ecluse backup", "ecluse backup /mnt/nas/ecluse", "ecluse backup --format json today.tar.gz"
    ),
)
@options.data
@options.output
@click.argument("target", required=False, metavar="[TARGET]", type=click.Path(path_type=Path))
def backup(data: str | None, form: str, target: Path | None) -> None:
    """Back up."""
    gateway = tools().read(data)

    from ecluse.services.back_up import back_up, summary
    from ecluse.services.works import at_work

    with (
        at_work(gateway.data, "backup", tools().clock) as work,
        output.progress(t("Sauvegarde", "Backup")) as tell,
    ):

        def progress(_step: str, done: int, total: int | None) -> None:
            tell(done, total)
            work.tell(done, total)

        made = back_up(gateway, target or gateway.data / "backups", tools().clock(), progress=progress)
        work.found(summary(made))
    texts = [t(one.sentence.fr, one.sentence.en) for one in made.problems]
    if form == "json":
        manifest = made.manifest
        output.document(
            {
                "file": str(made.file),
                "size": made.size,
                "at": manifest.at,
                "seq": manifest.seq,
                "digest": manifest.digest,
                "problems": texts,
            }
        )
    else:
        for text in texts:
            output.note(f"✗ {text}")
        output.say(
            t(
                f"{made.file} ({made.size} octets), vérifiée jusqu’à la ligne {made.manifest.seq}.",
                f"{made.file} ({made.size} bytes), verified up to line {made.manifest.seq}.",
            )
        )
    raise click.exceptions.Exit(1 if texts else 0)
