"""Patient: an identity as FR Core shapes it, with the INS only when it may be used.

Source: HL7 FHIR R4, 8.1; FR Core, fr-core-patient and fr-core-patient-ins; Référentiel INS 2.1, EXI 12 (a matricule
is given on for a qualified identity alone).
"""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.elements import (
    V2,
    address,
    coding,
    concept,
    extension,
    human_name,
    identifier,
    insee_code,
    meta,
    practitioner,
    reference,
    shown_name,
    telecoms,
    v2_concept,
)
from ecluse.protocols.fhir.facts import FhirContact, FhirIdentifier, FhirIdentity, FhirIns
from ecluse.protocols.fhir.reading import STRUCTURES, SYSTEMS, Reading, codes
from ecluse.protocols.fhir.reliability import reliability
from ecluse.protocols.fhir.values import code, date, date_time, oid_uri, text, without_empty

_INS_TYPES = {
    "1.2.250.1.213.1.4.8": "INS-NIR",
    "1.2.250.1.213.1.4.9": "INS-NIA",
    "1.2.250.1.213.1.4.10": "INS-NIR-TEST",
    "1.2.250.1.213.1.4.11": "INS-NIR-DEMO",
}
"""Slices of Patient.identifier in fr-core-patient-ins, by the OID of the authority."""

_FRENCH_TYPES = frozenset({"NDP"})
_MARITAL = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
_GENDERS = frozenset({"male", "female", "unknown"})


def patient(one: FhirIdentity, reading: Reading) -> Resource:
    """The resource of an identity."""
    contained, general = _practitioners(one)
    found = {
        "resourceType": "Patient",
        "id": one.id,
        "contained": contained,
        "extension": list(_extensions(one, reading)),
        "identifier": list(_identifiers(one, reading)),
        "active": not one.merged_into and "DESA" not in one.reliability.attributes,
        "name": [name for name in map(human_name, one.names) if name],
        "telecom": telecoms(one.telecoms),
        "gender": _gender(one.sex),
        "birthDate": date(one.birth_date),
        **_death(one),
        "address": [where for where in map(address, one.addresses) if where],
        "maritalStatus": _marital(one.marital_status),
        **_multiple_birth(one),
        "contact": [contact for contact in (_contact(each, reading) for each in one.contacts) if contact],
        "communication": _communication(one.language),
        "generalPractitioner": general,
        "link": list(_links(one)),
    }
    resource = without_empty(found)
    told = meta(one.version, _claimed(resource, one, reading), source=oid_uri(one.domain))
    return {"resourceType": "Patient", "id": one.id, "meta": told, **resource}


def _extensions(one: FhirIdentity, reading: Reading) -> Iterator[Resource]:
    if one.birth_place is not None and (place := address(one.birth_place)) is not None:
        place.pop("use", None)
        yield extension("http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "Address", place)
    yield from reliability(one.reliability, reading)
    if one.birth_date_corrected in ("Y", "N"):
        url = f"{STRUCTURES}fr-core-patient-birthdate-update-indicator"
        yield extension(url, "Boolean", one.birth_date_corrected == "Y")
    for nation in filter(None, map(text, one.nationalities)):
        kind = (
            concept(coding("urn:iso:std:iso:3166", nation)) if _is_country(nation) else concept(words=nation)
        )
        yield {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-nationality",
            "extension": [extension("code", "CodeableConcept", kind)],
        }


def _identifiers(one: FhirIdentity, reading: Reading) -> Iterator[Resource]:
    if one.ins is not None:
        yield _ins(one.ins, reading)
    for each in one.identifiers:
        found = identifier(each, _use(each, one), _kind(each.type))
        if found is not None:
            yield found


def _ins(ins: FhirIns, reading: Reading) -> Resource:
    kind = _INS_TYPES[ins.oid]
    return {
        "use": reading.nia_use if kind == "INS-NIA" else "official",
        "type": concept(coding(f"{SYSTEMS}fr-core-cs-v2-0203", kind)),
        "system": f"urn:oid:{ins.oid}",
        "value": ins.matricule,
    }


def _use(each: FhirIdentifier, one: FhirIdentity) -> str:
    """`official` is the INS's alone (fr-core-2); `old` is what FR Core says of an IPP that a merge retired."""
    if one.merged_into:
        return "old"
    return "usual" if each.type == "PI" else "secondary"


def _kind(value: str) -> Resource:
    if value == "PI":
        return concept(coding(f"{V2}0203", "PI", "Patient internal identifier"))
    if value in _FRENCH_TYPES:
        return concept(coding(f"{SYSTEMS}fr-core-cs-v2-0203", value))
    return concept(words=text(value))


def _gender(sex: str) -> str | None:
    """What is neither M nor F is `unknown`: FR Core knows no other value."""
    return codes("gender").get(sex, "unknown") if text(sex) else None


def _death(one: FhirIdentity) -> Resource:
    at = date_time(one.death_at)
    if at is not None and one.deceased != "N":
        return {"deceasedDateTime": at}
    return {"deceasedBoolean": one.deceased == "Y"} if one.deceased in ("Y", "N") else {}


def _multiple_birth(one: FhirIdentity) -> Resource:
    order = one.birth_order
    if one.multiple_birth != "N" and order.isascii() and order.isdigit() and 1 <= int(order[:3]) <= 99:
        return {"multipleBirthInteger": int(order)} if len(order) <= 2 else {}
    return {"multipleBirthBoolean": one.multiple_birth == "Y"} if one.multiple_birth in ("Y", "N") else {}


def _marital(value: str) -> Resource:
    found = code(value)
    if found is None:
        return {}
    if found == "U":
        return concept(coding("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK", "unknown"))
    translated = codes("marital").get(found)
    return concept(coding(_MARITAL, *translated)) if translated else concept(words=found)


def _communication(language: str) -> list[Resource]:
    found = text(language)
    if found is None:
        return []
    known = len(found) in (2, 3) and found.isascii() and found.isalpha()
    spoken = concept(coding("urn:ietf:bcp:47", found.lower())) if known else concept(words=found)
    return [{"language": spoken}]


def _is_country(nation: str) -> bool:
    return len(nation) in (2, 3) and nation.isascii() and nation.isalpha() and nation.isupper()


def _contact(one: FhirContact, reading: Reading) -> Resource | None:
    """A contact, or None without any detail to reach it (invariant pat-1)."""
    tables = codes("contact")
    french = frozenset(tables["french"])
    kinds = (
        ("relationType", v2_concept("0063", one.relationship, frozenset(tables["relationship"]), french)),
        ("role", v2_concept("0131", one.role, frozenset(tables["role"]), french)),
    )
    organization = text(one.organization)
    reached = without_empty(
        {
            "name": without_empty(
                {"family": text(one.family), "given": [given] if (given := text(one.given)) else None}
            ),
            "telecom": telecoms(one.telecoms),
            "address": next((where for where in map(address, one.addresses) if where), None),
            "organization": {"display": organization} if organization else None,
        }
    )
    if not reached:
        return None
    return without_empty({"relationship": _relationships(kinds, reading), **reached})


def _relationships(kinds: tuple[tuple[str, Resource], ...], reading: Reading) -> list[Resource]:
    url = f"{STRUCTURES}fr-core-patient-contact-relationship-category"
    if not reading.category:
        return [kind for _, kind in kinds if kind]
    return [{"extension": [extension(url, "Code", name)], **kind} for name, kind in kinds if kind]


def _practitioners(one: FhirIdentity) -> tuple[list[Resource], list[Resource]]:
    """The contained professionals, each once, and the references to them."""
    contained: list[Resource] = []
    for each in dict.fromkeys(one.practitioners):
        found = practitioner(each, f"practitioner-{len(contained) + 1}")
        if found is not None:
            contained.append(found)
    general = [
        without_empty({"reference": f"#{found['id']}", "display": shown_name(found)}) for found in contained
    ]
    return contained, general


def _links(one: FhirIdentity) -> Iterator[Resource]:
    if one.merged_into and (survivor := reference("Patient", one.merged_into)):
        yield {"other": survivor, "type": "replaced-by"}
    for merged in one.replaces:
        if other := reference("Patient", merged):
            yield {"other": other, "type": "replaces"}


def _claimed(resource: Resource, one: FhirIdentity, reading: Reading) -> str | None:
    """The profile that the resource keeps, the narrower first; None when it keeps none (an IPP without an OID…)."""
    local = [each for each in resource.get("identifier", ()) if each.get("use") != "official"]
    names = resource.get("name", [])
    official = [name for name in names if name.get("use") == "official"]
    named = all("family" in name and "given" in name for name in official)
    if not named or any("system" not in each for each in local):
        return None
    if reading.birth_and_name and not (names and "birthDate" in resource):
        return None
    place = one.birth_place.insee if one.birth_place else ""
    complete = len(official) == 1 and "extension" in official[0] and insee_code(place)
    if one.ins and complete and resource.get("gender") in _GENDERS and "birthDate" in resource:
        return reading.profile("fr-core-patient-ins")
    return reading.profile("fr-core-patient")
