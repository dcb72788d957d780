"""`ecluse directory`: the Annuaire Santé on this machine, imported, looked up and checked against."""

from __future__ import annotations

from pathlib import Path

import click

from ecluse.delivery.cli import directory_view, options, output
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import Gateway, tools

_MEGABYTE = 1_000_000


@click.group(
    short_help=t("Importer et consulter l’Annuaire Santé.", "Import and look up the Annuaire Santé."),
    help=t(
        "L’Annuaire Santé sur cette machine : import de l’extraction en libre accès, vérification d’un RPPS.",
        "The Annuaire Santé on this machine: import of the open extraction, check of an RPPS.",
    ),
    epilog=options.examples(
        "ecluse directory import PS_LibreAcces.zip",
        "ecluse directory status",
        "ecluse directory check 99700100375",
        "ecluse directory show 99700100375 --format json",
    ),
)
def directory() -> None:
    """Group of the commands on the directory."""


def _open(data: str | None) -> Gateway:
    """Open the store, and have the directory follow its settings."""
    gateway = tools().read(data)
    tools().directory(gateway)

    from ecluse.services.directory.importing import write_in_turn

    write_in_turn(gateway.run, gateway.database_url)
    return gateway


@directory.command(
    "import",
    short_help=t("Importer une extraction.", "Import an extraction."),
    help=t(
        "Importer l’extraction PS_LibreAcces de l’Annuaire Santé : le ZIP tel que publié, ou son fichier "
        "Personne_activite. L’extrait en service reste lisible jusqu’à la fin, et peut être repris (« undo »). La "
        "passerelle peut fonctionner pendant l’import. --fictive : importer l’extrait fictif fourni, pour des essais.",
        "Import the extraction PS_LibreAcces of the Annuaire Santé: the ZIP as published, or its file "
        "Personne_activite. The extract in use stays readable until the end, and can be taken back (“undo”). The "
        "gateway may run meanwhile. --fictive: import the fictive extract that is provided, for trials.",
    ),
    epilog=options.examples(
        "ecluse directory import PS_LibreAcces.zip",
        "ecluse directory import PS_LibreAcces_Personne_activite_202611200713.txt --format json",
        "ecluse directory import --fictive",
    ),
)
@options.data
@options.output
@click.option(
    "--fictive",
    "use_fictive",
    is_flag=True,
    help=t("Importer l’extrait fictif.", "Import the fictive extract."),
)
@click.option(
    "--anyway",
    is_flag=True,
    help=t(
        "Importer bien que l’extrait soit beaucoup plus petit que celui en service.",
        "Import though the extract is much smaller than the one in use.",
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
def import_(data: str | None, form: str, use_fictive: bool, anyway: bool, file: Path | None) -> None:
    """Import an extraction, then have it put in use."""
    if (file is None) != use_fictive:
        raise CannotRun(
            "donnez le fichier de l’extraction, ou --fictive.",
            "give the file of the extraction, or --fictive.",
        )
    _open(data)
    number = _load(file)
    result = tools().act(data, "directory.use", {"extract": number, "anyway": anyway})
    _clean()
    if form == "json":
        from ecluse.services.queries.directory import status as read_status

        found = read_status(tools().clock())
        output.document({"done": result.done, "reason": None if result.done else t(result.text_fr, result.text_en),
                         "current": found.current})  # fmt: skip
    else:
        output.note(t(result.text_fr, result.text_en))
    if not result.done:
        raise click.exceptions.Exit(1)


def _load(file: Path | None) -> int:
    from ecluse.services.directory.importing import load
    from ecluse.services.directory.source import fictive, opened

    try:
        with (
            output.progress(t("Import (Mo)", "Import (MB)")) as told,
            fictive() if file is None else opened(file) as source,
        ):
            return load(
                source,
                tools().clock,
                lambda done, total: told(done // _MEGABYTE, None if total is None else total // _MEGABYTE),
            )
    except OSError as error:
        raise CannotRun(
            f"{file} ne se lit pas ({because(error)}).", f"{file} cannot be read ({because(error)})."
        ) from None


def _clean() -> None:
    """Remove what nobody reads any more; a gateway that runs does it too, every hour."""
    from ecluse.services.directory.forget import forget_leaving

    forget_leaving()


@directory.command(
    short_help=t("Reprendre l’extrait précédent.", "Take the former extract back."),
    help=t(
        "Remettre en service l’extrait précédent ; le refaire revient au dernier importé.",
        "Put the former extract in use again; doing it again comes back to the last one imported.",
    ),
    epilog=options.examples("ecluse directory undo"),
)
@options.data
def undo(data: str | None) -> None:
    """Take the former extract back."""
    _open(data)
    output.act(tools().act(data, "directory.undo", {}), "text")


@directory.command(
    short_help=t("Dire quel extrait est en service.", "Tell which extract is in use."),
    help=t(
        "Dire quel extrait est en service, son âge, et celui qui peut être repris. Code de sortie : 1 s’il n’y en a "
        "pas.",
        "Tell which extract is in use, its age, and the one that can be taken back. Exit code: 1 when there is none.",
    ),
    epilog=options.examples("ecluse directory status", "ecluse directory status --format json"),
)
@options.data
@options.output
def status(data: str | None, form: str) -> None:
    """Tell which extract is in use."""
    _open(data)

    from ecluse.services.queries.directory import status as read_status

    found = read_status(tools().clock())
    if form == "json":
        output.document(found)
    else:
        directory_view.show_status(found)
    if found.current is None:
        raise click.exceptions.Exit(1)


@directory.command(
    short_help=t("Montrer un professionnel.", "Show a professional."),
    help=t(
        "Montrer un professionnel de l’extrait en service : professions, activités, structures. RPPS : onze chiffres, "
        "ou précédés de 8 ; 0 et le numéro pour un ADELI.",
        "Show a professional of the extract in use: professions, activities, structures. RPPS: eleven digits, or "
        "after an 8; 0 and the number for an ADELI.",
    ),
    epilog=options.examples(
        "ecluse directory show 99700100375", "ecluse directory show 899700100375 --format json"
    ),
)
@options.data
@options.output
@click.argument("rpps")
def show(data: str | None, form: str, rpps: str) -> None:
    """Show a professional."""
    _open(data)

    from ecluse.services.directory.check import idnps_of
    from ecluse.services.queries.directory import person

    found = person(idnps_of(rpps))
    if form == "json":
        output.document(found)
    elif found is not None:
        directory_view.show_person(found)
    if found is None:
        if form != "json":
            output.note(
                t(
                    "Ce numéro n’est pas dans l’extrait en service.",
                    "This number is not in the extract in use.",
                )
            )
        raise click.exceptions.Exit(1)


@directory.command(
    short_help=t("Vérifier un RPPS.", "Check an RPPS."),
    help=t(
        "Vérifier qu’un RPPS existe et exerce : dans l’extrait en service, sinon par l’API de l’Annuaire Santé quand "
        "sa clé est réglée. Code de sortie : 0 en exercice, 1 sinon, ou si personne n’a pu répondre.",
        "Check that an RPPS exists and exercises: in the extract in use, else by the API of the Annuaire Santé when "
        "its key is set. Exit code: 0 in exercise, 1 otherwise, or when nobody could answer.",
    ),
    epilog=options.examples(
        "ecluse directory check 99700100375", "ecluse directory check 99700100375 --format json"
    ),
)
@options.data
@options.output
@click.argument("rpps")
def check(data: str | None, form: str, rpps: str) -> None:
    """Check an RPPS."""
    _open(data)

    from ecluse.services.directory.check import check_rpps

    found = check_rpps(rpps, tools().clock())
    if form == "json":
        output.document(found)
    else:
        directory_view.show_check(found)
    if found.state != "active":
        raise click.exceptions.Exit(1)


@directory.command(
    short_help=t("Trouver l’entité juridique d’un site.", "Find the legal entity of a site."),
    help=t(
        "Donner le FINESS juridique d’un FINESS géographique, d’après l’extrait en service, sinon par l’API.",
        "Give the FINESS of the legal entity of a geographic one, from the extract in use, else by the API.",
    ),
    epilog=options.examples("ecluse directory legal-entity 0B0100012"),
)
@options.data
@options.output
@click.argument("finess")
def legal_entity(data: str | None, form: str, finess: str) -> None:
    """Find the legal entity of a site."""
    _open(data)

    from ecluse.services.directory.legal_entity import legal_entity as find

    found = find(finess)
    if form == "json":
        output.document({"finess": found.finess, "legal_entity": found.legal or None, "source": found.source or None,
                         "reason": t(found.text_fr, found.text_en) or None})  # fmt: skip
    elif found.legal:
        output.say(found.legal)
    else:
        output.note(t(found.text_fr, found.text_en))
    if not found.legal:
        raise click.exceptions.Exit(1)
