"""Stays as the FHIR builders are told them, within the reach of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from django.db.models import Q

from ecluse.protocols.fhir.facts import (
    FhirIdentifier,
    FhirParticipant,
    FhirPlace,
    FhirStay,
    Version,
)
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay.keys import VISIT
from ecluse.rules.stay.vocabulary import PREFIX
from ecluse.services.access import Reach
from ecluse.services.queries import stays
from ecluse.services.queries.access import visible
from ecluse.services.queries.merges import survivor
from ecluse.services.queries.presentation import moment, searchable
from ecluse.services.queries.stay_documents import (
    DoctorDocument,
    LocationDocument,
    NumberDocument,
    SituationDocument,
    StayDocument,
)
from ecluse.store.models import Domain, StoredEvent
from ecluse.store.models.stays import StayKey, StayState

_decode_data = msgspec.json.Decoder(dict[str, Any]).decode

_ROLES = (("attending", "ATND"), ("admitting", "ADM"), ("referring", "REF"), ("consulting", "CON"))
"""PV1-7, 17, 8 and 9, by the codes of v3-ParticipationType."""


def of_patients(reach: Reach, patients: Iterable[str]) -> tuple[FhirStay, ...]:
    """The stays of the patients within reach, those of the patients merged into them included.

    A stay received for a patient that was merged since belongs to the survivor.
    """
    seen = sorted(visible(reach, patients))
    return _facts(reach, [one for patient in seen for one in stays.of_patient(patient)])


def by_ids(reach: Reach, ids: Iterable[str]) -> tuple[FhirStay, ...]:
    """Those of these stays whose patient is within reach."""
    return _facts(reach, stays.get_all(sorted(set(ids))))


def by_visit(oid: str, value: str) -> frozenset[str]:
    """Ids of the stays with a visit number (PV1-19) of the authority of that OID."""
    if not searchable(oid, value):
        return frozenset()
    domains = Domain.objects.values("id")
    rows = StayKey.objects.filter(domain_id__in=domains, key=f"{oid}|{VISIT}|{value}")
    return frozenset(rows.values_list("stay", flat=True))


def last_changes(ids: Sequence[str]) -> dict[str, int]:
    """When each stay last changed, or something was last said for it: µs since 1970."""
    owners = dict(StayState.objects.filter(id__in=ids).values_list("id", "patient"))
    rows = StoredEvent.objects.filter(patient__in=set(owners.values()))
    found: dict[str, int] = {}
    for at, data in rows.filter(Q(type__startswith=PREFIX) | Q(type=CONSENT)).values_list("at", "data"):
        stay = _decode_data(bytes(data)).get("stay")
        if stay in owners:
            found[stay] = max(at, found.get(stay, 0))
    return found


def owners(reach: Reach, documents: Iterable[StayDocument]) -> dict[str, str]:
    """The patient that each stay belongs to now, when it is within reach."""
    found = {one.id: survivor(one.patient) for one in documents}
    seen = visible(reach, found.values())
    return {stay: patient for stay, patient in found.items() if patient in seen}


def _facts(reach: Reach, documents: Sequence[StayDocument]) -> tuple[FhirStay, ...]:
    patients = owners(reach, documents)
    times = last_changes(list(patients))
    return tuple(
        _fact(one, patients[one.id], Version(one.version, moment(times.get(one.id, 0))))
        for one in documents
        if one.id in patients
    )


def _fact(one: StayDocument, patient: str, version: Version) -> FhirStay:
    now = one.situation
    planned = now.status == "pre-admitted"
    return FhirStay(
        id=one.id,
        version=version,
        patient=patient,
        status=now.status,
        patient_class=now.patient_class or "",
        visit=_number(one.visit, "VN"),
        account=_number(one.account, "AN"),
        preadmit=_number(one.preadmit, ""),
        start=(now.expected_admission if planned else now.admitted) or "",
        end=(now.expected_discharge if planned else now.discharged) or "",
        participants=tuple(_participants(now)),
        place=_place(now.location),
        unit=(now.medical_unit.code, now.medical_unit.label or "") if now.medical_unit else ("", ""),
        facility=now.facility or "",
    )


def _number(one: NumberDocument | None, kind: str) -> FhirIdentifier | None:
    if one is None or "…" in one.value:
        # A masked number designates nothing.
        return None
    return FhirIdentifier(one.value, kind, one.authority.name or "", one.authority.oid or "")


def _participants(now: SituationDocument) -> Iterator[FhirParticipant]:
    for name, role in _ROLES:
        doctors: tuple[DoctorDocument, ...] = getattr(now, name)
        for one in doctors:
            yield FhirParticipant(role, one.number or "", one.family or "", one.given or "")


def _place(one: LocationDocument | None) -> FhirPlace | None:
    if one is None:
        return None
    facility = (one.facility.name or "") if one.facility else ""
    return FhirPlace(one.unit or "", one.room or "", one.bed or "", facility)
