"""The consents of segment ZFA, kept field by field and never guessed.

Source: PAM France 2.11.1, segment ZFA: state of the DMP (1 to 3), feeding (9, 10), consultation (11, 12); fields 4
to 8 are forbidden since 2.11 and are ignored: an old `N` there is no opposition to feeding.
"""

from __future__ import annotations

from datetime import UTC

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.hl7.times import read_time
from ecluse.protocols.pam.facts import Repetition
from ecluse.rules.identity.ins_life import older

FIELDS = 12
EMPTY: Repetition = ("",) * FIELDS
"""A consent of which nothing is known yet."""

_CODES = {9: frozenset({"NA", "INO", "IO", NULL}), 11: frozenset({"NA", "IC", "INC", NULL})}
"""Codes of feeding and consultation; another one says nothing, and the report on the message names it."""
_DATED = ((1, 2), (9, 10), (11, 12))
"""A value and the date that belongs to it: a new value takes the new date, even an absent one (none with NA)."""

_CLOSING = 3


def recorded(kept: Repetition, received: Repetition) -> Repetition | None:
    """The twelve fields to keep after a message, None when nothing changes.

    :param kept: fields kept so far, or the empty tuple.
    :param received: ZFA-1 to ZFA-12, or the empty tuple when there is no segment.
    """
    if not received or received == kept:
        return None
    before = list(kept) or [""] * FIELDS
    after = before.copy()
    for value, date in _DATED:
        if received[value - 1]:
            if value in _CODES and received[value - 1] not in _CODES[value]:
                continue
            after[value - 1] = _read(received[value - 1])
            after[date - 1] = _read(received[date - 1])
        elif received[date - 1]:
            after[date - 1] = _read(received[date - 1])
    if received[_CLOSING - 1]:
        after[_CLOSING - 1] = _read(received[_CLOSING - 1])
    return None if after == before else tuple(after)


def latest(kept: Repetition, received: Repetition) -> Repetition | None:
    """As `recorded`, but what was collected before what is kept does not replace it.

    For a consent said of one stay: a correction of an old stay must not undo what the patient said since.
    """
    if kept and received:
        values = list(received)
        for value, date in _DATED:
            if kept[value - 1] and _older(received[date - 1], kept[date - 1]):
                values[value - 1] = values[date - 1] = ""
        received = tuple(values)
    return recorded(kept, received)


def earlier(received: Repetition, kept: Repetition) -> tuple[int, ...]:
    """The choices (ZFA numbers: 9 feeding, 11 consultation) that were collected before the ones kept.

    :param received: what is said now; kept: the fields kept so far, or the empty tuple.
    """
    if not kept:
        return ()
    return tuple(
        value
        for value, date in _DATED
        if value in _CODES
        and received[value - 1]
        and kept[value - 1]
        and _older(received[date - 1], kept[date - 1])
    )


def _older(one: str, other: str) -> bool:
    """Whether an HL7 time is before another for certain (see `ins_life.older`).

    A time that no calendar holds never prevails over one that can be read; without a time, the order of arrival does.
    """
    if one in ("", NULL) or other in ("", NULL):
        return False
    if read_time(other, UTC) is None:
        return False
    return read_time(one, UTC) is None or older(one, other)


def _read(value: str) -> str:
    return "" if value == NULL else value
