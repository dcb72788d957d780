"""The life of the INS of a patient in an A28, A31 or A47: adopted, repeated, superseded, suspended, withdrawn.

Source: PAM France 2.11.1, INS life cycle; Référentiel INS 2.1, rule 28 (EXI ID 29) and EXI ID 26.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft
from ecluse.rules.identity.identifiers import Listed, ins_key
from ecluse.rules.identity.model import Patient, StoredIns
from ecluse.rules.identity.traits import LOCATIONS, Traits, missing
from ecluse.rules.identity.usability import key_blocks
from ecluse.rules.ins import Doubt, Ins, doubts

Withdrawal = Literal["status", "deletion", "downgrade"]

_DOUBTS: dict[Doubt, tuple[str, str]] = {
    "sex": ("INS-DOUBT-001", "PID-8"),
    "date": ("INS-DOUBT-002", "PID-7"),
    "place": ("INS-DOUBT-003", "PID-11.9"),
}


class Picture(NamedTuple):
    """The patient as the message leaves it, as far as an INS depends on it.

    traits: strict traits; corrected: ZFD-4; retraited: a strict trait that was known changed.
    """

    traits: Traits
    corrected: str
    retraited: bool


class Claim(NamedTuple):
    """The INS a message gives: the one to hold, and a provisional one (NIA) sent beside the final one."""

    ins: Ins | None
    beside: tuple[Ins, ...]
    problem: str


def choose(listed: Listed) -> Claim:
    """Among the INS of a message, the NIR when a NIA comes with it; nothing when two of a kind differ."""
    claims = listed.ins
    if len(claims) == 1:
        return Claim(claims[0], (), "")
    if not claims:
        return Claim(None, (), listed.dropped)
    provisional = tuple([ins for ins in claims if ins.kind == "nia"])
    final = tuple([ins for ins in claims if ins.kind != "nia"])
    candidates = final or provisional
    if len(candidates) > 1:
        return Claim(None, (), "several")
    return Claim(candidates[0], provisional if final else (), "")


def stored(draft: Draft, ins: Ins) -> StoredIns:
    """An INS as it is held: with its sender and the time of reception."""
    return StoredIns(ins.matricule, ins.oid, draft.policy.sender, draft.at)


def receive(draft: Draft, id_: str, before: Patient | None, listed: Listed, picture: Picture) -> None:
    """Apply the INS of an A28 or A31 whose status qualifies (VALI, neither DOUT nor FICT).

    :param before: the patient before the message, None when it is created.
    :param picture: the patient as the message leaves it.
    """
    claim = choose(listed)
    retraited = picture.retraited
    if claim.problem == "several":
        draft.find("INS-SEVERAL-001", "error", "PID-3")
    held = before.ins if before else None
    if claim.ins is None or (before is not None and outdated(draft, before, claim.ins)):
        if claim.problem and held is None and (before is None or before.ins_dropped != claim.problem):
            draft.emit(words.INS_DROPPED, id_, {"reason": claim.problem})
    elif before is None or held is None:
        adopt(draft, id_, claim.ins, claim.beside, before)
    elif ins_key(claim.ins) == held.key:
        _repeat(draft, before, held, retraited)
        retraited = False
    else:
        retraited = _differ(draft, before, held, claim.ins, retraited)
    if retraited and before is not None:
        suspend(draft, before, "traits")


def adopt(
    draft: Draft, id_: str, ins: Ins, beside: tuple[Ins, ...] = (), before: Patient | None = None
) -> None:
    """Hold a new INS; a NIA sent beside a NIR still matches, as a superseded one.

    An INS that was withdrawn may come back, for a sender may qualify the same person again: it is said, and the
    withdrawal stays in the history.
    """
    if before is not None and before.withdrawn and _withdrawn(before, ins):
        draft.find("INS-RETURN-001", "warning", "PID-3")
    for provisional in beside:
        draft.emit(words.INS_SUPERSEDED, id_, {"ins": stored(draft, provisional)})
    draft.emit(words.INS_ADOPTED, id_, {"ins": stored(draft, ins)})


def outdated(draft: Draft, before: Patient, ins: Ins) -> bool:
    """True, with a finding, for a withdrawn INS that a message older than the withdrawal brings back."""
    if not before.withdrawn or (before.ins is not None and before.ins.key == ins_key(ins)):
        return False
    if not (_withdrawn(before, ins) and older(draft.said, before.withdrawn_on)):
        return False
    draft.find("INS-RETURN-002", "warning", "PID-3")
    return True


def _withdrawn(before: Patient, ins: Ins) -> bool:
    key = ins_key(ins)
    return any(former.key == key for former in before.withdrawn)


def _repeat(draft: Draft, before: Patient, held: StoredIns, retraited: bool) -> None:
    """The held INS arrives again with VALI: it holds, with the traits as they are now."""
    sender = draft.policy.sender
    if before.suspended or retraited:
        draft.emit(words.INS_RESTORED, before.id, {"sender": sender, "at": draft.at})
    elif sender != held.sender and sender not in held.also:
        draft.emit(words.INS_REPEATED, before.id, {"sender": sender})


def _differ(draft: Draft, before: Patient, held: StoredIns, ins: Ins, retraited: bool) -> bool:
    """Another INS than the held one arrives; True when the held one must still be suspended for its traits."""
    kind = ins.kind
    provisional = Ins(held.matricule, held.oid).kind == "nia"
    if provisional and kind != "nia":
        draft.emit(words.INS_SUPERSEDED, before.id, {"ins": held})
        adopt(draft, before.id, ins, (), before)
        return False
    if kind == "nia" and not provisional:
        draft.find("INS-CHANGE-002", "warning", "PID-3")
        return retraited
    if any(former.key == ins_key(ins) for former in before.superseded):
        draft.find("INS-CHANGE-003", "warning", "PID-3")
        return retraited
    draft.find("INS-CHANGE-001", "error", "PID-3")
    suspend(draft, before, "contradicted")
    return False


def suspend(draft: Draft, before: Patient, reason: Literal["traits", "contradicted"]) -> None:
    """Stop using the stored INS until it is repeated with VALI; nothing when there is none or it waits already."""
    if before.ins is None or before.suspended:
        return
    draft.emit(words.INS_SUSPENDED, before.id, {"reason": reason})
    draft.find("INS-SUSPEND-001" if reason == "traits" else "INS-SUSPEND-002", "warning", "PID-3")


def withdraw(draft: Draft, patient: Patient, reason: Withdrawal) -> bool:
    """Withdraw every INS of a patient, superseded ones included; False when it has none."""
    if patient.ins is None and not patient.superseded:
        return False
    data: dict[str, str] = {"reason": reason}
    said = draft.said
    on = patient.withdrawn_on if older(said, patient.withdrawn_on) else said
    if on:
        data["recorded_at"] = on
    draft.emit(words.INS_WITHDRAWN, patient.id, data)
    if not draft.policy.sender_confirmed:
        draft.find("INS-SENDER-002", "warning", "MSH-3")
    return True


def older(one: str, other: str) -> bool:
    """True when an HL7 time is before another for certain.

    They are compared at their common precision, in UTC when both give their offset; a missing or unreadable time is
    never older.
    """
    left, right = _TS.fullmatch(one), _TS.fullmatch(other)
    if left is None or right is None:
        return False
    first, second = left[1], right[1]
    if left[2] and right[2] and min(len(first), len(second)) >= _MINUTES:
        first, second = _utc(first, left[2]), _utc(second, right[2])
    shared = min(len(first), len(second))
    return first[:shared] < second[:shared]


_TS = re.compile(r"(\d{4}(?:\d{2}){0,5})(?:\.\d+)?([+-]\d{4})?", re.ASCII)
_MINUTES = 12


def _utc(digits: str, offset: str) -> str:
    shape = "%Y%m%d%H%M%S"[: len(digits) - 2 if len(digits) == 14 else 10]
    try:
        moment = datetime.strptime(digits + offset, f"{shape}%z")
        return moment.astimezone(UTC).strftime(shape)
    except (ValueError, OverflowError):
        return digits


def explain(draft: Draft, listed: Listed, picture: Picture) -> None:
    """Findings on the INS of a message, kept or not: wrong key, traits that disagree, traits that miss."""
    if not listed.ins:
        return
    policy = draft.policy
    values = picture.traits
    for ins in listed.ins:
        if not ins.key_valid:
            blocks = key_blocks(policy.environment, policy.wrong_key)
            draft.find("INS-KEY-001", "error" if blocks else "warning", "PID-3")
        for doubt in doubts(ins.matricule, values.birth_date, values.sex, values.birth_place):
            rule, location = _DOUBTS[doubt]
            draft.find(rule, "warning", location)
    if policy.require_strict_traits:
        for name in missing(values):
            draft.find("INS-TRAIT-001", "warning", LOCATIONS[name])
    if picture.corrected == "Y":
        draft.find("INS-TRAIT-002", "warning", "ZFD-4")
    if not policy.sender_confirmed:
        draft.find("INS-SENDER-001", "warning", "MSH-3")
