"""A patient as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.stays import print_stays
from ecluse.services.queries.demographics import Demographic
from ecluse.services.queries.documents import HistoryLine, IdentifierDocument, PatientDocument


def trust(level: str) -> Text:
    """The chip of a trust level."""
    words = {
        "qualifiee": t("qualifiée", "qualified"),
        "validee": t("validée", "validated"),
        "provisoire": t("provisoire", "provisional"),
    }
    return output.chip(level, words.get(level, level))


def identifiers(found: Iterable[IdentifierDocument]) -> str:
    """Identifiers on one line: value and authority."""
    return output.printable(
        ", ".join(f"{one.value} ({one.authority.name or one.authority.oid or '?'})" for one in found)
    )


def print_patient(patient: PatientDocument, details: tuple[Demographic, ...], lang: str) -> None:
    """Print everything known of a patient."""
    console = output.console()
    console.print(Text.assemble(Text(_name(patient), "bold"), "  ", trust(patient.trust)))
    table = output.table("", "")
    table.show_header = False
    table.columns[0].style = "dim"
    table.columns[0].no_wrap = True
    for title, value in _rows(patient, lang):
        if value:
            table.add_row(title, value if isinstance(value, Text) else output.printable(value))
    console.print(table)
    if details:
        console.print(Text(t("\nAutres données", "\nOther data"), "bold"))
        for one in details:
            for repetition in one.values:
                console.print(
                    Text(f"  {one.location:<8} {output.printable('^'.join(repetition))}"), soft_wrap=True
                )
    print_stays(patient.id)
    console.print(Text(t("\nHistorique", "\nHistory"), "bold"))
    for line in patient.history:
        console.print(_history_line(line, lang), soft_wrap=True)


def _history_line(line: HistoryLine, lang: str) -> Text:
    detail = line.detail.fr if lang == "fr" else line.detail.en
    word = "ligne" if lang == "fr" else "line"
    said = line.operator or " / ".join(filter(None, (line.application, line.facility)))
    by = f" · {output.printable(said)}" if said else ""
    return Text.assemble(
        Text(f"  {line.at}", "dim"),
        f"  {output.printable(detail)}",
        Text(f"  {line.event} · {word} {line.message}{by}", "dim"),
    )


def _name(patient: PatientDocument) -> str:
    traits = patient.traits
    return output.printable(" ".join(filter(None, (traits.birth_name, traits.first_birth_given_name))) or "?")


def _rows(patient: PatientDocument, lang: str) -> Iterable[tuple[str, str | Text | None]]:
    traits = patient.traits
    yield "ID", patient.id
    yield t("Domaine", "Domain"), f"{patient.domain.name} {patient.domain.oid or ''}".strip()
    yield t("Identifiants", "Identifiers"), identifiers(patient.identifiers)
    yield t("Statut", "Status"), ", ".join(patient.status)
    if patient.ins is not None:
        test = "" if patient.ins.environment == "production" else t(" · TEST", " · TEST")
        yield "INS", Text(f"{patient.ins.matricule} ({patient.ins.kind}, {patient.ins.oid}){test}", "bold")
    elif patient.ins_reason is not None:
        reason = patient.ins_reason.fr if lang == "fr" else patient.ins_reason.en
        yield "INS", Text(t("non utilisable : ", "not usable: ") + reason, "yellow")
    yield t("Nom de naissance", "Birth name"), traits.birth_name
    yield t("Prénoms", "Given names"), traits.birth_given_names
    yield t("Premier prénom", "First given name"), traits.first_birth_given_name
    yield t("Date de naissance", "Birth date"), traits.birth_date
    yield t("Sexe", "Sex"), traits.sex
    yield t("Lieu de naissance", "Birth place"), traits.birth_place_code
    yield t("Nom utilisé", "Used name"), traits.used_name
    yield t("Prénom utilisé", "Used given name"), traits.used_given_name
    if patient.dmp_consent is not None:
        consent = patient.dmp_consent
        yield (
            t("DMP, alimentation", "DMP, feeding"),
            " ".join(filter(None, (consent.feeding, consent.feeding_date))),
        )
        yield (
            t("DMP, consultation", "DMP, consultation"),
            " ".join(filter(None, (consent.consultation, consent.consultation_date))),
        )
    if patient.merged_into:
        yield t("Fusionné dans", "Merged into"), Text(patient.merged_into, "bold red")
    for link in patient.links:
        yield (
            t("Lié à", "Linked to"),
            f"{link.value} ({link.authority.name or link.authority.oid or '?'}) {link.patient or ''}",
        )
    if patient.deceased:
        yield t("Décès", "Death"), t("oui", "yes")
