"""`ecluse patients`: the identities kept, one, listed or exported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import language, t
from ecluse.delivery.cli.patient_chosen import only, reader
from ecluse.delivery.cli.patient_dossier import dossier, note
from ecluse.delivery.cli.patient_unmerge import unmerge
from ecluse.delivery.cli.stays import consent, stays

if TYPE_CHECKING:
    from ecluse.services.queries.documents import PatientDocument, PatientLine

Command = TypeVar("Command", bound=Callable[..., Any])

WAITING = (
    "collision", "sender", "domain", "traits", "contradicted", "missing-traits", "corrected-date", "key", "environment",
)  # fmt: skip
"""Reasons of `services.queries.standing.WAITING`, written again: help does not open the store."""


@click.group(
    short_help=t("Consulter les identités.", "Read the identities."),
    help=t(
        "Consulter les identités : list, show, export, dossier, note, unmerge, stays, consent.",
        "Read the identities: list, show, export, dossier, note, unmerge, stays, consent.",
    ),
    epilog=options.examples(
        "ecluse patients list --limit 20",
        "ecluse patients show --identifier 7712345",
        "ecluse patients export --format json > patients.json",
    ),
)
def patients() -> None:
    """Group of the commands on patients."""


for _right in (dossier, note, unmerge):
    patients.add_command(_right)


for _stay in (stays, consent):
    patients.add_command(_stay)


def _stdin_only(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The matricule, read from stdin: an argument would be readable by every user of the machine (`ps`)."""
    if value is None:
        return None
    if value != "-":
        raise click.BadParameter(
            t(
                "un matricule ne se donne jamais en argument, où les autres utilisateurs de la machine le "
                "liraient : "
                "écrivez « --ins - » et donnez-le sur l’entrée standard.",
                "a matricule is never given as an argument, where other users of the machine could read it: "
                "write "
                "“--ins -” and give it on standard input.",
            )
        )
    if sys.stdin is not None and sys.stdin.isatty():
        found = click.prompt("Matricule INS", hide_input=True, err=True)
    else:
        found = sys.stdin.readline()
    if not found.strip():
        raise click.BadParameter(t("l’entrée standard est vide.", "standard input is empty."))
    return str(found).strip()


def _search(command: Command) -> Command:
    """Options that find patients."""
    command = click.option(
        "--ins", metavar="-", callback=_stdin_only,
        help=t(
            "Par INS utilisable ; le matricule est lu sur l’entrée standard.",
            "By usable INS; the matricule is read from standard input.",
        ),
    )(command)  # fmt: skip
    command = click.option(
        "--authority", metavar="NAME|OID",
        help=t("Autorité d’affectation de l’identifiant.", "Assigning authority of the identifier."),
    )(command)  # fmt: skip
    return click.option(
        "--identifier", metavar="VALUE", help=t("Par identifiant local (IPP).", "By local identifier (IPP).")
    )(command)


@patients.command(
    "list",
    help=t(
        "Lister les patients, dans l’ordre de leur identifiant interne.",
        "List the patients, in the order of their internal id.",
    ),
    epilog=options.examples(
        "ecluse patients list",
        "ecluse patients list --identifier 7712345",
        "ecluse patients list --waiting collision",
        "ecluse patients list --after CURSOR --limit 500 --format json",
    ),
)
@options.data
@options.output
@_search
@click.option(
    "--after", metavar="CURSOR", help=t("« next » de la page précédente.", "“next” of the page before.")
)
@click.option(
    "--waiting",
    metavar="REASON",
    type=click.Choice(WAITING),
    help=t(
        "Ceux dont l’INS gardé attend pour cette raison : {}.",
        "Those whose kept INS waits for that reason: {}.",
    ).format(", ".join(WAITING)),
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help=t("Patients par page.", "Patients per page."),
)
def list_(
    data: str | None,
    form: str,
    identifier: str | None,
    authority: str | None,
    ins: str | None,
    after: str | None,
    waiting: str | None,
    limit: int,
) -> None:
    """List patients."""
    if sum(one is not None for one in (identifier, ins, waiting)) > 1:
        raise click.UsageError(
            t(
                "--identifier, --ins et --waiting ne vont pas ensemble.",
                "--identifier, --ins and --waiting do not go together.",
            )
        )
    source = reader(data)

    from ecluse.services.queries.documents import PatientLine, PatientPage

    if ins is not None:
        found = source.by_ins(ins)
        page = PatientPage(
            tuple(PatientLine(one.id, one.trust, one.identifiers, one.merged_into) for one in found), None
        )
    elif identifier is not None:
        page = source.page_by_identifier(identifier, authority)
    elif waiting is not None:
        page = source.page_waiting(waiting, after, limit)
    else:
        page = source.page(after, limit)
    if form == "json":
        output.document(page)
        return
    _print_lines(page.patients)
    if page.next is not None:
        output.note(t(f"Suite : --after {page.next}", f"More: --after {page.next}"))


@patients.command(
    short_help=t("Montrer un patient.", "Show one patient."),
    help=t(
        "Montrer un patient : par son identifiant interne ou local (ID), ou par --identifier ou --ins. Code "
        "de sortie 1 : "
        "aucun patient.",
        "Show one patient: by internal or local identifier (ID), or by --identifier or --ins. Exit code 1: "
        "no patient.",
    ),
    epilog=options.examples(
        "ecluse patients show --identifier 7712345",
        "ecluse patients show --identifier 7712345 --authority 1.2.250.1.999.1 --format json",
        "ecluse patients show --ins - < matricule.txt",
    ),
)
@options.data
@options.output
@options.document_lang
@_search
@click.argument("patient", metavar="[ID]", required=False)
def show(
    data: str | None,
    form: str,
    lang: str | None,
    identifier: str | None,
    authority: str | None,
    ins: str | None,
    patient: str | None,
) -> None:
    """Show one patient."""
    if sum(one is not None for one in (patient, identifier, ins)) != 1:
        raise click.UsageError(
            t(
                "indiquez soit ID, soit --identifier VALEUR, soit --ins -.",
                "give either ID, or --identifier VALUE, or --ins -.",
            )
        )
    source = reader(data)
    if ins is not None:
        found = list(source.by_ins(ins))
    elif identifier is not None:
        found = list(source.by_identifier(identifier, authority))
    else:
        one = source.get(patient or "")
        found = [one] if one else list(source.by_identifier(patient or "", authority))
    chosen = only(found)
    if chosen is None:
        if form == "json":
            output.document(None)
        output.note(t("Aucun patient.", "No patient."))
        raise click.exceptions.Exit(1)
    if form == "json":
        output.document(document(chosen, lang or "fr"))
        return
    from ecluse.delivery.cli.patient_view import print_patient

    print_patient(chosen, source.demographics(chosen.id), lang or language())


@patients.command(
    help=t("Exporter tous les patients, complets.", "Export all patients, complete."),
    epilog=options.examples("ecluse patients export --format json > patients.json", "ecluse patients export"),
)
@options.data
@options.output
@options.document_lang
@_search
def export(
    data: str | None,
    form: str,
    lang: str | None,
    identifier: str | None,
    authority: str | None,
    ins: str | None,
) -> None:
    """Export patients: one JSON document, or one JSON line per patient in the text form."""
    source = reader(data)
    if ins is not None:
        found: Any = source.by_ins(ins)
    elif identifier is not None:
        found = source.by_identifier(identifier, authority)
    else:
        found = source.every()
    if form == "json":
        output.documents("patients", (document(one, lang or "fr") for one in found))
        return
    for one in found:
        output.write(msgspec.json.encode(document(one, lang or "fr")) + b"\n")


def document(patient: PatientDocument, lang: str) -> dict[str, Any]:
    """A patient as the design writes it: the reason why there is no INS, and what changed, are one sentence each."""
    built: dict[str, Any] = msgspec.to_builtins(patient)
    reason = patient.ins_reason
    built["ins_reason"] = None if reason is None else reason.fr if lang == "fr" else reason.en
    for line in built["history"]:
        line["detail"] = line["detail"][lang]
    return built


def _print_lines(lines: tuple[PatientLine, ...]) -> None:
    from ecluse.delivery.cli.patient_view import identifiers, trust

    table = output.table(
        "ID", t("Confiance", "Trust"), t("Identifiants", "Identifiers"), t("Fusionné dans", "Merged into")
    )
    for one in lines:
        table.add_row(one.id, trust(one.trust), identifiers(one.identifiers), one.merged_into or "")
    output.console().print(table)
