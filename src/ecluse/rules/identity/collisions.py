"""The same INS on two patients: potential duplicate when the strict traits agree, collision when they differ.

The flags of a patient concern its current INS. A patient whose superseded INS it is counts too, for a superseded INS
still designates its patient: the newcomer is flagged, while the former holder, whose current INS is another one, is
not. What is stored stays small whatever the number of holders: a flag names at most `LISTED` patients, and in a larger
group only the flags that rise or fall are written; the index says who else holds the INS.

Source: identity model of the design; RNIV (doublon, collision).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft
from ecluse.rules.identity.identifiers import ins_key
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.traits import Traits, contradict, traits
from ecluse.rules.ins import Ins

LISTED = 8
"""Patients that a flag names at most. In a group of one more, or less, every flag names all the others."""


def review(
    draft: Draft, before: Patient | None, id_: str, claims: tuple[Ins, ...] = (), retraited: bool = False
) -> None:
    """Flag or clear, after the other events of a patient.

    :param before: the patient as it was, None when it is new.
    :param claims: the INS of the message, one of which the patient may now hold.
    :param retraited: a strict trait changed, so that agreeing patients may now differ, or the reverse.
    """
    if not _concerned(draft, before, id_, claims):
        return
    after = draft.patient(id_)
    was = _designating(before) if before else {}
    now = _designating(after)
    moved = retraited or (before is not None and traits(before) != traits(after))
    for key in dict.fromkeys((*was, *now)):
        if moved or was.get(key) != now.get(key):
            _regroup(draft, key, id_, joined=key not in was)
    if after.ins is None or after.merged_into:
        _flag(draft, after, (), ())


def _concerned(draft: Draft, before: Patient | None, id_: str, claims: tuple[Ins, ...]) -> bool:
    """True when an INS of the patient, before or in the message, is also that of another one: rarely."""
    if before is not None:
        if before.collides_with or before.duplicates:
            return True
        # A former holder carries no flag itself.
        if any(_elsewhere(draft, id_, ins.key) for ins in before.superseded):
            return True
    return any(_elsewhere(draft, id_, ins_key(claim)) for claim in claims)


def _elsewhere(draft: Draft, id_: str, key: str) -> bool:
    ids = draft.known.by_key.get(key, ())
    return bool(ids) and ids != (id_,)


def _designating(patient: Patient) -> dict[str, Literal["current", "superseded"]]:
    """The INS that designate a patient; none once it is merged."""
    if patient.merged_into:
        return {}
    found: dict[str, Literal["current", "superseded"]] = {ins.key: "superseded" for ins in patient.superseded}
    if patient.ins is not None:
        found[patient.ins.key] = "current"
    return found


def _regroup(draft: Draft, key: str, mover: str, *, joined: bool) -> None:
    """Compare again those whom an INS designates, after one of them, the mover, came, left or changed."""
    ids = sorted({*draft.known.by_key.get(key, ()), mover})
    roles = [(one, _designating(one).get(key)) for one in map(draft.patient, ids)]
    compared = {one.id: traits(one) for one, role in roles if role}
    former = {one.id for one, role in roles if role == "superseded"}
    for holder, role in roles:
        if role != "current":
            continue
        if holder.id == mover or len(compared) <= LISTED + 1:
            differ, agree = _others(holder.id, compared)
        else:
            differ = _still(holder, holder.collides_with, mover, compared, True, joined)
            agree = _still(holder, holder.duplicates, mover, compared, False, joined)
        _flag(draft, holder, differ, agree, former)


def _others(id_: str, compared: dict[str, Traits]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those who differ from a patient, and those who agree with it: the first of each."""
    differ: list[str] = []
    agree: list[str] = []
    mine = compared[id_]
    for other, its in compared.items():
        if len(differ) == len(agree) == LISTED:
            break
        if other != id_:
            listed = differ if contradict(mine, its) else agree
            if len(listed) < LISTED:
                listed.append(other)
    return tuple(differ), tuple(agree)


def _still(
    holder: Patient,
    listed: tuple[str, ...],
    mover: str,
    compared: dict[str, Traits],
    differing: bool,
    joined: bool,
) -> tuple[str, ...]:
    """The flag of a holder in a large group: unchanged unless it rises or falls because of the mover.

    :param differing: True for the collision, False for the duplicate.
    """
    if listed and joined:
        return listed
    mine = compared[holder.id]
    if mover in compared and contradict(mine, compared[mover]) is differing:
        return listed or (mover,)
    if not listed:
        return ()
    # Those the flag names come first: one of them is nearly always enough.
    witnesses = (*[one for one in listed if one in compared], *compared)
    if any(one != holder.id and contradict(mine, compared[one]) is differing for one in witnesses):
        return listed
    return ()


def _flag(
    draft: Draft,
    patient: Patient,
    differ: tuple[str, ...],
    agree: tuple[str, ...],
    former: Collection[str] = (),
) -> None:
    """Store what changed. former: those whose superseded INS it is."""
    if set(differ) != set(patient.collides_with):
        if differ:
            draft.emit(words.COLLISION_FLAGGED, patient.id, {"with": sorted(differ)})
            _say(draft, "INS-COLLISION-002" if all(one in former for one in differ) else "INS-COLLISION-001")
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
        draft.find(rule, "warning" if rule == "INS-DUPLICATE-001" else "error", "PID-3")
