"""`ecluse patients stays` and `ecluse patients consent`: the stays of a patient, and what was said of the DMP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import language, t
from ecluse.delivery.cli.patient_chosen import chosen_id
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.documents import ConsentDocument
    from ecluse.services.queries.stay_documents import (
        ConsentsDocument,
        LocationDocument,
        MovementDocument,
        StayDocument,
        UnitDocument,
    )

_authority = click.option(
    "--authority",
    metavar="NAME|OID",
    help=t("Autorité d’affectation de l’identifiant.", "Assigning authority of the identifier."),
)


@click.command(
    short_help=t("Les séjours d’un patient.", "The stays of a patient."),
    help=t(
        "Les séjours d’un patient (ITI-31) : situation, mouvements, annulés compris, et consentements au DMP. ID : "
        "identifiant interne ou local. Code de sortie 1 : aucun patient.",
        "The stays of a patient (ITI-31): situation, movements, cancelled ones included, and DMP consents. ID: "
        "internal or local identifier. Exit code 1: no patient.",
    ),
    epilog=options.examples("ecluse patients stays 7712345", "ecluse patients stays 7712345 --format json"),
)
@options.data
@options.output
@_authority
@click.argument("patient", metavar="ID")
def stays(data: str | None, form: str, authority: str | None, patient: str) -> None:
    """Show the stays of a patient."""
    chosen = chosen_id(data, patient, authority)

    from ecluse.services.queries.stays import consents, of_patient

    found, said = of_patient(chosen), consents(chosen)
    if form == "json":
        output.document({"stays": found, "consents": said})
        return
    if not found:
        output.note(t("Aucun séjour.", "No stay."))
    for one in found:
        _print(one)
    if said is not None:
        _print_consents(said)


@click.command(
    short_help=t("Enregistrer un consentement.", "Record a consent."),
    help=t(
        "Enregistrer ce qu’un patient a dit du DMP (ZFA-9 à 12) : alimentation INO (informé, ne s’oppose pas), IO "
        "(s’oppose) ou NA (non recueilli) ; consultation IC (consent), INC (ne consent pas) ou NA. Sans --stay, pour "
        "le patient en général. C’est un acte du journal. ID : identifiant interne ou local.",
        "Record what a patient said of the DMP (ZFA-9 to 12): feeding INO (informed, not opposed), IO (opposed) or NA "
        "(not collected); consultation IC (consents), INC (does not consent) or NA. Without --stay, for the patient in "
        "general. It is an act of the journal. ID: internal or local identifier.",
    ),
    epilog=options.examples(
        "ecluse patients consent 7712345 --feeding INO --consultation IC --how oral",
        "ecluse patients consent 7712345 --stay V1234 --consultation INC --how written --date 2026-11-18",
    ),
)
@options.data
@options.output
@_authority
@click.option("--feeding", type=click.Choice(["INO", "IO", "NA"]), help=t("Alimentation.", "Feeding."))
@click.option(
    "--consultation", type=click.Choice(["IC", "INC", "NA"]), help=t("Consultation.", "Consultation.")
)
@click.option(
    "--how",
    required=True,
    type=click.Choice(["oral", "written", "online"]),
    help=t("Recueilli oralement, par écrit ou en ligne.", "Collected orally, in writing or online."),
)
@click.option(
    "--date",
    metavar="AAAA-MM-JJ[THH:MM+ZZ:ZZ]",
    help=t("Date du recueil (à défaut : maintenant).", "Date of collection (default: now)."),
)
@click.option("--by", default="", help=t("Qui l’a recueilli.", "Who collected it."))
@click.option(
    "--stay",
    metavar="ID|VISIT",
    help=t("Séjour concerné : ID ou numéro de venue.", "Stay: ID or visit number."),
)
@click.option(
    "--correction",
    is_flag=True,
    help=t(
        "Le choix gardé est faux : le remplacer même par un choix plus ancien.",
        "The choice kept is wrong: replace it even by an older one.",
    ),
)
@click.argument("patient", metavar="ID")
def consent(
    data: str | None,
    form: str,
    authority: str | None,
    feeding: str | None,
    consultation: str | None,
    how: str,
    date: str | None,
    by: str,
    stay: str | None,
    correction: bool,
    patient: str,
) -> None:
    """Record a consent."""
    chosen = chosen_id(data, patient, authority)
    asked: dict[str, Any] = {"patient": chosen, "how": how, "source": "cli", "by": by}
    for name, code in (("feeding", feeding), ("consultation", consultation)):
        if code is not None:
            asked[name] = code
            if code != "NA" and date is not None:
                asked[f"{name}_date"] = date
    if stay is not None:
        asked["stay"] = _stay(chosen, stay)
    if correction:
        asked["correction"] = True
    result = tools().act(data, "consent.record", asked)
    output.act(result, form)


def _stay(patient: str, wanted: str) -> str:
    """The id of the stay meant by its id or by its visit number."""
    from ecluse.services.queries.stays import of_patient

    found = [one for one in of_patient(patient) if wanted in (one.id, one.visit.value if one.visit else "")]
    return found[0].id if len(found) == 1 else wanted


def status(word: str) -> Text:
    """The chip of a status."""
    words = {
        "pre-admitted": t("préadmis", "pre-admitted"),
        "in-progress": t("en cours", "in progress"),
        "on-leave": t("absent", "on leave"),
        "discharged": t("sorti", "discharged"),
        "cancelled": t("annulé", "cancelled"),
    }
    return output.chip(word, words.get(word, word))


def line(stay: StayDocument) -> Text:
    """A stay on one line: its number, where it stands, since when, the unit, and the consent of the stay."""
    now = stay.situation
    number = next((one.value for one in (stay.visit, stay.account, stay.preadmit) if one), stay.id)
    told = [
        now.patient_class,
        _period(now.admitted or now.expected_admission, now.discharged),
        _unit(now.medical_unit),
        _choices(stay.dmp_consent),
    ]
    return Text.assemble(
        Text(output.printable(number), "bold"),
        "  ",
        status(now.status),
        "  ",
        output.printable(" · ".join(filter(None, told))),
    )


def print_stays(patient: str) -> None:
    """Print the stays of a patient, one line each; nothing when there is none."""
    from ecluse.services.queries.stays import of_patient

    found = of_patient(patient)
    if found:
        output.console().print(Text(t("\nSéjours", "\nStays"), "bold"))
    for one in found:
        output.console().print(Text.assemble("  ", line(one)), soft_wrap=True)


def _print(stay: StayDocument) -> None:
    console = output.console()
    console.print(line(stay))
    table = output.table("", "")
    table.show_header = False
    table.columns[0].style = "dim"
    for title, value in _rows(stay):
        if value:
            table.add_row(title, output.printable(value))
    console.print(table)
    for one in stay.movements:
        console.print(_movement(one), soft_wrap=True)
    console.print("")


def _rows(stay: StayDocument) -> Iterable[tuple[str, str | None]]:
    now = stay.situation
    yield "ID", stay.id
    yield t("Dossier", "Account"), stay.account.value if stay.account else None
    yield t("Unité médicale", "Medical unit"), _unit(now.medical_unit)
    yield t("Unité de soins", "Care unit"), _unit(now.care_unit)
    yield t("Lieu", "Location"), _location(now.location)
    yield t("Lieu temporaire", "Temporary location"), _location(now.temporary_location)
    yield t("Établissement", "Facility"), now.facility
    doctors = (" ".join(filter(None, (one.given, one.family))) or one.number for one in now.attending)
    yield t("Médecin responsable", "Attending doctor"), ", ".join(filter(None, doctors))
    yield t("Sortie prévue", "Expected discharge"), now.expected_discharge
    yield t("Retour prévu", "Expected return"), now.expected_return
    yield t("Attendu", "Expected"), ", ".join(f"{one.event} {one.at or ''}".strip() for one in now.expected)


def _movement(one: MovementDocument) -> Text:
    what = one.label_fr if language() == "fr" else one.label_en
    place = " · ".join(filter(None, (_unit(one.medical_unit), _location(one.location))))
    style = "dim strike" if one.cancelled else ""
    gone = t(f" annulé par {one.cancelled}", f" cancelled by {one.cancelled}") if one.cancelled else ""
    past = t(" (historique)", " (historic)") if one.historic else ""
    return Text.assemble(
        Text(f"  {one.start or '?':<20} ", "dim"),
        Text(f"{one.event} {output.printable(what)}{past}  {output.printable(place)}", style),
        Text(gone, "yellow"),
    )


def _print_consents(said: ConsentsDocument) -> None:
    console = output.console()
    if said.dmp_state is not None:
        state = said.dmp_state
        told = t(f"DMP dit {state.state} ({state.said_at})", f"DMP said {state.state} ({state.said_at})")
        console.print(Text(output.printable(told), "dim"))
    if not said.history:
        return
    console.print(Text(t("Consentements", "Consents"), "bold"))
    for one in said.history:
        rest = filter(None, (one.source, one.how, one.by, one.stay))
        text = f"  {one.at}  {_choices(one.dmp_consent) or '-'}  {' · '.join(rest)}"
        console.print(Text(output.printable(text)), soft_wrap=True)


def _choices(consent: ConsentDocument | None) -> str | None:
    if consent is None:
        return None
    return f"DMP {consent.feeding or '-'}/{consent.consultation or '-'}"


def _unit(one: UnitDocument | None) -> str | None:
    return None if one is None else " ".join(filter(None, (one.code, one.label)))


def _location(one: LocationDocument | None) -> str | None:
    return None if one is None else " / ".join(filter(None, (one.unit, one.room, one.bed)))


def _period(start: str | None, end: str | None) -> str | None:
    return f"{start or '?'} → {end}" if end else start
