"""Sorts the identifiers of a message: what designates a patient here, what is kept beside, which INS is claimed.

Source: PAM France 2.11.1, PID-3 and data type CX; Référentiel INS 2.1 (an OID with each matricule).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Identifier, MessageFacts
from ecluse.rules.identity.model import LocalIdentifier, Patient, Policy
from ecluse.rules.ins import (
    Ins,
    allowed,
    authorities,
    authority_names,
    is_matricule,
    kind_of,
    mask,
    normalise,
    well_formed,
)

MATCHING_TYPE = "PI"
"""The only type that designates a patient; an absent CX-5 stands for it."""

NEVER_KEPT = frozenset({"NH", "SS", "SNS", "NIR", "NIA", "NI", "NNFRA", "INS-C", "INS-A"})
"""Types whose value is, or is computed from, a social security number: not the INS, and not kept as an identifier.

PAM France 2.11.1, PID-3 (NH, INS-C); HL7 v2.5, table 0203 (SS, NI, NNFRA); met in practice: SNS, NIR, NIA.
"""

_BILLING = frozenset({"NH", "SS"})

MOST_IDENTIFIERS = 100
"""Repetitions of PID-3 or MRG-1 that a message may carry: far above a real patient, and cheap to decide on."""


Kind = TypeVar("Kind")

_MATRICULE = 15
"""Characters of a matricule, key included."""


class Listed(NamedTuple):
    """The identifiers of one field, sorted.

    local: designate a patient; other: kept, never match; ins: claims of this environment; erased: an INS repetition
    asks to erase (`""`); dropped: reason code why an INS claim was set aside, or empty; refused: finding and code of
    table 0357 for which the whole message is refused.
    """

    local: tuple[LocalIdentifier, ...]
    other: tuple[LocalIdentifier, ...]
    ins: tuple[Ins, ...]
    erased: bool
    dropped: str
    findings: tuple[Finding, ...]
    refused: tuple[Finding, str] | None = None


def sort(identifiers: Sequence[Identifier], policy: Policy, field: str = "PID-3") -> Listed:
    """Sort the repetitions of PID-3 or MRG-1.

    :param field: location named by the findings.
    """
    if len(identifiers) > MOST_IDENTIFIERS:
        count = Finding("IDN-ID-005", "error", field, str(len(identifiers)), str(MOST_IDENTIFIERS))
        return Listed((), (), (), False, "", (), (count, "102"))
    local: list[LocalIdentifier] = []
    other: list[LocalIdentifier] = []
    ins: list[Ins] = []
    findings: list[Finding] = []
    erased = False
    dropped = ""
    for identifier in identifiers:
        if _national(identifier):
            if identifier.value == NULL:
                erased = erased or identifier.type == "INS"
                continue
            reason = _claim(identifier, policy, field, ins, findings)
            dropped = reason or dropped
            continue
        if identifier.value == NULL:
            findings.append(Finding("IDN-ID-003", "warning", field))
            continue
        kept = _local(identifier, policy, field, findings)
        if kept is not None:
            (local if kept.matching else other).append(kept)
    refused = None
    if dropped == "environment" and policy.other_environment_oid == "refuse":
        refused = next((one, "103") for one in findings if one.rule == "INS-OID-001")
        findings.remove(refused[0])
    return Listed(_once(local), _once(other), _once(ins), erased, dropped, tuple(findings), refused)


def _once(found: list[Kind]) -> tuple[Kind, ...]:
    return tuple(found) if len(found) < 2 else tuple(dict.fromkeys(found))


_NOTHING = Listed((), (), (), False, "", ())


class Sorted(NamedTuple):
    """The identifiers of a message, sorted once for `keys` and for `decide`: PID-3 of each person, then MRG-1."""

    persons: tuple[Listed, ...]
    prior: Listed


def sort_all(facts: MessageFacts, policy: Policy) -> Sorted:
    """Sort every identifier of a message."""
    persons = tuple(
        [
            sort(person.identifiers, policy, field)
            for person, field in zip(facts.persons, ("PID-3", "PID[2]-3"), strict=False)
        ]
    )
    return Sorted(persons, sort(facts.prior, policy, "MRG-1") if facts.prior else _NOTHING)


def _national(identifier: Identifier) -> bool:
    return (
        identifier.type.startswith("INS")
        or identifier.oid in authorities()
        or identifier.type in NEVER_KEPT
        or identifier.authority in authority_names()
    )


def _claim(
    identifier: Identifier, policy: Policy, field: str, ins: list[Ins], findings: list[Finding]
) -> str:
    """Append a claim to `ins`, or say why not: the reason code, empty when the claim is kept or is not one."""
    kind = kind_of(identifier.oid)
    if kind == "ins-c" or identifier.type in ("INS-C", "INS-A"):
        findings.append(Finding("INS-OID-003", "warning", field))
        return "obsolete"
    if identifier.type in _BILLING:
        findings.append(Finding("INS-TYPE-001", "info", field, mask(identifier.type)))
        return ""
    if identifier.type != "INS":
        findings.append(Finding("INS-TYPE-002", "warning", field, mask(identifier.type), "INS"))
        return "type"
    if kind is None:
        findings.append(Finding("INS-OID-002", "error", field, mask(identifier.oid)))
        return "oid"
    if not allowed(identifier.oid, policy.environment):
        findings.append(Finding("INS-OID-001", "error", field, identifier.oid))
        return "environment"
    matricule = normalise(identifier.value)
    if not well_formed(matricule):
        findings.append(Finding("INS-FORM-001", "error", field))
        return "form"
    ins.append(Ins(matricule, identifier.oid))
    return ""


def _local(
    identifier: Identifier, policy: Policy, field: str, findings: list[Finding]
) -> LocalIdentifier | None:
    value, authority, oid, _, kind = identifier
    if not value:
        return None
    if len(value) >= _MATRICULE and is_matricule(normalise(value)):
        findings.append(Finding("INS-TYPE-003", "error", field, mask(kind), "INS"))
        return None
    if kind and kind != MATCHING_TYPE:
        return LocalIdentifier(value, authority, oid, kind, False)
    if not (oid or authority) and policy.require_authority:
        findings.append(Finding("IDN-ID-002", "error", f"{field}.4"))
        return None
    served = policy.authorities
    if served is not None and oid not in served and authority not in served:
        findings.append(Finding("IDN-ID-004", "warning", f"{field}.4", mask(oid or authority)))
        return LocalIdentifier(value, authority, oid, MATCHING_TYPE, False)
    return LocalIdentifier(value, authority, oid, MATCHING_TYPE)


def ins_key(ins: Ins) -> str:
    """Matching key of an INS, the same as that of a stored one."""
    return f"{ins.oid}|INS|{ins.matricule}"


def index_keys(patient: Patient) -> tuple[str, ...]:
    """Every key under which a patient must be found.

    Active local identifiers of matching type (those of a merged patient keep pointing to it), those an A40 retired, the
    current INS and the superseded ones. A withdrawn INS and an identifier an A47 replaced are never among them.
    """
    found = [identifier.key for identifier in patient.identifiers if identifier.matching]
    if patient.retired_identifiers:
        found.extend([identifier.key for identifier in patient.retired_identifiers])
    if patient.ins is not None:
        found.append(patient.ins.key)
    found.extend([ins.key for ins in patient.superseded])
    return tuple(found)


def shown(patient: Patient) -> str:
    """A local identifier by which a sender recognises a patient: `7001 (HOPTEST)`; empty when it has none."""
    for identifier in patient.identifiers:
        if identifier.matching:
            return mask(f"{identifier.value} ({identifier.authority or identifier.oid})")
    return ""
