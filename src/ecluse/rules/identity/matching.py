"""Which patient a message is about.

Source: PAM France 2.11.1, PID-3 (key of an identifier: value, authority, type); identity model of the design.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.protocols.pam.facts import PersonFacts
from ecluse.rules.identity.draft import Draft, Refused, refuse
from ecluse.rules.identity.identifiers import Listed, ins_key, shown
from ecluse.rules.identity.model import Known, LocalIdentifier, Patient, Refusal
from ecluse.rules.identity.usability import hindered, key_blocks, qualifies
from ecluse.rules.ins import Ins, mask


def survivor(known: Known, patient: Patient) -> Patient:
    """The patient a merged one ended in (itself when it was never merged)."""
    seen = {patient.id}
    while patient.merged_into and patient.merged_into not in seen:
        seen.add(patient.merged_into)
        patient = known.patients[patient.merged_into]
    return patient


def by_local(known: Known, identifiers: Iterable[LocalIdentifier]) -> list[Patient]:
    """Distinct patients that carry one of the local identifiers, merged ones included.

    A patient found by an identifier that an A40 retired stands as merged into itself: that identifier is answered like
    that of a merged patient, and the patient's present identifier is named.
    """
    by_key = known.by_key
    found: dict[str, Patient] = {}
    for identifier in identifiers:
        for id_ in by_key.get(identifier.key, ()):
            patient = known.patients[id_]
            if patient.retired_identifiers and not patient.merged_into and _retired(patient, identifier.key):
                found[f"{id_} retired"] = _stand_in(patient, identifier)
            else:
                found[id_] = patient
    return list(found.values())


def _stand_in(patient: Patient, retired: LocalIdentifier) -> Patient:
    """The patient merged into itself, its identifiers of the same authority first: they are those a sender knows."""
    authority = retired.oid or retired.authority
    mine = sorted(patient.identifiers, key=lambda one: (one.oid or one.authority) != authority)
    return patient._replace(merged_into=patient.id, identifiers=tuple(mine))


def _retired(patient: Patient, key: str) -> bool:
    return any(identifier.key == key for identifier in patient.retired_identifiers)


def by_ins(known: Known, claims: Iterable[Ins]) -> list[Patient]:
    """Distinct patients that hold one of the INS, current or superseded; merged ones only when nobody else does."""
    found: dict[str, Patient] = {}
    for claim in claims:
        for id_ in known.by_key.get(ins_key(claim), ()):
            found[id_] = known.patients[id_]
    active = [patient for patient in found.values() if not patient.merged_into]
    return active or list(found.values())


def one(known: Known, found: list[Patient], field: str = "PID-3") -> Patient | None:
    """The only patient found, if any.

    :raises Refused: AE 204 when a merged patient or several patients were found.
    """
    for patient in found:
        if patient.merged_into:
            raise merged(known, patient, field)
    if len(found) > 1:
        raise refuse("IDN-MATCH-001", "204", field)
    return found[0] if found else None


def merged(known: Known, patient: Patient, field: str) -> Refused:
    """AE 204 for a message on a merged identifier: names the survivor by a local identifier, never by its INS."""
    name = shown(survivor(known, patient))
    return refuse("IDN-MATCH-002" if name else "IDN-MATCH-003", "204", field, expected=name)


def accept_identifiers(draft: Draft) -> None:
    """Let pass a message whose identifiers may be decided on.

    :raises Refused: AE 102 for too many identifiers, AE 103 for an INS of another environment when the policy says so.
    """
    persons, prior = draft.listed
    for listed in (*persons, prior) if prior.refused else persons:
        if listed.refused is not None:
            finding, code = listed.refused
            raise Refused(Refusal("AE", code, finding))


def match(draft: Draft, listed: Listed, person: PersonFacts) -> Patient | None:
    """The patient that PID-3 of an A28 or A31 designates, None when it is unknown.

    :raises Refused: AE 101 without a usable identifier, AE 204 for several patients or a merged one.
    """
    known = draft.known
    if listed.local:
        return one(known, by_local(known, listed.local))
    claims = usable_claims(draft, listed, person)
    if not claims:
        raise refuse("IDN-ID-001", "101", "PID-3")
    return one(known, by_ins(known, claims))


def usable_claims(draft: Draft, listed: Listed, person: PersonFacts) -> list[Ins]:
    """The INS of a message that may designate a patient; a finding says why another one may not.

    It must be qualified, come from a confirmed sender, and have the right key where the policy asks for it.
    """
    policy, statuses = draft.policy, person.statuses
    if not listed.ins:
        return []
    if not qualifies(statuses) or hindered(statuses):
        said = mask("~".join(statuses))
        draft.find("INS-STATUS-001" if statuses else "INS-STATUS-002", "warning", "PID-32", said, "VALI")
        return []
    if person.identity_unknown == "Y":
        draft.find("INS-UNKNOWN-001", "warning", "PID-31")
        return []
    if not policy.sender_confirmed:
        draft.find("INS-SENDER-001", "warning", "MSH-3")
        return []
    blocks = key_blocks(policy.environment, policy.wrong_key)
    claims = [ins for ins in listed.ins if not blocks or ins.key_valid]
    if not claims:
        draft.find("INS-KEY-001", "error", "PID-3")
    return claims
