"""How fast messages come: the last hour minute by minute, counted from the journal as it grows.

Nothing is kept for it: the journal holds the time of every line, so the numbers are the same after a restart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F, Max

from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.journal import SenderName
from ecluse.services.queries.message_search import at_line
from ecluse.services.queries.presentation import moment
from ecluse.store.models import JournalEntry, Sender
from ecluse.store.models.refusals import SenderTally

MINUTE = 60_000_000
"""Microseconds."""
MINUTES = 60
_NOT_RECEIVED = ("act",)
"""Kinds of journal lines that no sender caused."""
_MANY = 20_000
"""Lines beyond which it is worth looking for the first one of the hour."""


@dataclass(frozen=True, slots=True)
class Minute:
    """What came in one minute, by answer. at: its beginning, ISO 8601 in UTC; silent: lines that got no answer."""

    at: str
    accepted: int = 0
    refused: int = 0
    rejected: int = 0
    silent: int = 0

    @property
    def total(self) -> int:
        """Everything that came."""
        return self.accepted + self.refused + self.rejected + self.silent


@dataclass(frozen=True, slots=True)
class LastMessage:
    """The line a sender caused last. sender: null when none could be told; at: ISO 8601 in UTC."""

    seq: int
    at: str
    sender: SenderName | None


class RateReader:
    """Counts what was added since it last counted; keep one per process, and read it from one thread at a time.

    :param kept: minutes.
    """

    def __init__(self, kept: int = MINUTES) -> None:
        self._kept = kept
        self._seq: int | None = None
        self._counts: Counter[tuple[int, str, int]] = Counter()

    def read(self, now: int, domains: frozenset[int] | None = None) -> tuple[Minute, ...]:
        """The last minutes, the oldest first; the last one is not over.

        :param now: µs since 1970; domains: ids of the only ones whose messages are counted, None: all.
        """
        last = now // MINUTE
        oldest = last - self._kept + 1
        self._count(oldest)
        for old in [one for one in self._counts if one[0] < oldest]:
            del self._counts[old]
        found: Counter[tuple[int, str]] = Counter()
        for (minute, answer, domain), count in self._counts.items():
            if domains is None or domain in domains:
                found[minute, answer] += count
        return tuple(_minute(one, found) for one in range(oldest, last + 1))

    def _count(self, oldest: int) -> None:
        newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
        if self._seq is None or newest < self._seq:  # newly made, or another store was restored in its place
            self._counts.clear()
            self._seq = 0
        if newest - self._seq > _MANY:
            self._seq = max(self._seq, at_line(oldest * MINUTE) - 1)
        rows = JournalEntry.objects.filter(seq__gt=self._seq, seq__lte=newest).exclude(kind__in=_NOT_RECEIVED)
        counted = rows.annotate(minute=F("at") / MINUTE).values_list("minute", "answer", "domain_id")
        for minute, answer, domain, count in counted.annotate(count=Count("seq")).order_by():
            self._counts[int(minute), answer, domain] += count
        self._seq = newest


def _minute(minute: int, counts: Counter[tuple[int, str]]) -> Minute:
    answers = (counts[minute, answer] for answer in ("AA", "AE", "AR", ""))
    return Minute(moment(minute * MINUTE), *answers)


def pace(minutes: tuple[Minute, ...], now: int, over: int = 5) -> int:
    """Messages per minute, on average over the last minutes and the one that runs.

    :param now: µs since 1970.
    """
    counted = minutes[-over - 1 :]
    elapsed = len(counted) - 1 + now % MINUTE / MINUTE
    return round(sum(one.total for one in counted) / elapsed) if counted and elapsed else 0


def last_message(domains: frozenset[int] | None = None) -> LastMessage | None:
    """The line a sender caused last, or None when nothing came yet.

    :param domains: ids of the only ones whose senders count, None: all.
    """
    if domains is not None:
        return _last_of(domains)
    rows = JournalEntry.objects.exclude(kind__in=_NOT_RECEIVED).order_by("-seq")
    found = rows.values_list("seq", "at", "sender_id").first()
    return None if found is None else _named(*found)


def _last_of(domains: frozenset[int]) -> LastMessage | None:
    """By what is tallied of each sender: going back through the journal might be a long way."""
    catch_up()
    senders = list(Sender.objects.filter(domain_id__in=domains).values_list("id", flat=True))
    rows = SenderTally.objects.filter(sender__in=senders).order_by("-last_seq")
    found = rows.values_list("last_seq", "last_at", "sender").first()
    return None if found is None else _named(*found)


def _named(seq: int, at: int, sender: int | None) -> LastMessage:
    name = Sender.objects.filter(id=sender or 0).values_list("application", "facility").first()
    return LastMessage(seq, moment(at), SenderName(sender, *name) if name and sender else None)
