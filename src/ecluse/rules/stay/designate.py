"""Which stay a message is about.

Source: PAM France 2.11.1, PV1-19 (number of the venue, required in ITI-31), PID-18 (administrative file, which may hold
several venues), PV1-5 (number of the pre-admission when it differs from PID-18), ZBE-1.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Identifier, MovementId
from ecluse.rules.identity.draft import refuse
from ecluse.rules.stay import vocabulary as words
from ecluse.rules.stay.draft import StayDraft
from ecluse.rules.stay.keys import ACCOUNT, MOST_STAYS, MOVEMENT, PREADMIT, VISIT, number_key
from ecluse.rules.stay.model import Movement, Stay
from ecluse.rules.stay.situation import situation

_ENDED = frozenset({"discharged", "cancelled"})


def designated(draft: StayDraft) -> Stay | None:
    """The stay that the numbers of a message designate, None for a stay unknown here.

    :raises Refused: AE 101 without a number, AE 204 for a stay of another patient or several stays.
    """
    said = draft.said
    visit = _given(said.visit)
    found = _under(draft, VISIT, visit, "PV1-19")
    if found:
        return found[0]
    siblings = _under(draft, ACCOUNT, _given(said.account), "PID-18") or _under(
        draft, PREADMIT, _given(said.preadmit), "PV1-5"
    )
    if visit is not None:
        # A stay known so far by its file alone now gets the number of its venue.
        unnumbered = [one for one in siblings if one.visit is None and situation(one).status != "cancelled"]
        return unnumbered[0] if len(unnumbered) == 1 and len(siblings) <= MOST_STAYS else None
    if not siblings and _given(said.account) is None and _given(said.preadmit) is None:
        return _by_movement(draft)
    return _only(draft, siblings)


def _given(number: Identifier | None) -> Identifier | None:
    return None if number is None or number.value == NULL else number


def _under(draft: StayDraft, kind: str, number: Identifier | None, field: str) -> list[Stay]:
    """Stays of the patient under a number."""
    if number is None:
        return []
    key = number_key(kind, number, draft.policy.sender)
    found = [draft.stays.stays[one] for one in draft.stays.by_key.get(key, ())]
    if any(draft.owner(one) != draft.patient for one in found):
        raise refuse("STY-OWNER-001", "204", field)
    return found


def _only(draft: StayDraft, siblings: list[Stay]) -> Stay | None:
    if len(siblings) < 2:
        return siblings[0] if siblings else None
    ids = draft.movement.ids
    for wanted in (
        [one for one in siblings if with_ids(one.movements, ids)],
        [one for one in siblings if situation(one).status not in _ENDED],
    ):
        if len(wanted) == 1 and len(siblings) <= MOST_STAYS:
            return wanted[0]
    raise refuse("STY-VISIT-002", "204", "PV1-19")


def _by_movement(draft: StayDraft) -> Stay:
    """The only stay of the patient that holds the movement of a message without any number."""
    those = holders(draft)
    found = [one for one in those if draft.owner(one) == draft.patient]
    if len(found) != 1 or len(those) > MOST_STAYS:
        raise refuse("STY-VISIT-001", "101", "PV1-19")
    draft.find("STY-VISIT-003", "warning", "PV1-19")
    return found[0]


def holders(draft: StayDraft) -> list[Stay]:
    """Stays that hold a movement with one of the identifiers of the message, one more than `MOST_STAYS` at most."""
    by_key, sender = draft.stays.by_key, draft.policy.sender
    ids = {one for id_ in draft.movement.ids for one in by_key.get(number_key(MOVEMENT, id_, sender), ())}
    return [draft.stays.stays[one] for one in sorted(ids)[: MOST_STAYS + 1]]


def with_ids(movements: Iterable[Movement], ids: tuple[MovementId, ...]) -> list[Movement]:
    """The movements that carry one of these identifiers."""
    return [one for one in movements if any(_same(mine, asked) for mine in one.ids for asked in ids)]


def _same(one: MovementId, other: MovementId) -> bool:
    if one.value != other.value:
        return False
    return one.oid == other.oid if one.oid and other.oid else one.authority == other.authority


def opened(draft: StayDraft, new_id: str) -> Stay:
    """A new stay with the numbers of the message."""
    said = draft.said
    if _given(said.visit) is None:
        draft.find("STY-VISIT-004", "warning", "PV1-19")
    numbers = {"visit": said.visit, "account": said.account, "preadmit": said.preadmit}
    data = {
        "stay": new_id,
        "sender": draft.policy.sender,
        "class": draft.said.fields.get("PV1-2", (("",),))[0][0],
        **{name: _given(number) for name, number in numbers.items()},
    }
    return draft.emit(Stay(new_id, draft.patient), words.OPENED, data)


def completed(draft: StayDraft, stay: Stay) -> Stay:
    """The stay with the numbers it had not yet; a number that it has already changes by A49 alone."""
    said = draft.said
    gained: dict[str, Identifier] = {}
    for name, field, kept, number in (
        ("visit", "PV1-19", stay.visit, _given(said.visit)),
        ("account", "PID-18", stay.account, _given(said.account)),
        ("preadmit", "PV1-5", stay.preadmit, _given(said.preadmit)),
    ):
        if number is None:
            continue
        if kept is None:
            if number.oid or number.authority or stay.sender == draft.policy.sender:
                gained[name] = number
        elif name == "account" and not _same_number(kept, number):
            draft.find("STY-ACCOUNT-001", "warning", field)
    return draft.emit(stay, words.RENUMBERED, dict(gained)) if gained else stay


def _same_number(one: Identifier, other: Identifier) -> bool:
    return one.value == other.value and (one.oid or one.authority) == (other.oid or other.authority)
