"""The same INS on two patients: potential duplicate when the strict traits agree, collision when they differ.

The flags of a patient concern its current INS. A patient whose superseded INS it is counts too, for a superseded INS
still designates its patient: the newcomer is flagged, while the former holder, whose current INS is another one, is
not. What is stored stays small whatever the number of holders: a flag names at most `LISTED` patients, and in a larger
group only the flags that rise or fall are written; the index says who else holds the INS.

Source: identity model of the design; RNIV (doublon, collision).
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Literal

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft
from ecluse.rules.identity.identifiers import ins_key
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.traits import Traits, contradict, traits
from ecluse.rules.ins import Ins

Role = Literal["current", "superseded"]

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
    flagged = before is not None and bool(before.collides_with or before.duplicates)
    # What an unconfirmed sender did clears no flag: a confirmed one that speaks of the patient does.
    moved = moved or (flagged and draft.policy.sender_confirmed)
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


def _designating(patient: Patient) -> dict[str, Role]:
    """The INS that designate a patient; none once it is merged."""
    if patient.merged_into:
        return {}
    found: dict[str, Role] = {ins.key: "superseded" for ins in patient.superseded}
    if patient.ins is not None:
        found[patient.ins.key] = "current"
    return found


def _regroup(draft: Draft, key: str, mover: str, *, joined: bool) -> None:
    """Compare again those whom an INS designates, after one of them, the mover, came, left or changed."""
    ids = sorted({*draft.known.by_key.get(key, ()), mover})
    group = [(one, role) for one in map(draft.patient, ids) if (role := _designating(one).get(key))]
    compared = {one.id: traits(one) for one, _ in group}
    former = {one.id for one, role in group if role == "superseded"}
    crowd = len(compared) > LISTED + 1
    versus = _versus(mover, compared) if crowd and mover in compared else {}
    for holder, role in group:
        if role == "superseded":
            continue
        if crowd and holder.id != mover:
            differ = _still(holder.id, holder.collides_with, mover, versus, compared, True, joined)
            agree = _still(holder.id, holder.duplicates, mover, versus, compared, False, joined)
        else:
            others = versus if crowd else _versus(holder.id, compared)
            differ = tuple([one for one, differs in others.items() if differs][:LISTED])
            agree = tuple([one for one, differs in others.items() if not differs][:LISTED])
        _flag(draft, holder, differ, agree, former)


def _versus(id_: str, compared: dict[str, Traits]) -> dict[str, bool]:
    """Whether each of the others differs from a patient."""
    mine = compared[id_]
    return {other: contradict(mine, its) for other, its in compared.items() if other != id_}


def _still(
    id_: str,
    listed: tuple[str, ...],
    mover: str,
    versus: dict[str, bool],
    compared: dict[str, Traits],
    differing: bool,
    joined: bool,
) -> tuple[str, ...]:
    """The flag of a holder in a crowd: unchanged unless it rises or falls because of the mover.

    :param versus: whether each holder differs from the mover; empty when it left.
    :param differing: True for the collision, False for the duplicate.
    """
    if versus.get(id_) is differing:
        return listed or (mover,)
    if not listed or joined:
        return listed
    # Those the flag names come first: one of them is nearly always enough.
    mine = compared[id_]
    witnesses = chain([one for one in listed if one in compared], compared)
    if any(one != id_ and contradict(mine, compared[one]) is differing for one in witnesses):
        return listed
    return ()


def _flag(
    draft: Draft,
    patient: Patient,
    differ: tuple[str, ...],
    agree: tuple[str, ...],
    former: Collection[str] = (),
) -> None:
    """Store what changed. former: those whose superseded INS it is.

    A collision is not released by a sender nobody confirmed: it would make usable the INS of somebody else.
    """
    released = not differ and patient.ins is not None and not draft.policy.sender_confirmed
    if set(differ) != set(patient.collides_with) and not released:
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
