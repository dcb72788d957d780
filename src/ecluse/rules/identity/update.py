"""A28 (create a patient) and A31 (update a patient): the full picture of one identity.

Source: PAM France 2.11.1, ITI-30, events A28 and A31; HL7 v2.5, 2.5.3.
"""

from __future__ import annotations

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import MessageFacts, PersonFacts
from ecluse.rules.identity import collisions, ins_life
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.consent import recorded
from ecluse.rules.identity.demographics import changes
from ecluse.rules.identity.draft import Draft, refuse
from ecluse.rules.identity.identifiers import Listed
from ecluse.rules.identity.ins_life import Picture
from ecluse.rules.identity.matching import match
from ecluse.rules.identity.model import LocalIdentifier, Patient
from ecluse.rules.identity.traits import after, changed, traits
from ecluse.rules.identity.usability import qualifies
from ecluse.rules.ins import mask

_STRICT = frozenset({"names", "birth_date", "sex", "birth_place"})


def create_or_update(draft: Draft, facts: MessageFacts, new_id: str) -> None:
    """Apply an A28 or an A31.

    An A31 on an unknown patient creates it; an A28 on a known one updates it with a warning, or is refused (AE 205)
    when the policy says so.
    """
    person = facts.persons[0]
    listed = draft.listed.persons[0]
    draft.findings.extend(listed.findings)
    patient = match(draft, listed, person.statuses)
    if patient is not None and facts.header.event == "A28":
        if draft.policy.known_patient_creation == "refuse":
            raise refuse("IDN-CREATE-001", "205", "PID-3")
        draft.find("IDN-CREATE-002", "warning", "PID-3")
    id_ = draft.subject = new_id if patient is None else patient.id
    picture = _update(draft, patient, person, listed) if patient else _create(draft, id_, person, listed)
    if facts.consent:
        consent = recorded(patient.consent if patient else (), facts.consent)
        if consent is not None:
            draft.emit(words.CONSENT, id_, {"fields": consent})
    _ins(draft, id_, patient, person, listed, picture)


def _create(draft: Draft, id_: str, person: PersonFacts, listed: Listed) -> Picture:
    data = {"identifiers": listed.local + listed.other, **changes(None, person)}
    if person.statuses and person.statuses != (NULL,):
        data["statuses"] = person.statuses
    draft.emit(words.CREATED, id_, data)
    return Picture(after(None, data), data.get("corrected_birth_date", ""), False)


def _update(draft: Draft, patient: Patient, person: PersonFacts, listed: Listed) -> Picture:
    added = _new_identifiers(patient, listed)
    if added:
        draft.emit(words.IDENTIFIERS, patient.id, {"removed": (), "added": added})
    data = changes(patient, person)
    if data:
        draft.emit(words.UPDATED, patient.id, data)
    set_status(draft, patient, person.statuses)
    before = now = traits(patient)
    if not _STRICT.isdisjoint(data):
        now = after(patient, data)
    corrected = data.get("corrected_birth_date", patient.corrected_birth_date)
    return Picture(now, corrected, before is not now and changed(before, now))


def _new_identifiers(patient: Patient, listed: Listed) -> tuple[LocalIdentifier, ...]:
    """Identifiers to add. Those the message does not list stay: only A40 and A47 change numbers."""
    if listed.local + listed.other == patient.identifiers:
        return ()
    held = {identifier.key: identifier.matching for identifier in patient.identifiers}
    # An authority that joined the domain since: its identifiers, kept so far, now designate the patient.
    joined = [one for one in listed.local if not held.get(one.key, False)]
    return (*joined, *[one for one in listed.other if one.key not in held])


def set_status(draft: Draft, patient: Patient, statuses: tuple[str, ...]) -> None:
    """Record PID-32 when it is present and differs; an absent PID-32 leaves the status unchanged."""
    if not statuses or statuses == patient.statuses:
        return
    value = () if statuses == (NULL,) else statuses
    if value != patient.statuses:
        draft.emit(words.STATUS, patient.id, {"from": patient.statuses, "to": value})


def _ins(
    draft: Draft, id_: str, before: Patient | None, person: PersonFacts, listed: Listed, picture: Picture
) -> None:
    statuses = person.statuses
    if "FICT" in statuses and ("HOMA" in statuses or "DOUT" in statuses):
        draft.find("IDN-STATUS-001", "error", "PID-32")
    ins_life.explain(draft, listed, picture)
    if qualifies(statuses):
        ins_life.receive(draft, id_, before, listed, picture)
    else:
        unqualified(draft, before, statuses, listed, picture.retraited)
    collisions.review(draft, before, id_, listed.ins, picture.retraited)


def unqualified(
    draft: Draft, before: Patient | None, statuses: tuple[str, ...], listed: Listed, retraited: bool
) -> None:
    """Set aside the INS of a message whose PID-32 is absent or not VALI.

    When PID-32 says that the identity is no longer validated, the stored INS is withdrawn; when PID-32 is absent,
    the status and the stored INS are unchanged, unless a strict trait changed.
    """
    if listed.ins:
        rule = "INS-STATUS-001" if statuses else "INS-STATUS-002"
        draft.find(rule, "warning", "PID-32", mask("~".join(statuses)), "VALI")
    if before is None:
        return
    if statuses:
        if ins_life.withdraw(draft, before, "status"):
            draft.find("INS-STATUS-003", "warning", "PID-32", mask("~".join(statuses)), "VALI")
    elif retraited:
        ins_life.suspend(draft, before, "traits")
