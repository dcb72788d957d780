"""Encounter: a stay as FR Core shapes it; its movements and its care unit are told by the REST interface.

Source: HL7 FHIR R4, 8.11; FR Core, fr-core-encounter (the same in 2.1 and 2.2).
"""

from __future__ import annotations

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.elements import V2, coding, concept, identifier, meta, reference
from ecluse.protocols.fhir.facts import FhirIdentifier, FhirParticipant, FhirPlace, FhirStay
from ecluse.protocols.fhir.reading import SYSTEMS, Reading, codes
from ecluse.protocols.fhir.values import code, date_time, text, without_empty

_CLASSES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
STATUSES = "http://hl7.org/fhir/encounter-status"
"""System of Encounter.status."""
_UNKNOWN = coding("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK", "unknown")


def encounter(one: FhirStay, reading: Reading) -> Resource | None:
    """The resource of a stay; None when it cannot name its patient."""
    subject = reference("Patient", one.patient)
    if subject is None:
        return None
    period = without_empty({"start": date_time(one.start), "end": date_time(one.end)})
    found: Resource = {
        "resourceType": "Encounter",
        "id": one.id,
        "identifier": _numbers(one.visit, "VN"),
        "status": status(one),
        "class": _class(one.patient_class),
        "subject": subject,
        "participant": [who for who in map(_participant, one.participants) if who],
        "period": _ordered(period),
        "account": [{"identifier": number} for number in _numbers(one.account, "AN")],
        "hospitalization": {"preAdmissionIdentifier": number[0]}
        if (number := _numbers(one.preadmit, ""))
        else {},
        "location": _location(one.place),
        "serviceProvider": _provider(one),
    }
    resource = without_empty(found)
    told = meta(one.version, _claimed(resource, reading))
    return {"resourceType": "Encounter", "id": one.id, "meta": told, **resource}


def status(one: FhirStay) -> str:
    """Encounter.status of a stay."""
    found: str = codes("encounter_status").get(one.status, "unknown")
    return found


def _numbers(one: FhirIdentifier | None, kind: str) -> list[Resource]:
    """A number of the stay, as a list of one or none. kind: of fr-core-cs-identifier-type, or of table 0203."""
    if one is None:
        return []
    system = f"{V2}0203" if kind == "AN" else f"{SYSTEMS}fr-core-cs-identifier-type"
    found = identifier(
        one, "official" if kind == "VN" else "secondary", concept(coding(system, kind)) if kind else {}
    )
    return [found] if found else []


def _class(value: str) -> Resource:
    found = code(value)
    if found is None:
        return _UNKNOWN
    translated = codes("encounter_class").get(found)
    return coding(_CLASSES, *translated) if translated else coding(f"{V2}0004", found)


def _participant(one: FhirParticipant) -> Resource:
    """A professional by number and name: this server has no Practitioner to refer to."""
    number, names = text(one.number), [name for name in (text(one.given), text(one.family)) if name]
    individual = without_empty(
        {"identifier": {"value": number} if number else None, "display": " ".join(names)}
    )
    if not individual:
        return {}
    return {"type": [concept(coding(_ROLES, one.role))], "individual": individual}


def _ordered(period: Resource) -> Resource:
    """A period does not end before it starts (invariant per-1): the end told by mistake is left out."""
    start, end = period.get("start"), period.get("end")
    return {"start": start} if start and end and end[:10] < start[:10] else period


def _location(place: FhirPlace | None) -> list[Resource]:
    if place is None:
        return []
    parts = [part for part in map(text, (place.facility, place.unit, place.room, place.bed)) if part]
    return [{"location": {"display": " / ".join(parts)}}] if parts else []


def _provider(one: FhirStay) -> Resource:
    """The medical unit that answers for the stay, else the facility."""
    number, label = map(text, one.unit)
    if number or label:
        return without_empty(
            {"identifier": {"value": number} if number else None, "display": label or f"UF {number}"}
        )
    facility = text(one.facility)
    return {"display": facility} if facility else {}


def _claimed(resource: Resource, reading: Reading) -> str | None:
    """The profile wants a visit number with its system, a start, and a pre-admission number of a form of its own."""
    numbers = resource.get("identifier", [])
    kept = (
        bool(numbers)
        and all("system" in one for one in numbers)
        and "period" in resource
        and "hospitalization" not in resource
    )
    return reading.profile("fr-core-encounter") if kept else None
