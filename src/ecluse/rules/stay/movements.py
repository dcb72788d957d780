"""Insert, correct and cancel movements.

Source: PAM France 2.11.1, ITI-31 and ZBE (1 identifier, 2 start, 4 action, 5 historic, 6 original event).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ecluse.protocols.pam.stay_events import stay_events
from ecluse.rules.identity.draft import refuse
from ecluse.rules.stay import vocabulary as words
from ecluse.rules.stay.designate import holders, with_ids
from ecluse.rules.stay.draft import StayDraft
from ecluse.rules.stay.keys import MOST_MOVEMENTS
from ecluse.rules.stay.model import Movement, Stay
from ecluse.rules.stay.situation import effect, is_plan, live, situation

MOST_CHARACTERS = 20_000
"""Characters that one movement may say."""

_PLAIN = Movement(0, "")
_EXPECTED = frozenset({"preadmit", "expect-admission"})
_KEPT_NATURE = "C"
"""ZBE-9 of a Z99 that moves nobody: the nature of the movement it corrects stays."""


def insert(draft: StayDraft, stay: Stay, event: str) -> Stay:
    """Insert a movement, or correct the one that already has its identifier and its event."""
    said = draft.movement
    if said.action == "CANCEL":
        raise refuse("STY-ZBE-4-001", "103", "ZBE-4", received=said.action, expected="INSERT")
    if not said.ids:
        draft.find("STY-ZBE-1-001", "warning", "ZBE-1")
    if not with_ids(stay.movements, said.ids) and any(one.id != stay.id for one in holders(draft)):
        draft.find("STY-ZBE-1-002", "warning", "ZBE-1")
    for one in with_ids(stay.movements, said.ids):
        if one.cancelled:
            draft.find("STY-ZBE-1-003", "warning", "ZBE-1")
        elif one.event == event:
            draft.find("STY-ZBE-1-004", "warning", "ZBE-1")
            return _correct(draft, stay, one)
        else:
            draft.find("STY-ZBE-1-005", "warning", "ZBE-1", event, one.event)
    if stay.movements and not live(stay):
        draft.find("STY-VISIT-005", "warning", "PV1-19")
    return _add(draft, stay, event)


def _add(draft: StayDraft, stay: Stay, event: str) -> Stay:
    if len(stay.movements) >= MOST_MOVEMENTS:
        raise refuse("STY-SIZE-001", "207", "ZBE-1", expected=str(MOST_MOVEMENTS))
    movement = _told(draft, len(stay.movements) + 1, event)
    if not movement.historic and not is_plan(movement):
        # An admission may come earlier than it was planned.
        real = [one for one in live(stay) if not is_plan(one) and effect(one) not in _EXPECTED]
        if any(one.at > movement.at for one in real) and effect(movement) not in _EXPECTED:
            draft.find("STY-ORDER-001", "warning", "ZBE-2")
    return draft.emit_movement(stay, words.INSERTED, {"movement": _values(movement)})


def _told(draft: StayDraft, n: int, event: str) -> Movement:
    """The movement as the message tells it."""
    said = draft.movement
    start, at = draft.start()
    movement = Movement(
        n=n,
        event=event,
        ids=said.ids,
        start=start,
        at=at,
        historic=said.historic == "Y",
        medical_unit=said.medical_unit,
        care_unit=said.care_unit,
        nature=said.nature,
        fields=draft.fields(),
    )
    _accept_size(movement)
    if effect(movement) not in _EXPECTED and not is_plan(movement) and draft.far_ahead(at):
        draft.find("STY-ZBE-2-002", "warning", "ZBE-2")
    return movement


def _accept_size(movement: Movement) -> None:
    size = sum(
        len(part)
        for repetitions in (
            movement.ids,
            (movement.medical_unit, movement.care_unit),
            *movement.fields.values(),
        )
        for repetition in repetitions
        for part in repetition
    )
    if size + len(movement.start) + len(movement.nature) > MOST_CHARACTERS:
        raise refuse("STY-SIZE-002", "102", "PV1", expected=str(MOST_CHARACTERS))


def _values(movement: Movement, known: Movement = _PLAIN) -> dict[str, Any]:
    """The values of a movement that differ from those of another."""
    found = {}
    for one in fields(Movement):
        value = getattr(movement, one.name)
        if value != getattr(known, one.name):
            found[one.name] = value
    return found


def update(draft: StayDraft, stay: Stay) -> Stay:
    """Correct the movement of a Z99; one that is unknown here is inserted, with a finding (setting)."""
    said = draft.movement
    if said.action == "CANCEL":
        raise refuse("STY-ZBE-4-001", "103", "ZBE-4", received=said.action, expected="UPDATE")
    same = with_ids(stay.movements, said.ids) if said.ids else _latest(stay, (said.origin,))
    alive = [one for one in same if not one.cancelled]
    if same and not alive:
        raise refuse("STY-UPDATE-001", "204", "ZBE-1")
    if not alive:
        return _insert_unknown(draft, stay)
    found = next((one for one in alive if one.event == said.origin), alive[-1])
    if said.origin and found.event != said.origin:
        draft.find("STY-ZBE-6-001", "warning", "ZBE-6", said.origin, found.event)
    return _correct(draft, stay, found)


def _insert_unknown(draft: StayDraft, stay: Stay) -> Stay:
    said = draft.movement
    _not_elsewhere(draft, stay)
    event = stay_events().get(said.origin)
    if draft.policy.unknown_movement_update == "refuse" and stay.movements:
        raise refuse("STY-UPDATE-002", "204", "ZBE-1")
    if event is None or event.verb != "insert":
        raise refuse("STY-ZBE-6-002", "101", "ZBE-6")
    draft.find("STY-UPDATE-003", "warning", "ZBE-1", expected=said.origin)
    return _add(draft, stay, said.origin)


def _not_elsewhere(draft: StayDraft, stay: Stay) -> None:
    """:raises Refused: AE 204 when the identifiers designate a movement of another stay."""
    if any(one.id != stay.id for one in holders(draft)):
        raise refuse("STY-OWNER-002", "204", "ZBE-1")


def _correct(draft: StayDraft, stay: Stay, known: Movement) -> Stay:
    """Change what the message says of a movement; what it does not say stays."""
    told = _told(draft, known.n, known.event)
    said = draft.movement
    corrected = Movement(
        n=known.n,
        event=known.event,
        ids=known.ids + tuple([one for one in told.ids if one not in known.ids]),
        start=told.start if said.start and draft.instant(said.start) is not None else known.start,
        at=told.at if said.start and draft.instant(said.start) is not None else known.at,
        historic=told.historic if said.historic else known.historic,
        medical_unit=told.medical_unit or known.medical_unit,
        care_unit=told.care_unit or known.care_unit,
        nature=known.nature if told.nature in ("", _KEPT_NATURE) else told.nature,
        fields={**known.fields, **told.fields},
    )
    _accept_size(corrected)
    changed = _values(corrected, known)
    if not changed:
        return stay
    return draft.emit_movement(stay, words.UPDATED, {"n": known.n, "movement": changed})


def _latest(stay: Stay, events: tuple[str, ...]) -> list[Movement]:
    """The last movement of these events, for a message that does not say which."""
    return [one for one in live(stay) if one.event in events][-1:]


def cancel(draft: StayDraft, stay: Stay) -> Stay:
    """Take back a movement: the one of ZBE-1, else the last one that the event takes back.

    :raises Refused: AE 204 when the movement of ZBE-1 is neither of a kind that the event cancels nor that of ZBE-6.
    """
    said, event = draft.movement, draft.facts.header.event
    if said.action in ("INSERT", "UPDATE"):
        raise refuse("STY-ZBE-4-001", "103", "ZBE-4", received=said.action, expected="CANCEL")
    cancels = stay_events()[event].cancels
    if not said.ids:
        draft.find("STY-ZBE-1-001", "warning", "ZBE-1")
    same = with_ids(stay.movements, said.ids) if said.ids else _latest(stay, cancels)
    alive = [one for one in same if not one.cancelled]
    if not alive:
        if same:
            draft.find("STY-CANCEL-002", "info", "ZBE-1")
        else:
            _cancel_unknown(draft, stay)
        return stay
    found = next((one for one in reversed(alive) if one.event in (*cancels, said.origin)), alive[-1])
    if found.event not in (*cancels, said.origin) and draft.policy.other_event_cancel == "refuse":
        raise refuse("STY-CANCEL-008", "204", "ZBE-1", received=found.event, expected=", ".join(cancels))
    if found.event not in cancels:
        draft.find("STY-CANCEL-004", "warning", "ZBE-1", found.event, ", ".join(cancels))
    if effect(found) == "admit" and any(
        one.at >= found.at and one.n != found.n and not is_plan(one) and effect(one) != "preadmit"
        for one in live(stay)
    ):
        draft.find("STY-CANCEL-005", "warning", "ZBE-1")
    after = draft.emit_movement(stay, words.CANCELLED, {"n": found.n, "by": event})
    _compare(draft, after)
    return after


def _cancel_unknown(draft: StayDraft, stay: Stay) -> None:
    _not_elsewhere(draft, stay)
    if draft.policy.unknown_movement_cancel == "refuse":
        raise refuse("STY-CANCEL-003", "204", "ZBE-1")
    draft.find("STY-CANCEL-006", "warning", "ZBE-1")


def _compare(draft: StayDraft, stay: Stay) -> None:
    """Tell when the former situation that a cancel repeats (ZBE-7) is not the one known here."""
    said = draft.movement.medical_unit
    code = said[9] if len(said) > 9 else ""
    now = situation(stay).medical_unit
    if code and code != '""' and (now is None or now.code != code) and live(stay):
        draft.find("STY-CANCEL-007", "info", "ZBE-7")
