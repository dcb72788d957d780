"""Stays and consents as readers may see them.

The stays of a patient are those received for it and for every patient merged into it (A40): they follow the survivor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from ecluse.protocols.pam.facts import Identifier, MovementId, Repetition
from ecluse.protocols.pam.stay_events import stay_events
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay import Movement, Situation, Stay, Unit, live, situation
from ecluse.rules.stay.consents import SOURCE as MOVED_CONSENT
from ecluse.rules.stay.situation import unit
from ecluse.rules.stay.vocabulary import MOVED
from ecluse.services.queries.documents import Authority
from ecluse.services.queries.masking import hide, hide_components, hide_identifier
from ecluse.services.queries.merges import absorbed, survivor
from ecluse.services.queries.patients import consent_document
from ecluse.services.queries.presentation import hl7_time, moment, present, searchable
from ecluse.services.queries.stay_documents import (
    ConsentLine,
    ConsentsDocument,
    DetailDocument,
    DmpStateDocument,
    DoctorDocument,
    ExpectedDocument,
    LocationDocument,
    MovementDocument,
    NumberDocument,
    SituationDocument,
    StayConsent,
    StayDocument,
    UnitDocument,
)
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import PatientState, StoredEvent
from ecluse.store.models.stays import StayState

_decode = msgspec.json.Decoder(Stay).decode
_decode_patient = msgspec.json.Decoder(Patient).decode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode

_NAMED = frozenset(
    [f"PV1-{number}" for number in (2, 3, 6, 7, 8, 9, 11, 17, 39, 42, 44, 45)]
    + [f"PV2-{number}" for number in (8, 9, 47)]
)
"""Fields that the situation names; the others are details."""


def of_patient(patient: str) -> tuple[StayDocument, ...]:
    """The stays of a patient, those of the patients merged into it included, in the order of their admissions."""
    found = [_document(stay, patient) for stay in _of(patient)]
    return tuple(
        sorted(found, key=lambda one: (one.movements[0].start or "" if one.movements else "", one.id))
    )


def get(stay: str) -> StayDocument | None:
    """The stay with that id of the store."""
    row = StayState.objects.filter(id=stay).first() if searchable(stay) else None
    if row is None:
        return None
    kept = _decode(bytes(row.state))
    return _document(kept, survivor(kept.patient))


def get_all(ids: Collection[str]) -> tuple[StayDocument, ...]:
    """Those of these stays that are in the store, in the order of their ids. At most a few hundred."""
    rows = StayState.objects.filter(id__in=[one for one in ids if searchable(one)]).order_by("id")
    kept = [_decode(bytes(row.state)) for row in rows]
    owners = {patient: survivor(patient) for patient in {one.patient for one in kept}}
    return tuple(_document(one, owners[one.patient]) for one in kept)


def consents(patient: str) -> ConsentsDocument | None:
    """The consents of a patient: now, by stay, and their history; None for a patient unknown here."""
    row = PatientState.objects.filter(id=patient).first() if searchable(patient) else None
    if row is None:
        return None
    kept = _decode_patient(bytes(row.state))
    by_stay = []
    stays = _of(patient)
    for stay in stays:
        document = consent_document(stay.consent)
        if document is not None:
            by_stay.append(StayConsent(stay.id, _number(stay.visit), document))
    mine = {patient, *absorbed(patient)}
    ids = {stay.id for stay in stays}
    rows = StoredEvent.objects.filter(patient__in=mine | _former_owners(mine, ids), type=CONSENT)
    events = [
        _Recorded(*row[:3], _decode_data(bytes(row[3])))
        for row in rows.order_by("id").values_list("id", "patient", "at", "data")
    ]
    return ConsentsDocument(
        patient,
        consent_document(kept.consent),
        tuple(by_stay),
        _dmp_state(one for one in events if one.patient in mine),
        tuple(_line(one) for one in events if _is_of(one, mine, ids)),
    )


class _Recorded(NamedTuple):
    """One `consent.recorded`, as stored."""

    id: int
    patient: str
    at: int
    data: dict[str, Any]


def _is_of(one: _Recorded, patients: Collection[str], stays: Collection[str]) -> bool:
    """Whether what was recorded belongs to these patients: by its stay when it has one, which an A44 may have moved."""
    stay = one.data.get("stay")
    return stay in stays if stay else one.patient in patients


def _former_owners(patients: Collection[str], stays: Collection[str]) -> set[str]:
    """Patients who had some of these stays before an A44 moved them to these patients."""
    found: set[str] = set()
    wanted = set(patients)
    while wanted:
        rows = StoredEvent.objects.filter(patient__in=wanted, type=MOVED).values_list("data", flat=True)
        moves = [_decode_data(bytes(data)) for data in rows]
        wanted = {one["from"] for one in moves if one["stay"] in stays} - found - set(patients)
        found |= wanted
    return found


def _of(patient: str) -> list[Stay]:
    if not searchable(patient):
        return []
    rows = StayState.objects.filter(patient__in=[patient, *absorbed(patient)]).order_by("id")
    return [_decode(bytes(row.state)) for row in rows]


def _document(stay: Stay, patient: str) -> StayDocument:
    order = {one.n: rank for rank, one in enumerate(live(stay))}
    movements = sorted(stay.movements, key=lambda one: (order.get(one.n, len(order)), one.at, one.n))
    return StayDocument(
        stay.id,
        patient,
        stay.version,
        _number(stay.visit),
        _number(stay.account),
        _number(stay.preadmit),
        _situation(situation(stay)),
        tuple(map(_movement, movements)),
        consent_document(stay.consent),
    )


def _situation(now: Situation) -> SituationDocument:
    said = now.said
    return SituationDocument(
        status=now.status,
        patient_class=present(now.value("PV1-2")),
        medical_unit=_unit(now.medical_unit),
        care_unit=_unit(now.care_unit),
        location=_location(now.first("PV1-3")),
        temporary_location=_location(now.away),
        pending_location=_location(now.first("PV1-42") if any(e == "A15" for e, _ in now.expected) else ()),
        facility=present(now.value("PV1-39")),
        attending=_doctors(said, "PV1-7"),
        referring=_doctors(said, "PV1-8"),
        consulting=_doctors(said, "PV1-9"),
        admitting=_doctors(said, "PV1-17"),
        admitted=hl7_time(now.admitted),
        discharged=hl7_time(now.discharged),
        on_leave_since=hl7_time(now.on_leave_since),
        expected_admission=hl7_time(now.value("PV2-8")),
        expected_discharge=hl7_time(now.value("PV2-9")),
        expected_return=hl7_time(now.value("PV2-47")) if now.status == "on-leave" else None,
        expected=tuple(ExpectedDocument(event, hl7_time(at)) for event, at in now.expected),
        details=_details(said),
    )


def _movement(one: Movement) -> MovementDocument:
    event = stay_events().get(one.event)
    located = one.fields.get("PV1-3", ())
    return MovementDocument(
        n=one.n,
        event=one.event,
        label_fr=event.label_fr if event else one.event,
        label_en=event.label_en if event else one.event,
        ids=tuple(filter(None, map(_number, one.ids))),
        start=hl7_time(one.start),
        historic=one.historic,
        nature=present(one.nature),
        patient_class=present(one.fields.get("PV1-2", (("",),))[0][0]),
        medical_unit=_unit(unit(one.medical_unit, None)),
        care_unit=_unit(unit(one.care_unit, None)),
        location=_location(located[0] if located else ()),
        cancelled=one.cancelled or None,
    )


def _details(said: Mapping[str, tuple[Repetition, ...]]) -> tuple[DetailDocument, ...]:
    return tuple(
        DetailDocument(location, tuple(map(hide_components, said[location])))
        for location in sorted(said)
        if location not in _NAMED
    )


def _number(one: Identifier | MovementId | None) -> NumberDocument | None:
    if one is None:
        return None
    kind = one.type if isinstance(one, Identifier) else ""
    value = hide_identifier(one.value, kind, one.oid)
    return NumberDocument(value, Authority(present(one.authority), present(one.oid)))


def _unit(one: Unit | None) -> UnitDocument | None:
    return None if one is None else UnitDocument(hide(one.code), present(hide(one.label)))


def _location(parts: Repetition) -> LocationDocument | None:
    if not any(map(present, parts)):
        return None
    unit_, room, bed, facility = ((*parts, "", "", "", ""))[:4]
    name, oid = (*facility.split("&"), "")[:2]
    place = Authority(present(name), present(oid)) if present(name) or present(oid) else None
    return LocationDocument(present(hide(unit_)), present(hide(room)), present(hide(bed)), place)


def _doctors(said: Mapping[str, tuple[Repetition, ...]], location: str) -> tuple[DoctorDocument, ...]:
    found = []
    for parts in said.get(location, ()):
        number, family, given = (*hide_components(parts), "", "", "")[:3]
        if any(map(present, (number, family, given))):
            found.append(DoctorDocument(present(number), present(family), present(given)))
    return tuple(found)


def _line(one: _Recorded) -> ConsentLine:
    said = one.data
    fields = said["stay_fields"] if said.get("stay") else said["fields"]
    return ConsentLine(
        moment(one.at),
        str(one.id // EVENT_SPAN),
        said.get("source") or "message",
        said.get("how") or None,
        hide(said.get("by") or "") or None,
        said.get("stay") or None,
        consent_document(tuple(fields)),
    )


def _dmp_state(events: Iterable[_Recorded]) -> DmpStateDocument | None:
    """The last state of the DMP that a sender told (ZFA-1 to 3), and when it came."""
    found: DmpStateDocument | None = None
    before: list[str] = []
    told: dict[tuple[str, ...], DmpStateDocument | None] = {}
    for one in events:
        fields = [*one.data["fields"], "", "", ""][:3]
        if fields != before and one.data.get("source") == MOVED_CONSENT:
            # What a stay said left with it: what was said before holds again, or nothing.
            found = told.get(tuple(fields)) or _state_of(fields, one.at)
        elif fields != before and present(fields[0]):
            found = told[tuple(fields)] = _state_of(fields, one.at)
        before = fields
    return found


def _state_of(fields: list[str], at: int) -> DmpStateDocument | None:
    if not present(fields[0]):
        return None
    return DmpStateDocument(hide(fields[0]), hl7_time(fields[1]), hl7_time(fields[2]), moment(at))
