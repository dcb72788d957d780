"""The consents of segment ZFA, kept field by field and never guessed.

Source: PAM France 2.11.1, segment ZFA: state of the DMP (1 to 3), feeding (9, 10), consultation (11, 12); fields 4
to 8 are forbidden since 2.11 and are ignored: an old `N` there is no opposition to feeding.
"""

from __future__ import annotations

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Repetition

FIELDS = 12
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
            after[value - 1] = _read(received[value - 1])
            after[date - 1] = _read(received[date - 1])
        elif received[date - 1]:
            after[date - 1] = _read(received[date - 1])
    if received[_CLOSING - 1]:
        after[_CLOSING - 1] = _read(received[_CLOSING - 1])
    return None if after == before else tuple(after)


def _read(value: str) -> str:
    return "" if value == NULL else value
