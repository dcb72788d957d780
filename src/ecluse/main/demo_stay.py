"""One stay told during the demonstration: admission, transfer, a cancelled transfer, discharge, and its consent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecluse.delivery.cli.language import t
from ecluse.main.demo_words import choice
from ecluse.protocols.pam.stay_events import stay_events
from ecluse.rules.identity.model import Event
from ecluse.rules.stay import Situation, Stay, concerns_stay, fold_stay, situation
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.stay_documents import StayDocument

_TOLD = "A12"
"""The story has a transfer taken back by this event."""

_STYLES = {"cancel": "bold yellow", "update": "bold"}


class Told(NamedTuple):
    """What happened to a stay in one journal line; after: its situation then."""

    at: str
    event: str
    seq: int
    after: Situation


def tell_stay(console: Console) -> str:
    """Tell the stay whose transfer was cancelled; returns the id of its patient, empty when there is none."""
    found = _chosen()
    if found is None:
        return ""
    patient, stay = found
    console.print()
    console.rule(
        Text(
            t(
                "Un séjour : admis, muté, une mutation annulée, sorti",
                "A stay: admitted, transferred, a transfer cancelled, discharged",
            )
        ),
        align="left",
    )
    traits = patient.traits
    visit = stay.visit.value if stay.visit else stay.id
    console.print(
        f"[bold]{traits.birth_name} {traits.first_birth_given_name}[/], patient {patient.id}, "
        + t(f"venue {visit}", f"visit {visit}")
    )
    table = Table.grid(padding=(0, 2))
    for told in _course(patient, stay.id):
        event = stay_events()[told.event]
        style = _STYLES.get(event.verb, "")
        label = t(event.label_fr, event.label_en)
        where = _where(told.after)
        if event.verb == "cancel":
            where = t(f"de nouveau {where}", f"again {where}")
        table.add_row(
            "  " + told.at[11:23], told.event, f"{t('ligne', 'line')} {told.seq}", Text(label, style), where
        )
    console.print(table)
    _consent(stay, console)
    return patient.id


def _chosen() -> tuple[PatientDocument, StayDocument] | None:
    """A stay that is over, with a transfer taken back, and choices collected for it if possible."""
    from ecluse.services.queries import stays
    from ecluse.services.queries.patients import PatientReader

    found = [
        (patient, stay)
        for patient in PatientReader("test").every()
        if any(line.event == "stay.movement-cancelled" for line in patient.history)
        for stay in stays.of_patient(patient.id)
        if stay.situation.status == "discharged" and any(one.cancelled == _TOLD for one in stay.movements)
    ]
    return min(found, key=lambda one: (one[1].dmp_consent is None, one[1].id), default=None)


def _course(patient: PatientDocument, stay: str) -> Iterator[Told]:
    """What each message did to a stay, in order."""
    from ecluse.services.queries import journal

    kept: Stay | None = None
    for seq in dict.fromkeys(int(line.message) for line in patient.history):
        document = journal.show(seq)
        events = (
            [Event(one.type, one.version, one.patient, one.data) for one in document.events]
            if document
            else []
        )
        mine = [one for one in events if concerns_stay(one) and one.data["stay"] == stay]
        if document is None or not mine:
            continue
        kept = fold_stay(kept, mine)
        yield Told(document.line.at, document.line.event, seq, situation(kept))


def _where(now: Situation) -> str:
    """A situation in a few words: status when it is not the usual one, else unit and bed."""
    words = {
        "pre-admitted": t("attendu", "expected"),
        "on-leave": t("en permission", "on leave"),
        "discharged": t("sorti", "discharged"),
        "cancelled": t("annulé", "cancelled"),
    }
    if now.status in words:
        return words[now.status]
    unit = now.medical_unit
    place = " ".join(part for part in now.first("PV1-3")[1:3] if part)
    room = t(f", chambre {place}", f", room {place}") if place else ""
    return f"{unit.label or unit.code if unit else '–'}{room}"


def _consent(stay: StayDocument, console: Console) -> None:
    """The choices about the DMP collected for this stay."""
    said = stay.dmp_consent
    if said is None:
        return
    feeding, consultation = choice("feeding", said.feeding), choice("consultation", said.consultation)
    console.print(
        t(
            f"DMP, pour ce séjour : alimentation, {feeding} ; consultation, {consultation}.",
            f"DMP, for this stay: feeding, {feeding}; consultation, {consultation}.",
        )
    )
