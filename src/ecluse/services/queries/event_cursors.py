"""Cursors of the event feed: what each names, and why one is refused.

A cursor names an epoch of the store and the last event read in it. A store restored from a backup begins a new epoch:
cursors given before are good up to where the backup ends, and refused beyond.
"""

from __future__ import annotations

import re
from typing import Literal

from django.db.models import Min

from ecluse.store.models import JournalEntry, Meta
from ecluse.store.models.outbox import OutwardEvent, Position
from ecluse.store.outbox import PUBLISHER, Progress, read_progress, with_epoch

_CURSOR = re.compile(r"([0-9a-f]{12})-(0|[1-9][0-9]{0,17})")

Trouble = Literal["malformed", "unknown", "ahead", "gone"]


class CursorRefused(Exception):
    """A cursor from which nothing can be given without losing events.

    code: `malformed`; `unknown`: of another store, or of one whose feed was made again; `ahead`: given before a
    restore, for events that the backup does not have; `gone`: older than what is kept.
    resume: a cursor to go on from once the reader has done what the text says.
    """

    def __init__(self, code: Trouble, resume: str) -> None:
        super().__init__(code)
        self.code: Trouble = code
        self.resume = resume
        self.text_fr, self.text_en = _TEXTS[code]


_TEXTS: dict[Trouble, tuple[str, str]] = {
    "malformed": (
        "Ce curseur n’a pas la forme d’un curseur : donnez celui d’une page ou d’un événement, sans le modifier.",
        "This is not a cursor: give that of a page or of an event, unchanged.",
    ),
    "unknown": (
        "Ce curseur vient d’une autre passerelle, ou d’un flux refait depuis : relisez les patients, puis reprenez au"
        " curseur indiqué.",
        "This cursor comes from another gateway, or from a feed made again since: read the patients again, then go on"
        " from the cursor given.",
    ),
    "ahead": (
        "La passerelle a été restaurée d’une sauvegarde plus ancienne que ce curseur : des événements déjà reçus n’ont"
        " plus cours. Relisez les patients, puis reprenez au curseur indiqué.",
        "The gateway was restored from a backup older than this cursor: events already received do not hold any more."
        " Read the patients again, then go on from the cursor given.",
    ),
    "gone": (
        "Les événements qui suivent ce curseur ne sont plus conservés : relisez les patients, puis reprenez au curseur"
        " indiqué, le plus ancien.",
        "The events after this cursor are not kept any more: read the patients again, then go on from the cursor"
        " given, the oldest one.",
    ),
}


def place_of(cursor: str) -> int:
    """The place in the feed that a cursor names; empty: before the oldest event kept.

    :raises CursorRefused: when going on from there would lose events.
    """
    now = progress()
    first = oldest(now) - 1
    if not cursor:
        return first
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise CursorRefused("malformed", written(now, first))
    number, end = int(found[2]), _end_of(now, found[1])
    if end is None:
        raise CursorRefused("unknown", written(now, now.cursor))
    if number > end and not (found[1] == now.epochs[-1][0] and _behind(now)):
        raise CursorRefused("ahead", written(now, now.cursor))
    if number < first:
        raise CursorRefused("gone", written(now, first))
    return number


def progress() -> Progress:
    """The publisher's progress, the epoch of a restore included, which the publisher may not have noted yet."""
    row = Position.objects.filter(name=PUBLISHER).values_list("value", flat=True).first()
    restored = Meta.objects.filter(name="restored").values_list("value", flat=True).first()
    return with_epoch(read_progress(row or ""), restored or "")


def oldest(now: Progress) -> int:
    """Place of the oldest event kept, or of the next one when none is."""
    first: int | None = OutwardEvent.objects.aggregate(first=Min("cursor"))["first"]
    return now.cursor + 1 if first is None else first


def _end_of(now: Progress, epoch: str) -> int | None:
    """The last place that a cursor of this epoch may name; None: unknown epoch."""
    ends = [start for _, start in now.epochs[1:]] + [now.cursor]
    for (name, _), end in zip(now.epochs, ends, strict=True):
        if name == epoch:
            return end
    return None


def _behind(now: Progress) -> bool:
    """Whether there are lines to tell: after a power cut, they may be those of a cursor given before."""
    return JournalEntry.objects.filter(seq__gt=now.line).exists()


def written(now: Progress, number: int) -> str:
    """The cursor of a place, in the epoch in which it was told: an event keeps its cursor for ever."""
    if not now.epochs:
        return ""
    names = [name for name, start in now.epochs if start < number]
    return f"{(names or [now.epochs[0][0]])[-1]}-{number}"
