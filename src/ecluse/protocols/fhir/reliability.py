"""How sure an identity is: the extension identityReliability, whose codes depend on the reading of FR Core.

Source: FR Core, fr-core-identity-reliability; RNIV 1 v2.0, EXI SI 07 (four levels) and EXI SI 09 (attributes).
"""

from __future__ import annotations

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.elements import coding, concept, extension
from ecluse.protocols.fhir.facts import FhirReliability
from ecluse.protocols.fhir.reading import STRUCTURES, SYSTEMS, Reading, codes
from ecluse.protocols.fhir.values import code, date

_URL = f"{STRUCTURES}fr-core-identity-reliability"
_DOUBTS = frozenset({"DOUT", "FICT"})


def reliability(one: FhirReliability, reading: Reading) -> list[Resource]:
    """The extensions that say how sure an identity is; the first one carries the level of trust."""
    attributes = _attributes(one.attributes)
    trust = "provisoire" if _DOUBTS & set(attributes) else one.trust
    status = extension("identityStatus", "Coding", coding(reading.status_system, reading.code(trust)))
    origin = _origin(one, reading)
    if reading.attributes == "comment":
        comments = [
            extension("comment", "CodeableConcept", _comment(attribute, reading)) for attribute in attributes
        ]
        return [{"url": _URL, "extension": [*origin, status, *comments]}]
    # Up to 2.1 identityStatus is single and the extension repeats: one for each attribute.
    others = [
        {"url": _URL, "extension": [extension("identityStatus", "Coding", _attribute(attribute, reading))]}
        for attribute in attributes
    ]
    return [{"url": _URL, "extension": [*origin, status]}, *others]


def _attributes(statuses: tuple[str, ...]) -> tuple[str, ...]:
    """The codes in the order received. Doubtful and fictitious may not stand together (EXI SI 09): the latter stays."""
    found = tuple(dict.fromkeys(filter(None, map(code, statuses))))
    return tuple(one for one in found if one != "DOUT") if "FICT" in found else found


def _origin(one: FhirReliability, reading: Reading) -> list[Resource]:
    """How the identity was obtained (ZFD-5), when INSi was asked (ZFD-6), which document was checked (ZFD-7)."""
    found = []
    if one.method in codes("reliability")["methods"]:
        method = coding(f"{SYSTEMS}fr-core-cs-method-collection", one.method)
        found.append(extension("methodCollection", "Coding", method))
    asked = date(one.asked_on)
    if asked is not None and len(asked) == 10:
        found.append(extension(reading.asked_on, "Date", asked))
    if one.proof in reading.proofs:
        proof = coding(f"{SYSTEMS}fr-core-cs-mode-validation-identity", one.proof)
        found.append(extension("validationMode", "Coding", proof))
    return found


def _attribute(value: str, reading: Reading) -> Resource:
    if value in codes("reliability")["attributes"]:
        return coding(reading.attributes_system, value)
    return {"display": value}


def _comment(value: str, reading: Reading) -> Resource:
    if value in codes("reliability")["attributes"]:
        return concept(coding(reading.attributes_system, value))
    return concept(words=value)
