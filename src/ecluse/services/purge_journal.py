"""Purge what is older than its retention: small acts of the writer, one after the other, behind a signed checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet, Sum
from django.db.models.functions import Length

from ecluse.services.queries.presentation import moment
from ecluse.services.wire import ActResult
from ecluse.services.write_checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from ecluse.store.models import JournalEntry, RawMessage
from ecluse.store.models.retention import Purge
from ecluse.store.purging import ACT, CATEGORIES

DAY = 86_400_000_000
"""Microseconds."""

Perform = Callable[[str, dict[str, Any]], ActResult]
"""Has the writer do an act: its name and arguments."""


class Retention(NamedTuple):
    """Days for which the bytes of each category are kept; 0: for ever."""

    messages: int = 0
    unreadable: int = 0

    def wishes(self, now: int) -> tuple[Wish, ...]:
        """What is to be purged at that time (µs since 1970). Days are whole days of UTC."""
        days = (("messages", self.messages), ("unreadable", self.unreadable))
        return tuple(Wish(name, older_than(kept, now)) for name, kept in days if kept)


class Wish(NamedTuple):
    """Purge a category before a time (µs since 1970)."""

    category: str
    before: int


@dataclass(frozen=True, slots=True)
class Purgeable:
    """What a purge would remove of a category: lines of the journal, bytes. first, last: null when there is none."""

    category: str
    before: str
    lines: int
    bytes: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed. acts: lines of the journal that tell it; damaged: lines left because they are no longer as
    they were kept; refused: why the writer stopped, or null; more: whether something is left for later.
    """

    category: str
    before: str
    lines: int
    bytes: int
    acts: tuple[int, ...]
    damaged: tuple[int, ...]
    refused: tuple[str, str] | None
    more: bool


def older_than(days: int, now: int) -> int:
    """Midnight (UTC) that many days ago, µs since 1970: what is older was kept for more than that many days."""
    return now // DAY * DAY - days * DAY


def purgeable(wish: Wish) -> Purgeable:
    """Count what a purge would remove."""
    found = RawMessage.objects.filter(seq__in=_lines(wish).values("seq")).aggregate(
        lines=Count("seq"),
        size=Sum(Length("received") + Length("answered") + Length("findings")),
        first=Min("seq"),
        last=Max("seq"),
    )
    return Purgeable(
        wish.category, moment(wish.before), found["lines"], found["size"] or 0, found["first"], found["last"]
    )


def covering(data: Path, secrets: Path, now: int) -> tuple[Path, Checkpoint]:
    """The signed checkpoint behind which lines may be purged: it covers the whole journal of this moment.

    :raises StoreError: it cannot be written.
    """
    file = write_checkpoint(data, secrets, now)
    return file, read_checkpoint(file)


def purge(
    wish: Wish,
    checkpoint: Checkpoint,
    perform: Perform,
    *,
    most: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Purged:
    """Purge a category, act after act.

    :param checkpoint: see `covering`; lines received since it was signed stay.
    :param most: acts done at most; None: until nothing is left. progress: called with the lines purged so far.
    """
    lines = size = 0
    acts: list[int] = []
    damaged: dict[int, None] = {}
    signed = msgspec.to_builtins(checkpoint)
    limit = min(_limit(wish), checkpoint.seq)
    after = _after(wish.category)
    while (first := _next(wish, after, limit)) is not None:
        if most is not None and len(acts) + len(damaged) >= most:
            return Purged(*_head(wish), lines, size, tuple(acts), tuple(damaged), None, more=True)
        result = perform(ACT, {**_head(wish)._asdict(), "first": first, "last": limit, "checkpoint": signed})
        if result.data.get("damaged") is not None:
            damaged[result.data["damaged"]] = None
        elif not result.done:
            texts = (result.text_fr, result.text_en)
            return Purged(*_head(wish), lines, size, tuple(acts), tuple(damaged), texts, more=True)
        if result.done:
            acts.append(result.seq)
            lines += result.data["count"]
            size += result.data["size"]
            if progress is not None:
                progress(lines)
        after = max(after, result.data.get("last") or 0, result.data.get("damaged") or 0)
    return Purged(*_head(wish), lines, size, tuple(acts), tuple(damaged), None, more=False)


class _Head(NamedTuple):
    """What was wished, as it is told."""

    category: str
    before: str


def _head(wish: Wish) -> _Head:
    return _Head(wish.category, moment(wish.before))


def _after(category: str) -> int:
    """The last line purged of a category: what stands before it was purged, or left on purpose."""
    return Purge.objects.filter(category=category).aggregate(last=Max("last"))["last"] or 0


def _limit(wish: Wish) -> int:
    """The last line before the first one that is too young: a clock that went back makes nothing go early."""
    lines = JournalEntry.objects.filter(seq__gt=_after(wish.category))
    young = lines.filter(at__gte=wish.before).order_by("seq").values_list("seq", flat=True).first()
    if young is not None:
        return young - 1
    return JournalEntry.objects.aggregate(last=Max("seq"))["last"] or 0


def _lines(wish: Wish) -> QuerySet[JournalEntry]:
    return JournalEntry.objects.filter(
        seq__gt=_after(wish.category), seq__lte=_limit(wish), kind__in=CATEGORIES[wish.category]
    )


def _next(wish: Wish, after: int, limit: int) -> int | None:
    """The next line that has bytes of the category."""
    lines = JournalEntry.objects.filter(
        Exists(RawMessage.objects.filter(seq=OuterRef("seq"))),
        seq__gt=after,
        seq__lte=limit,
        kind__in=CATEGORIES[wish.category],
    )
    return lines.order_by("seq").values_list("seq", flat=True).first()


def purge_all(
    wishes: Iterable[Wish],
    place: tuple[Path, Path],
    perform: Perform,
    now: int,
    *,
    most: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Path | None, tuple[Purged, ...]]:
    """Purge several categories behind one checkpoint. Nothing to purge: no checkpoint, no act.

    :param place: data folder, folder of the keys; now: µs since 1970; most: acts per category.
    :returns: the file of the checkpoint, and what was removed.
    """
    due = [one for one in wishes if _next(one, _after(one.category), _limit(one)) is not None]
    if not due:
        return None, ()
    file, checkpoint = covering(*place, now)
    return file, tuple(purge(one, checkpoint, perform, most=most, progress=progress) for one in due)
