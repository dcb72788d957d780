"""What one message did: to each patient and to each stay, before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ecluse.protocols.pam.facts import Repetition
from ecluse.rules.identity.model import Event, Trust
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay import Stay, Unit, situation
from ecluse.rules.stay.fold import fold_stay
from ecluse.rules.stay.vocabulary import MOVED, OPENED, PREFIX
from ecluse.services.access import Reach
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.masking import hide, hide_components, hide_identifier
from ecluse.services.queries.patients import consent_document
from ecluse.services.queries.presentation import hl7_time, present
from ecluse.services.queries.standing import Standings
from ecluse.services.queries.timeline import Change, timeline
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import PatientState, StoredEvent

MOST_PATIENTS = 10
"""Patients of one line whose effects are worked out."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode

_STATUSES = {
    "pre-admitted": Sentence("préadmission", "pre-admitted"),
    "in-progress": Sentence("en cours", "in progress"),
    "on-leave": Sentence("en absence provisoire", "on leave"),
    "discharged": Sentence("terminé", "discharged"),
    "cancelled": Sentence("annulé", "cancelled"),
}


@dataclass(frozen=True, slots=True)
class PatientEffect:
    """What a line changed of a patient. former, trust: levels before (null: the patient was new) and after, with the
    senders as they are trusted now; title: what matters most; said: what neither it nor the changes tell.
    """

    patient: str
    former: Trust | None
    trust: Trust
    title: Sentence
    said: tuple[Sentence, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StayChange:
    """A value of a stay before and after, as words of both languages; null: there was, or is, none."""

    what: Sentence
    before: Sentence | None
    after: Sentence | None


@dataclass(frozen=True, slots=True)
class StayEffect:
    """What a line changed of a stay. new: the line opened it; number: its visit number, or another, or empty."""

    stay: str
    patient: str
    number: str
    new: bool
    changes: tuple[StayChange, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a line did. hidden: patients whose effects are not worked out here: there are too many."""

    patients: tuple[PatientEffect, ...]
    stays: tuple[StayEffect, ...]
    hidden: int

    @property
    def nothing(self) -> bool:
        """Whether the line changed nobody."""
        return not self.patients and not self.stays


def effects(document: JournalDocument, standings: Standings, reach: Reach) -> Effects:
    """What a line of the journal did.

    :param standings: deduces the levels of trust; reach: patients of whom the reader may know.
    """
    seq = document.line.seq
    patients = list(dict.fromkeys(one.patient for one in document.events if one.patient))
    shown = patients[:MOST_PATIENTS]
    stays = list(
        dict.fromkeys(
            (one.data["stay"], one.patient)
            for one in document.events
            if one.patient in shown and isinstance(one.data, dict) and one.data.get("stay")
        )
    )
    known = set(PatientState.objects.filter(id__in=shown).values_list("id", flat=True))
    return Effects(
        tuple(one for each in shown if each in known for one in _patient(each, seq, standings, reach)),
        tuple(one for stay in dict(stays).items() for one in _stay(*stay, seq)),
        len(patients) - len(shown),
    )


def _patient(patient: str, seq: int, standings: Standings, reach: Reach) -> Iterator[PatientEffect]:
    versions = timeline(patient, standings, reach, before=seq + 1, limit=2).versions
    if versions and versions[0].line == str(seq):
        former = versions[1].trust if len(versions) > 1 else None
        now = versions[0]
        yield PatientEffect(patient, former, now.trust, now.title, now.said, now.changes)


def _stay(stay: str, patient: str, seq: int) -> Iterator[StayEffect]:
    rows = _events(stay, patient, seq)
    before = [event for line, event in rows if line < seq]
    after = [event for _, event in rows]
    if not after or after[0].type != OPENED:
        return  # told by a version that this store does not have whole
    former = fold_stay(None, before) if before else None
    now = fold_stay(None, after)
    yield StayEffect(stay, now.patient, _number(now), former is None, tuple(_changes(former, now)))


def _events(stay: str, patient: str, seq: int) -> list[tuple[int, Event]]:
    """Events of a stay up to a line, with their lines: those of the patients who had it before (A44) too."""
    found: dict[int, Event] = {}
    asked: set[str] = set()
    wanted = {patient}
    while wanted:
        rows = StoredEvent.objects.filter(patient__in=wanted, id__lt=(seq + 1) * EVENT_SPAN)
        asked |= wanted
        wanted = set()
        for id_, type_, version, owner, data in rows.order_by("id").values_list(
            "id", "type", "version", "patient", "data"
        ):
            if not type_.startswith(PREFIX) and type_ != CONSENT:
                continue
            told = _decode(bytes(data))
            if told.get("stay") != stay:
                continue
            if type_ == MOVED:
                wanted |= {told["from"], told["to"]} - asked
            found[id_] = Event(type_, version, owner, told)
    return [(id_ // EVENT_SPAN, found[id_]) for id_ in sorted(found)]


def _changes(before: Stay | None, after: Stay) -> Iterator[StayChange]:
    former, now = _values(before) if before is not None else {}, _values(after)
    for what in dict.fromkeys((*now, *former)):
        if former.get(what) != now.get(what):
            yield StayChange(what, former.get(what), now.get(what))


def _values(stay: Stay) -> dict[Sentence, Sentence]:
    """Everything a reader wants to see change of a stay, by its name; what is absent is left out."""
    now = situation(stay)
    consent = consent_document(stay.consent)
    values: tuple[tuple[str, str, Sentence | str | None], ...] = (
        ("Situation", "Situation", _STATUSES.get(now.status)),
        ("Numéro de venue", "Visit number", _number_of(stay, "visit")),
        ("Numéro de dossier", "Account number", _number_of(stay, "account")),
        ("Numéro de préadmission", "Pre-admission number", _number_of(stay, "preadmit")),
        ("Patient", "Patient", stay.patient),
        ("Classe", "Class", present(now.value("PV1-2"))),
        ("Unité médicale", "Medical unit", _unit(now.medical_unit)),
        ("Unité de soins", "Care unit", _unit(now.care_unit)),
        ("Emplacement", "Location", _joined(now.first("PV1-3")[:3])),
        ("Médecin responsable", "Attending doctor", _joined(now.first("PV1-7")[:3])),
        ("Admission", "Admission", hl7_time(now.admitted)),
        ("Sortie", "Discharge", hl7_time(now.discharged)),
        ("En absence depuis", "On leave since", hl7_time(now.on_leave_since)),
        ("Mouvements", "Movements", _movements(stay)),
        ("Alimentation du DMP", "Feeding of the DMP", consent.feeding if consent else None),
        ("Consultation du DMP", "Consultation of the DMP", consent.consultation if consent else None),
    )
    return {
        Sentence(fr, en): value if isinstance(value, Sentence) else Sentence(value, value)
        for fr, en, value in values
        if value
    }


def _movements(stay: Stay) -> str:
    """Every movement with its date, those cancelled between brackets."""
    told = (
        " ".join(filter(None, (one.event, (hl7_time(one.start) or "")[:16].replace("T", " "))))
        for one in stay.movements
    )
    return ", ".join(
        f"({text})" if one.cancelled else text for text, one in zip(told, stay.movements, strict=True)
    )


def _number(stay: Stay) -> str:
    found = (_number_of(stay, name) for name in ("visit", "account", "preadmit"))
    return next((one for one in found if one), "")


def _number_of(stay: Stay, name: str) -> str | None:
    one = getattr(stay, name)
    return None if one is None else present(hide_identifier(one.value, one.type, one.oid))


def _unit(one: Unit | None) -> str | None:
    return None if one is None else hide(" ".join(filter(None, (one.code, one.label))))


def _joined(parts: Repetition | Iterable[str]) -> str | None:
    shown = hide_components(tuple(parts))
    return " ".join(one for one in shown if present(one)) or None
