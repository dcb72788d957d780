"""A47: change of local identifiers, change or deletion of an INS, downgrade of a qualified identity.

Source: PAM France 2.11.1, ITI-30, event A47, and INS life cycle (4.4).
"""

from __future__ import annotations

from ecluse.protocols.pam.facts import MessageFacts, PersonFacts
from ecluse.rules.identity import collisions, ins_life
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft, make_room, refuse
from ecluse.rules.identity.identifiers import Listed, ins_key
from ecluse.rules.identity.ins_life import Picture
from ecluse.rules.identity.links import move_links
from ecluse.rules.identity.matching import by_ins, by_local, merged, one, survivor
from ecluse.rules.identity.merge import prior
from ecluse.rules.identity.model import LocalIdentifier, Patient
from ecluse.rules.identity.traits import contradict, of, traits
from ecluse.rules.identity.update import set_status, unqualified
from ecluse.rules.identity.usability import qualifies


def change(draft: Draft, facts: MessageFacts) -> None:
    """Apply an A47. Demographics other than PID-32 are left to an A31.

    :raises Refused: missing MRG; identifiers that point to several or merged patients; a target identifier that
        belongs to another patient (an A40 was due); no target identifier of the same authority and type.
    """
    person = facts.persons[0]
    old = prior(draft, facts)
    listed = draft.listed.persons[0]
    draft.findings.extend(listed.findings)
    patient = _designated(draft, old, listed)
    if patient is None:
        if old.ins and draft.subject and draft.patient(draft.subject).ins is not None:
            # Nothing is done for an INS unknown here, but somebody should look: the patient keeps another one.
            draft.find("INS-CHANGE-004", "warning", "MRG-1")
        draft.find("IDN-CHANGE-001", "info", "MRG-1")
        return
    draft.subject = patient.id
    _change_local(draft, patient, old, listed)
    _change_ins(draft, patient, person, old, listed)
    set_status(draft, patient, person.statuses)
    collisions.review(draft, patient, patient.id, listed.ins)


def _designated(draft: Draft, old: Listed, listed: Listed) -> Patient | None:
    """The patient of MRG-1, by local identifier, else by INS; None when MRG-1 is unknown."""
    known = draft.known
    patient = one(known, by_local(known, old.local), "MRG-1")
    targets = by_local(known, listed.local)
    holders = by_ins(known, old.ins)
    if patient is None:
        return _designated_by_ins(draft, holders, targets, listed)
    for target in targets:
        if target.merged_into == target.id:
            raise merged(known, target, "PID-3")  # retired by an A40: not even its own patient takes it again
    if any(target.id != patient.id for target in targets):
        raise refuse("IDN-CHANGE-003", "204", "PID-3")
    if holders and patient.id not in [holder.id for holder in holders]:
        raise refuse("IDN-CHANGE-002", "204", "MRG-1")
    return patient


def _designated_by_ins(
    draft: Draft, holders: list[Patient], targets: list[Patient], listed: Listed
) -> Patient | None:
    """The holder of the INS of MRG-1, told apart by the local identifiers of PID-3 when they are known."""
    known = draft.known
    if not holders:
        draft.subject = targets[0].id if len(targets) == 1 else ""
        return None
    target = one(known, targets)
    if target is None:
        if listed.local:
            draft.find("IDN-CHANGE-005", "warning", "PID-3")
        return one(known, holders, "MRG-1")
    if target.id in [holder.id for holder in holders]:
        return target
    if all(holder.merged_into and survivor(known, holder).id == target.id for holder in holders):
        draft.subject = target.id
        return None  # a merge left this INS behind: the survivor never held it
    raise refuse("IDN-CHANGE-002", "204", "MRG-1")


def _change_local(draft: Draft, patient: Patient, old: Listed, listed: Listed) -> None:
    """Replace each local identifier of MRG-1 by the one of PID-3 with the same authority and type."""
    mine = {identifier.key: identifier for identifier in patient.identifiers}
    kept = {identifier.key for identifier in listed.local}
    removed: list[LocalIdentifier] = []
    added: list[LocalIdentifier] = []
    for identifier in old.local:
        if identifier.key not in mine or identifier.key in kept:
            continue
        taken = mine.keys() | {one.key for one in added}
        target = _counterpart(identifier, listed, taken)
        removed.append(mine[identifier.key])
        if target.key not in taken:
            added.append(target)
        move_links(draft, patient.id, identifier.key, target.key)
    if removed:
        make_room(draft, patient, len(added))
        draft.emit(words.IDENTIFIERS, patient.id, {"removed": tuple(removed), "added": tuple(added)})


def _counterpart(identifier: LocalIdentifier, listed: Listed, taken: set[str]) -> LocalIdentifier:
    authority = identifier.oid or identifier.authority
    same = [
        one for one in listed.local if (one.oid or one.authority) == authority and one.type == identifier.type
    ]
    if not same:
        raise refuse("IDN-CHANGE-004", "101", "PID-3", expected=authority)
    return next((one for one in same if one.key not in taken), same[0])


def _change_ins(draft: Draft, patient: Patient, person: PersonFacts, old: Listed, listed: Listed) -> None:
    """Change, deletion or downgrade of the INS that MRG-1 names; or a status that takes it away.

    The INS of MRG-1 must be one the patient holds, current or superseded: otherwise it is unknown, and the INS of the
    patient stands (an identity that PID-32 says is no longer validated loses it all the same, as by an A31). A
    deletion that names no INS in MRG-1 has no effect: the profile designates what is deleted by MRG-1.
    """
    statuses = person.statuses
    picture = _picture(patient, person)
    ins_life.explain(draft, listed, picture)
    named = _names_its_own(patient, old)
    if old.ins and not named:
        draft.find("INS-CHANGE-004", "warning", "MRG-1")
    if statuses and not qualifies(statuses):
        if named:
            _withdraw(draft, patient, "downgrade", listed)
        else:
            unqualified(draft, patient, statuses, listed, False)
    elif not old.ins:
        if listed.ins and statuses:
            _beside(draft, patient, listed, picture)
        elif listed.erased:
            draft.find("INS-DELETE-002", "warning", "MRG-1")
    elif not named:
        return
    elif not listed.ins and (listed.erased or not listed.dropped):
        _withdraw(draft, patient, "deletion", listed)
    else:
        _replace(draft, patient, statuses, old, listed, picture)


def _names_its_own(patient: Patient, old: Listed) -> bool:
    keys = {ins.key for ins in patient.superseded}
    if patient.ins is not None:
        keys.add(patient.ins.key)
    return any(ins_key(ins) in keys for ins in old.ins)


def _names_the_last(patient: Patient, old: Listed) -> bool:
    """True when MRG-1 names the current INS, or the last one when there is none: what a change may replace."""
    last = patient.ins or patient.superseded[-1]
    return any(ins_key(ins) == last.key for ins in old.ins)


def _beside(draft: Draft, patient: Patient, listed: Listed, picture: Picture) -> None:
    """An INS that comes with the change of a local identifier, as it would with an A31."""
    if picture.retraited and patient.ins is not None:
        return  # the stored INS stands with the stored traits: only an A31 may change them
    ins_life.receive(draft, patient.id, patient, listed, picture)
    if picture.retraited:
        ins_life.suspend(draft, draft.patient(patient.id), "traits")


def _replace(
    draft: Draft,
    patient: Patient,
    statuses: tuple[str, ...],
    old: Listed,
    listed: Listed,
    picture: Picture,
) -> None:
    """The INS of MRG-1 gives way to that of PID-3; it is superseded even when the new one cannot be kept.

    A change that names a superseded INS is late or repeated: what came since stands.
    """
    claim = ins_life.choose(listed)
    held = patient.ins
    if claim.ins is not None and held is not None and ins_key(claim.ins) == held.key:
        draft.find("IDN-CHANGE-006", "info", "MRG-1")
        return
    if not _names_the_last(patient, old):
        draft.find("INS-CHANGE-003", "warning", "MRG-1")
        return
    if claim.ins is not None and ins_life.outdated(draft, patient, claim.ins):
        return
    if claim.ins is not None and statuses:
        _belongs_to_nobody_else(draft, patient, ins_key(claim.ins))
    if held is not None:
        draft.emit(words.INS_SUPERSEDED, patient.id, {"ins": held})
    if claim.ins is None:
        if claim.problem == "several":
            draft.find("INS-SEVERAL-001", "error", "PID-3")
        draft.emit(words.INS_DROPPED, patient.id, {"reason": claim.problem})
    elif not statuses:
        draft.find("INS-STATUS-002", "warning", "PID-32", "", "VALI")
    else:
        ins_life.adopt(draft, patient.id, claim.ins, claim.beside, patient)
        if picture.retraited:
            ins_life.suspend(draft, draft.patient(patient.id), "traits")


def _withdraw(draft: Draft, patient: Patient, reason: ins_life.Withdrawal, listed: Listed) -> None:
    if reason == "downgrade" and listed.ins:
        draft.find("INS-STATUS-001", "warning", "PID-32", "", "VALI")
    if reason == "deletion" and not listed.erased:
        draft.find("INS-DELETE-001", "warning", "PID-3")
    ins_life.withdraw(draft, patient, reason)


def _belongs_to_nobody_else(draft: Draft, patient: Patient, key: str) -> None:
    for id_ in draft.known.by_key.get(key, ()):
        other = draft.known.patients[id_]
        if (
            other.id != patient.id
            and not other.merged_into
            and other.ins is not None
            and other.ins.key == key
        ):
            raise refuse("IDN-CHANGE-003", "204", "PID-3")


def _picture(patient: Patient, person: PersonFacts) -> Picture:
    """An A47 does not update traits: a new INS that comes with other traits waits until an A31 repeats both."""
    kept = traits(patient)
    said = of(person.names, person.birth_date, person.sex, person.birth_place)
    return Picture(kept, patient.corrected_birth_date, contradict(kept, said))
