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
from ecluse.rules.identity.draft import Draft, make_room, refuse
from ecluse.rules.identity.identifiers import Listed
from ecluse.rules.identity.ins_life import Picture
from ecluse.rules.identity.matching import match
from ecluse.rules.identity.model import LocalIdentifier, Patient
from ecluse.rules.identity.names import ambiguous, first_name_coherent, merge_names
from ecluse.rules.identity.traits import after, changed, touched, traits
from ecluse.rules.identity.usability import hindered, qualifies
from ecluse.rules.ins import mask

_BARE_MATRICULE = 13
"""Characters of a matricule without its key: a status as long as that may hide one."""

_STRICT = frozenset({"names", "birth_date", "sex", "birth_place"})


def create_or_update(draft: Draft, facts: MessageFacts, new_id: str) -> None:
    """Apply an A28 or an A31.

    An A31 on an unknown patient creates it; an A28 on a known one updates it with a warning, or is refused (AE 205)
    when the policy says so.
    """
    person = facts.persons[0]
    listed = draft.listed.persons[0]
    draft.findings.extend(listed.findings)
    patient = match(draft, listed, person)
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
    make_room(draft, None, len(listed.local) + len(listed.other))
    data = {"identifiers": listed.local + listed.other, **changes(None, person)}
    if person.statuses and person.statuses != (NULL,):
        data["statuses"] = _shown(person.statuses)
    draft.emit(words.CREATED, id_, data)
    return Picture(after(None, data), data.get("corrected_birth_date", ""), False)


def _update(draft: Draft, patient: Patient, person: PersonFacts, listed: Listed) -> Picture:
    added = _new_identifiers(patient, listed)
    if added:
        make_room(draft, patient, len(added))
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
    value = () if statuses == (NULL,) else _shown(statuses)
    if value != patient.statuses:
        draft.emit(words.STATUS, patient.id, {"from": patient.statuses, "to": value})


def _shown(statuses: tuple[str, ...]) -> tuple[str, ...]:
    """Statuses as they are kept: a matricule slipped into PID-32 is not."""
    if len(statuses) == 1 and len(statuses[0]) < _BARE_MATRICULE:
        return statuses
    return tuple(map(mask, statuses))


def _ins(
    draft: Draft, id_: str, before: Patient | None, person: PersonFacts, listed: Listed, picture: Picture
) -> None:
    statuses = person.statuses
    if "FICT" in statuses and ("HOMA" in statuses or "DOUT" in statuses):
        draft.find("IDN-STATUS-001", "error", "PID-32")
    ins_life.explain(draft, listed, picture)
    held = before.ins if before else None
    if listed.ins or held:
        _explain_use(draft, before, person)
    doubt = ""
    if len(person.names) > 1 or not draft.policy.sender_confirmed:
        doubt = _doubt(draft, before, person, picture)
    if not qualifies(statuses):
        if doubt and not statuses and before is not None:
            _wait(draft, before, doubt)
        unqualified(draft, before, statuses, listed, picture.retraited and not doubt)
    elif doubt and held is not None and before is not None:
        _wait(draft, before, doubt)
    else:
        ins_life.receive(draft, id_, before, listed, picture)
        if doubt and listed.ins:
            _wait(draft, draft.patient(id_), doubt)
    collisions.review(draft, before, id_, listed.ins, picture.retraited)


def _explain_use(draft: Draft, before: Patient | None, person: PersonFacts) -> None:
    """Findings on what keeps an INS, sent or held, from being used: first given name, status, unknown identity."""
    statuses = person.statuses
    if len(statuses) > 1 and hindered(statuses) and qualifies(statuses):
        draft.find("INS-STATUS-004", "warning", "PID-32", mask("~".join(statuses)), "VALI")
    if (person.identity_unknown or (before.identity_unknown if before else "")) == "Y":
        draft.find("INS-UNKNOWN-001", "warning", "PID-31")
    names = person.names
    if before is not None and names != before.names:
        names = merge_names(before.names, names)
    if not first_name_coherent(names):
        draft.find("INS-TRAIT-003", "warning", "PID-5.2", expected="PID-5.3")


def _doubt(draft: Draft, before: Patient | None, person: PersonFacts, picture: Picture) -> str:
    """Reason code why what this message says of the person cannot carry an INS; empty when it can."""
    if ambiguous(person.names):
        draft.find("IDN-NAME-001", "error", "PID-5")
        return "names"
    if draft.policy.sender_confirmed or before is None or before.ins is None:
        return ""
    senders = {before.ins.sender, *before.ins.also} - {draft.policy.sender}
    return "unconfirmed-traits" if senders and _rewrites(before, person, picture) else ""


def _rewrites(before: Patient, person: PersonFacts, picture: Picture) -> bool:
    """True when a message changes or completes what the use of the stored INS rests on."""
    if touched(traits(before), picture.traits) or picture.corrected != before.corrected_birth_date:
        return True
    if person.identity_unknown and person.identity_unknown != before.identity_unknown:
        return True
    if person.statuses and hindered(person.statuses) != hindered(before.statuses):
        return True
    return not first_name_coherent(before.names) and bool(person.names)


def _wait(draft: Draft, patient: Patient, reason: str) -> None:
    """Stop using the stored INS until it is repeated, by a message that leaves no doubt."""
    if patient.ins is None or patient.suspended:
        return
    draft.emit(words.INS_SUSPENDED, patient.id, {"reason": reason})
    if reason == "unconfirmed-traits":
        draft.find("INS-SUSPEND-003", "warning", "MSH-3")


def unqualified(
    draft: Draft, before: Patient | None, statuses: tuple[str, ...], listed: Listed, retraited: bool
) -> None:
    """Set aside the INS of a message whose PID-32 is absent or not VALI.

    When PID-32 says that the identity is no longer validated, the stored INS is withdrawn, or only waits when the
    policy says so; when PID-32 is absent, the status and the stored INS are unchanged, unless a strict trait changed.
    """
    said = mask("~".join(statuses))
    if listed.ins:
        draft.find("INS-STATUS-001" if statuses else "INS-STATUS-002", "warning", "PID-32", said, "VALI")
    if before is None:
        return
    if statuses and draft.policy.unvalidated_update == "keep-unusable":
        if before.ins is not None and before.suspended != "unvalidated":
            draft.emit(words.INS_SUSPENDED, before.id, {"reason": "unvalidated"})
            draft.find("INS-STATUS-005", "warning", "PID-32", said, "VALI")
    elif statuses:
        if ins_life.withdraw(draft, before, "status"):
            draft.find("INS-STATUS-003", "warning", "PID-32", said, "VALI")
    elif retraited:
        ins_life.suspend(draft, before, "traits")
