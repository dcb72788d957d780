"""The same INS on two patients: potential duplicate when the strict traits agree, collision when they differ.

Source: identity model of the design; RNIV (doublon, collision). The flags of a patient always concern its current
INS, so they are computed again for every holder of an INS that a message moved.
"""

from __future__ import annotations

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft
from ecluse.rules.identity.identifiers import ins_key
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.traits import contradict, traits
from ecluse.rules.ins import Ins


def review(
    draft: Draft, before: Patient | None, id_: str, claims: tuple[Ins, ...] = (), retraited: bool = False
) -> None:
    """Flag or clear, after the other events of a patient.

    :param before: the patient as it was, None when it is new.
    :param claims: the INS of the message, one of which the patient may now hold.
    :param retraited: a strict trait changed, so that agreeing patients may now differ, or the reverse.
    """
    flagged = before is not None and bool(before.collides_with or before.duplicates)
    if not flagged and not _held_elsewhere(draft, id_, claims):
        return
    after = draft.patient(id_)
    old = before.ins.key if before and before.ins and not before.merged_into else ""
    new = after.ins.key if after.ins and not after.merged_into else ""
    if old == new and not (retraited and flagged):
        return
    if flagged:
        _regroup(draft, old, {id_})
    if new and new != old:
        _regroup(draft, new, {id_})


def _held_elsewhere(draft: Draft, id_: str, claims: tuple[Ins, ...]) -> bool:
    by_key = draft.known.by_key
    for claim in claims:
        ids = by_key.get(ins_key(claim), ())
        if ids and ids != (id_,):
            return True
    return False


def _regroup(draft: Draft, key: str, also: set[str]) -> None:
    ids = sorted({*draft.known.by_key.get(key, ()), *also})
    patients = [draft.patient(id_) for id_ in ids]
    holders = [one for one in patients if one.ins is not None and one.ins.key == key and not one.merged_into]
    compared = {holder.id: traits(holder) for holder in holders}
    for patient in patients:
        if patient.id not in compared:
            if patient.ins is None or patient.merged_into:
                _flag(draft, patient, (), ())
            continue
        others = [other for other in compared if other != patient.id]
        differ = tuple([other for other in others if contradict(compared[patient.id], compared[other])])
        agree = tuple([other for other in others if other not in differ])
        _flag(draft, patient, differ, agree)


def _flag(draft: Draft, patient: Patient, differ: tuple[str, ...], agree: tuple[str, ...]) -> None:
    if set(differ) != set(patient.collides_with):
        if differ:
            draft.emit(words.COLLISION_FLAGGED, patient.id, {"with": sorted(differ)})
            _say(draft, "INS-COLLISION-001")
        else:
            draft.emit(words.COLLISION_CLEARED, patient.id, {})
    if set(agree) != set(patient.duplicates):
        if agree:
            draft.emit(words.DUPLICATE_FLAGGED, patient.id, {"with": sorted(agree)})
            _say(draft, "INS-DUPLICATE-001")
        else:
            draft.emit(words.DUPLICATE_CLEARED, patient.id, {})


def _say(draft: Draft, rule: str) -> None:
    if not any(finding.rule == rule for finding in draft.findings):
        draft.find(rule, "error" if rule == "INS-COLLISION-001" else "warning", "PID-3")
