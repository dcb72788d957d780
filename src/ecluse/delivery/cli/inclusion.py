"""`ecluse inclusion`: the lists of patients outside of which a token or a webhook sees nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.asking import confirm
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.access import InclusionListDocument
    from ecluse.services.queries.patients import PatientReader

_PART = 500
"""Patients of one act."""


@click.group(
    short_help=t("Gérer les listes d’inclusion.", "Manage the inclusion lists."),
    help=t(
        "Gérer les listes d’inclusion : les patients que suit un dispositif ou un service. Un jeton ou un webhook lié à"
        " une liste ne voit personne d’autre (--inclusion de « ecluse token create », de « ecluse subscriber add »).",
        "Manage the inclusion lists: the patients that a device or a service follows. A token or a webhook bound to a"
        " list sees nobody else (--inclusion of “ecluse token create”, of “ecluse subscriber add”).",
    ),
    epilog=options.examples(
        "ecluse inclusion create Cardiologie",
        "ecluse inclusion include Cardiologie 7712345 7712346",
        "ecluse inclusion show Cardiologie",
        "ecluse inclusion exclude Cardiologie 7712345 --purge",
    ),
)
def inclusion() -> None:
    """Group of the commands on inclusion lists."""


@inclusion.command(
    "list",
    help=t("Lister les listes d’inclusion, par nom.", "List the inclusion lists, by name."),
    epilog=options.examples("ecluse inclusion list", "ecluse inclusion list --format json"),
)
@options.data
@options.output
def list_(data: str | None, form: str) -> None:
    """List the lists."""
    found = _lists(data)
    if form == "json":
        output.document({"lists": found})
        return
    if not found:
        output.say(
            t(
                "Aucune liste. Créez-en une par « ecluse inclusion create NOM ».",
                "No list. Make one with “ecluse inclusion create NAME”.",
            )
        )
        return
    table = output.table(
        "ID", t("Nom", "Name"), t("Domaine", "Domain"), t("Inclus", "Included"), t("Créée", "Created")
    )
    for one in found:
        table.add_row(
            one.id,
            output.printable(one.name),
            output.printable(one.domain),
            str(one.included),
            one.created[:10],
        )
    output.console().print(table)


@inclusion.command(
    short_help=t("Créer une liste.", "Make a list."),
    help=t(
        "Créer une liste d’inclusion, vide. Ses patients sont tous d’un même domaine d’identification.",
        "Make an inclusion list, empty. Its patients are all of one identification domain.",
    ),
    epilog=options.examples(
        "ecluse inclusion create Cardiologie",
        "ecluse inclusion create Télésuivi --domain cabinet --format json",
    ),
)
@options.data
@options.output
@click.option(
    "--domain",
    metavar="NAME",
    help=t(
        "Domaine de ses patients (à défaut : le premier).", "Domain of its patients (default: the first)."
    ),
)
@click.argument("name")
def create(data: str | None, form: str, domain: str | None, name: str) -> None:
    """Make a list."""
    result = tools().act(data, "inclusion-list.create", {"name": name, "domain": domain or ""})
    output.act(result, form, id=result.data.get("id"))


@inclusion.command(
    help=t(
        "Montrer une liste : ses patients, ceux qui en ont été exclus aussi, et depuis quand. LIST : nom ou"
        " identifiant.",
        "Show a list: its patients, those excluded from it too, and since when. LIST: name or id.",
    ),
    epilog=options.examples(
        "ecluse inclusion show Cardiologie", "ecluse inclusion show 5q3mhx2c7a --limit 500 --format json"
    ),
)
@options.data
@options.output
@click.option(
    "--after", metavar="ID", help=t("« next » de la page précédente.", "“next” of the page before.")
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help=t("Patients par page.", "Patients per page."),
)
@click.argument("name", metavar="LIST")
def show(data: str | None, form: str, after: str | None, limit: int, name: str) -> None:
    """Show a list."""
    one = _named(data, name)

    from ecluse.services.queries.access import inclusions

    page = inclusions(one.id, after, limit)
    if form == "json":
        output.document({"list": one, "patients": page.patients, "next": page.next})
        return
    output.say(f"{output.printable(one.name)} ({one.id}, {output.printable(one.domain)})")
    table = output.table(
        "ID", t("État", "State"), t("Depuis", "Since"), t("À purger ailleurs", "To purge elsewhere")
    )
    for each in page.patients:
        state = t("inclus", "included") if each.included else t("exclu", "excluded")
        table.add_row(each.patient, state, each.since, t("oui", "yes") if each.purge else "")
    output.console().print(table)
    if page.next is not None:
        output.note(t(f"Suite : --after {page.next}", f"More: --after {page.next}"))


_authority = click.option(
    "--authority",
    metavar="NAME|OID",
    help=t(
        "Autorité d’affectation des identifiants locaux.", "Assigning authority of the local identifiers."
    ),
)
_file = click.option(
    "--from",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=t("Identifiants dans un fichier, un par ligne.", "Identifiers in a file, one on each line."),
)


@inclusion.command(
    short_help=t("Inclure des patients.", "Include patients."),
    help=t(
        "Inclure des patients dans une liste. ID : identifiant interne ou local. Tous sont trouvés, ou aucun n’est"
        " inclus.",
        "Include patients in a list. ID: internal or local identifier. All of them are found, or none is included.",
    ),
    epilog=options.examples(
        "ecluse inclusion include Cardiologie 7712345",
        "ecluse inclusion include Cardiologie --from patients.txt --authority 1.2.250.1.999.9.1",
    ),
)
@options.data
@options.output
@_authority
@_file
@click.argument("name", metavar="LIST")
@click.argument("patients", metavar="[ID]...", nargs=-1)
def include(
    data: str | None, form: str, authority: str | None, file: Path | None, name: str, patients: Sequence[str]
) -> None:
    """Include patients."""
    one = _named(data, name)
    _move(data, form, "inclusion.include", one, _patients(data, authority, file, patients))


@inclusion.command(
    short_help=t("Exclure des patients.", "Exclude patients."),
    help=t(
        "Exclure des patients d’une liste : ses jetons et ses webhooks ne les voient plus, aussitôt. --purge efface"
        " aussi ce qui est gardé ici pour cette liste à leur sujet (trace des partages, envois en attente) et marque ce"
        " qui a été transmis comme à purger là où il est ; un patient déjà exclu peut être purgé ensuite.",
        "Exclude patients from a list: its tokens and webhooks see them no more, at once. --purge also deletes what is"
        " kept here for this list about them (record of what was shared, deliveries that wait) and marks what was"
        " delivered as to be purged where it is; a patient already excluded can be purged later.",
    ),
    epilog=options.examples(
        "ecluse inclusion exclude Cardiologie 7712345",
        "ecluse inclusion exclude Cardiologie 7712345 --purge --yes",
    ),
)
@options.data
@options.output
@_authority
@_file
@click.option(
    "--purge",
    is_flag=True,
    help=t("Effacer ce qui est gardé pour cette liste.", "Delete what is kept for this list."),
)
@click.option("--yes", is_flag=True, help=t("Sans demander.", "Without asking."))
@click.argument("name", metavar="LIST")
@click.argument("patients", metavar="[ID]...", nargs=-1)
def exclude(
    data: str | None, form: str, authority: str | None, file: Path | None, purge: bool, yes: bool, name: str,
    patients: Sequence[str],
) -> None:  # fmt: skip
    """Exclude patients."""
    one = _named(data, name)
    found = _patients(data, authority, file, patients)
    if purge and not yes:
        confirm(
            f"Effacer la trace des partages de {len(found)} patient(s) pour cette liste ?",
            f"Delete the record of what was shared about {len(found)} patient(s) for this list?",
        )
    _move(data, form, "inclusion.exclude", one, found, purge=purge)


def _lists(data: str | None) -> tuple[InclusionListDocument, ...]:
    tools().read(data)

    from ecluse.services.access import Reach
    from ecluse.services.queries.access import lists

    return lists(Reach(None, ""))


def _named(data: str | None, name: str) -> InclusionListDocument:
    """The list of that name, or that has that id."""
    found = _lists(data)
    for one in (*(one for one in found if one.name == name), *(one for one in found if one.id == name)):
        return one
    output.note(
        t(
            f"Aucune liste « {name} ». Voyez « ecluse inclusion list ».",
            f"No list “{name}”. See “ecluse inclusion list”.",
        )
    )
    raise click.exceptions.Exit(1)


def _patients(
    data: str | None, authority: str | None, file: Path | None, given: Sequence[str]
) -> tuple[str, ...]:
    """Internal ids of the patients meant, each once."""
    from ecluse.delivery.cli.patient_chosen import only, reader

    wanted = tuple(dict.fromkeys((*given, *(_lines(file) if file is not None else ()))))
    if not wanted:
        raise CannotRun("donnez au moins un patient, ou --from.", "give at least one patient, or --from.")
    source: PatientReader = reader(data)
    found: dict[str, None] = {}
    unknown = []
    for text in wanted:
        one = source.get(text)
        one = only([one] if one else list(source.by_identifier(text, authority)))
        if one is None:
            unknown.append(text)
        else:
            found[one.id] = None
    if unknown:
        _tell_unknown(unknown)
    return tuple(found)


def _tell_unknown(unknown: Sequence[str]) -> None:
    names = ", ".join(output.printable(one) for one in unknown[:5])
    number = len(unknown)
    output.note(
        t(
            f"{number} patient(s) inconnu(s) : {names}. Rien n’est fait.",
            f"{number} unknown: {names}. Nothing done.",
        )
    )
    raise click.exceptions.Exit(1)


def _lines(file: Path) -> Iterable[str]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotRun(f"{file} n’est pas en UTF-8.", f"{file} is not UTF-8.") from None
    except OSError as error:
        raise CannotRun(
            f"{file} ne peut pas être lu : {because(error)}.", f"{file} cannot be read: {because(error)}."
        ) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _move(
    data: str | None, form: str, act: str, one: InclusionListDocument, patients: Sequence[str], **more: bool
) -> None:
    """Do an act for all patients, 500 at a time; stop at the first refusal."""
    results = []
    for start in range(0, len(patients), _PART):
        arguments = {"list": one.id, "patients": list(patients[start : start + _PART]), **more}
        results.append(tools().act(data, act, arguments))
        if not results[-1].done:
            break
    texts = [t(result.text_fr, result.text_en) for result in results]
    done = all(result.done for result in results)
    if form == "json":
        output.document(
            {
                "done": done,
                "seqs": [result.seq for result in results],
                "text": " ".join(texts),
                "patients": patients,
            }
        )
    else:
        for text in texts:
            output.note(text)
    raise click.exceptions.Exit(0 if done else 1)
