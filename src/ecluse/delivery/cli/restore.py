"""`ecluse restore`: put a backup in the place of the store."""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools


@click.command(
    short_help=t("Restaurer une sauvegarde.", "Restore a backup."),
    help=t(
        "Restaurer une sauvegarde à la place des données, passerelle arrêtée. Une sauvegarde qui ne se vérifie pas ne "
        "change rien ; avec --force, les anciennes données sont gardées à côté, dans before-restore-….",
        "Restore a backup in the place of the data, gateway stopped. A backup that does not verify changes nothing; "
        "with --force, the former data is kept beside, in before-restore-….",
    ),
    epilog=options.examples(
        "ecluse restore backup.tar.gz --data /srv/ecluse-new", "ecluse restore --force backup.tar.gz"
    ),
)
@options.data
@options.output
@click.option("--force", is_flag=True, help=t("Remplacer des données existantes.", "Replace existing data."))
@click.argument("file", metavar="FILE.tar.gz", type=click.Path(path_type=Path))
def restore(data: str | None, form: str, force: bool, file: Path) -> None:
    """Restore."""
    if not file.is_file():
        raise CannotRun(f"la sauvegarde {file} n’existe pas.", f"the backup {file} does not exist.")
    with tools().alone(data, False) as gateway, output.progress(t("Restauration", "Restoring")) as tell:
        from ecluse.services.restore import restore as restore_archive

        done = restore_archive(
            gateway,
            file,
            tools().clock(),
            force=force,
            progress=lambda _step, count, total: tell(count, total),
        )
    texts = [t(one.sentence.fr, one.sentence.en) for one in done.problems]
    if form == "json":
        output.document(
            {
                "data": str(gateway.data),
                "environment": done.manifest.environment,
                "at": done.manifest.at,
                "seq": done.manifest.seq,
                "kept": None if done.kept is None else str(done.kept),
                "problems": texts,
            }
        )
    else:
        for text in texts:
            output.note(f"✗ {text}")
        output.say(
            t(
                f"Restauré dans {gateway.data} : {done.manifest.seq} ligne(s), environnement "
                f"{done.manifest.environment}.",
                f"Restored into {gateway.data}: {done.manifest.seq} line(s), environment "
                f"{done.manifest.environment}.",
            )
        )
        if done.kept is not None:
            output.say(t(f"Anciennes données : {done.kept}", f"Former data: {done.kept}"))
    raise click.exceptions.Exit(1 if texts else 0)
