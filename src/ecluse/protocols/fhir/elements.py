"""The general-purpose elements of FHIR: codings, identifiers, names, addresses, telecoms.

Source: HL7 FHIR R4, 2.24 (data types); FR Core, fr-core-address, fr-core-human-name, fr-core-patient.
"""

from __future__ import annotations

import re

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.facts import (
    FhirAddress,
    FhirIdentifier,
    FhirName,
    FhirPractitioner,
    FhirTelecom,
    Version,
)
from ecluse.protocols.fhir.reading import STRUCTURES, SYSTEMS, codes
from ecluse.protocols.fhir.values import code, oid_uri, resource_id, text, without_empty

V2 = "http://terminology.hl7.org/CodeSystem/v2-"
COMMUNES = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"

_INSEE = re.compile(r"[0-9][0-9AB][0-9]{3}", re.ASCII)


def coding(system: str, value: str, display: str = "") -> Resource:
    """A coding; the caller answers for the code being of that system."""
    return without_empty({"system": system, "code": value, "display": display})


def concept(*codings: Resource, words: str | None = None) -> Resource:
    """A concept with its codings, or the words alone."""
    return without_empty({"coding": list(codings), "text": words})


def extension(url: str, kind: str, value: object) -> Resource:
    """An extension with one value. kind: `String`, `Coding`, `Address`…"""
    return {"url": url, f"value{kind}": value}


def meta(version: Version, *profiles: str | None, source: str | None = None) -> Resource:
    """Version, time and claimed profiles of a resource."""
    claimed = [profile for profile in profiles if profile]
    found = {
        "versionId": str(version.number),
        "lastUpdated": version.at,
        "source": source,
        "profile": claimed,
    }
    return without_empty(found)


def reference(kind: str, id_: str) -> Resource | None:
    """A reference to a resource of this server; None when the id cannot be one."""
    return {"reference": f"{kind}/{id_}"} if resource_id(id_) else None


def identifier(one: FhirIdentifier, use: str, kind: Resource) -> Resource | None:
    """An identifier with its authority: by `urn:oid:` when it has an OID, else only named. None without a value."""
    value = text(one.value)
    if value is None:
        return None
    name = text(one.authority)
    return without_empty(
        {
            "use": use,
            "type": kind,
            "system": oid_uri(one.oid),
            "value": value,
            "assigner": {"display": name} if name else None,
        }
    )


def human_name(one: FhirName) -> Resource | None:
    """A name; the list of given names of birth is an extension of FR Core. None when nothing of it is known."""
    family, given, listed = text(one.family), text(one.given), text(one.given_list)
    if not (family or given or listed):
        return None
    url = f"{STRUCTURES}fr-core-patient-birth-list-given-name"
    prefix = text(one.prefix)
    return without_empty(
        {
            "extension": [extension(url, "String", listed)] if listed else None,
            "use": one.use,
            "family": family,
            "given": [given] if given else None,
            "prefix": [prefix] if prefix else None,
        }
    )


def address(one: FhirAddress) -> Resource | None:
    """An address with the INSEE code of its commune or country. None when nothing of it is known."""
    use, kind = codes("address").get(one.type, ("", ""))
    where = without_empty(
        {
            "extension": insee_code(one.insee),
            "line": [line for line in (text(one.street), text(one.complement)) if line],
            "city": text(one.city),
            "state": text(one.state),
            "postalCode": text(one.postal_code),
            "country": text(one.country),
        }
    )
    return without_empty({**where, "use": use, "type": kind}) if where else None


def insee_code(value: str) -> list[Resource]:
    """The extension for the INSEE code (COG) of an address, or nothing when the text is not one."""
    if not _INSEE.fullmatch(value):
        return []
    return [extension(f"{STRUCTURES}fr-core-address-insee-code", "Coding", coding(COMMUNES, value))]


def telecoms(ones: tuple[FhirTelecom, ...]) -> list[Resource]:
    """Ways to reach somebody; a number and an e-mail of one XTN are two."""
    found = []
    for one in ones:
        use = codes("telecom_use").get(one.use, "work" if one.work else "")
        system = codes("telecom_system").get(one.equipment, "phone")
        mobile = "mobile" if one.equipment == "CP" and use != "work" else use
        for kind, value, how in ((system, text(one.number), mobile), ("email", text(one.email), use)):
            if value:
                found.append(without_empty({"system": kind, "value": value, "use": how}))
    return found


def practitioner(one: FhirPractitioner, id_: str) -> Resource | None:
    """A professional to be contained in another resource. None when neither number nor name is known."""
    types = codes("practitioner")["types"]
    known = one.identifier.type in types
    kind = concept(coding(f"{SYSTEMS}fr-core-cs-v2-0203", one.identifier.type)) if known else {}
    number = identifier(one.identifier, "official" if known else "secondary", kind)
    name = without_empty(
        {
            "family": text(one.family),
            "given": [given] if (given := text(one.given)) else None,
            "prefix": [prefix] if (prefix := text(one.prefix)) else None,
        }
    )
    if number is None and not name:
        return None
    return without_empty(
        {
            "resourceType": "Practitioner",
            "id": id_,
            "identifier": [number] if number else None,
            "name": [name] if name else None,
            "telecom": telecoms(one.telecoms),
        }
    )


def shown_name(one: Resource) -> str | None:
    """The name of a person element as a reader expects it in a list."""
    names = one.get("name") or [{}]
    parts = [*names[0].get("prefix", ()), *names[0].get("given", ()), names[0].get("family")]
    return " ".join(part for part in parts if part) or None


def v2_concept(
    table: str, value: str, known: frozenset[str], french: frozenset[str] = frozenset()
) -> Resource:
    """A code of a v2 table: with the system of HL7 or of FR Core when it is theirs, else as text."""
    found = code(value)
    if found is None:
        return {}
    if found in known:
        return concept(coding(f"{V2}{table}", found))
    if found in french:
        return concept(coding(f"{SYSTEMS}fr-core-cs-contact-relationship", found))
    return concept(words=found)
