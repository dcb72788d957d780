"""Count every day what people want to see change: identities by trust level, messages by outcome, in each domain.

One thread of the worker does it, beside the writer and far from its turn: it reads a part of the store, rests longer
than it worked, and writes the few numbers of a whole count in one short transaction. Identities are judged by the
settings, the senders and the domains of the moment; the days before the first count are folded again from the events
and judged the same way. Days are those of UTC, as everywhere in the journal.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

from django.db import connection
from django.db.models import Count, F, Max

from ecluse.rules.identity.model import Environment, WrongKey
from ecluse.services import figures_identities as identities
from ecluse.services.fold_refusals import DAY
from ecluse.services.index_refusals import upsert
from ecluse.services.queries.standing import Standings
from ecluse.store.access_turn import writing
from ecluse.store.models import JournalEntry, Meta
from ecluse.store.models.figures import DailyFigure

IDENTITIES, MESSAGES = "identities.", "messages."
"""How the names of figures begin; the trust level, or the answer, follows."""
NO_ANSWER = "none"
"""The answer of lines that got none."""

PAUSE = 60.0
"""Seconds between two counts of a small store."""
SHARE = 50
"""A count that took long waits that many times as long before the next one."""
REST = 3
"""Between two parts of a count, the thread rests that many times as long as it worked: others compute meanwhile."""
BACK = 400
"""Days before the first count that are worked out."""
LINES = 20_000
"""Journal lines counted at once."""

_FOLLOWED = "figures of messages"
_PAST = "figures of past identities"


class FigureKeeper:
    """Keeps the daily figures of a store; one thread at a time.

    :param clock: microseconds since 1970.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        require_strict_traits: bool = True,
        wrong_key: WrongKey = "by-environment",
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._judging = (environment, require_strict_traits, wrong_key)
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Count, again and again, until `stop` is set."""
        try:
            while not stop.is_set():
                begun = time.monotonic()
                self.count(stop)
                stop.wait(max(PAUSE, SHARE * (time.monotonic() - begun)))
        finally:
            connection.close()

    def count(self, stop: threading.Event | None = None) -> None:
        """Bring all figures up to date, those of past days the first time; leaves early when `stop` is set.

        :raises DatabaseError: the store does not answer, or cannot be written; what was written stays true.
        """
        stop = stop or threading.Event()
        self._messages(stop)
        self._identities(stop)
        if not Meta.objects.filter(name=_PAST).exists():
            self._past(stop)

    def _messages(self, stop: threading.Event) -> None:
        """Add what the journal added since the last time."""
        newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
        while not stop.is_set():
            begun = time.monotonic()
            position = int(Meta.objects.filter(name=_FOLLOWED).values_list("value", flat=True).first() or 0)
            if position >= newest:
                return
            _add_lines(position, min(newest, position + LINES))
            stop.wait(REST * (time.monotonic() - begun))

    def _identities(self, stop: threading.Event) -> None:
        day, found, standings = self._clock() // DAY, identities.Counts(), Standings(*self._judging)
        for ids in identities.parts():
            begun = time.monotonic()
            found += identities.count(ids, standings)
            if stop.wait(REST * (time.monotonic() - begun)):
                return
        domains = sorted({domain for domain, _ in found})
        _write(
            (day, domain, level, found[domain, level])
            for domain in domains
            for level in (*identities.LEVELS, identities.MERGED)
        )

    def _past(self, stop: threading.Event) -> None:
        """Work out the days that were over before anybody counted."""
        today, told, standings = self._clock() // DAY, identities.Changes(), Standings(*self._judging)
        for ids in identities.parts():
            begun = time.monotonic()
            told.update(identities.changes(ids, standings, today))
            if stop.wait(REST * (time.monotonic() - begun)):
                return
        _write(identities.days(told, today - BACK, today))
        with writing():
            Meta.objects.get_or_create(name=_PAST, defaults={"value": str(today)})


def _write(rows: Iterable[tuple[int, int, str, int]]) -> None:
    """Write the identities of days; what was counted for them before gives way."""
    figures = [
        DailyFigure(day=day, domain_id=domain, name=IDENTITIES + level, value=value)
        for day, domain, level, value in rows
    ]
    for start in range(0, len(figures), _ROWS):
        with writing():
            upsert(DailyFigure, figures[start : start + _ROWS], "day", "domain_id", "name")


_ROWS = 400
"""Rows of one short transaction."""


def _add_lines(position: int, last: int) -> None:
    """Count the lines after `position` up to `last`; nothing when another process did meanwhile."""
    lines = JournalEntry.objects.filter(seq__gt=position, seq__lte=last).exclude(kind="act")
    counted = lines.annotate(day=F("at") / DAY).values_list("day", "domain_id", "answer")
    found: Counter[tuple[int, int, str]] = Counter()
    for day, domain, answer, count in counted.annotate(count=Count("seq")).order_by():
        found[int(day), domain, MESSAGES + (answer or NO_ANSWER)] += count
    with writing():
        if not _move(position, last):
            return
        for (day, domain, name), count in sorted(found.items()):
            mine = DailyFigure.objects.filter(day=day, domain_id=domain, name=name)
            if not mine.update(value=F("value") + count):
                DailyFigure(day=day, domain_id=domain, name=name, value=count).save(force_insert=True)


def _move(position: int, last: int) -> bool:
    """Take the lines for this process: False when another one has them."""
    if position:
        mine = Meta.objects.filter(name=_FOLLOWED, value=str(position))
        return mine.update(value=str(last)) == 1
    return Meta.objects.get_or_create(name=_FOLLOWED, defaults={"value": str(last)})[1]
