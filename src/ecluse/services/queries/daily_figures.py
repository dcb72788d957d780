"""What was counted each day, as far as a reader may know (see `services.figures`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Sum

from ecluse.services.figures import IDENTITIES, MESSAGES
from ecluse.services.fold_refusals import DAY
from ecluse.services.queries.presentation import moment
from ecluse.store.models.figures import DailyFigure

DAYS, AT_LEAST = 30, 14
"""Days told at most, and those that a drawing has room for from the first one."""


@dataclass(frozen=True, slots=True)
class FigureDay:
    """One day. day: AAAA-MM-JJ, UTC; counts: by trust level or by answer, None when nobody counted that day."""

    day: str
    counts: Mapping[str, int] | None


def identities(now: int, domains: frozenset[int] | None = None, days: int = DAYS) -> tuple[FigureDay, ...]:
    """Identities by trust level, at the last count of each day, the oldest day first.

    :param now: µs since 1970; domains: ids of the only ones to count, None: all.
    """
    return _read(IDENTITIES, now, domains, days)


def messages(now: int, domains: frozenset[int] | None = None, days: int = DAYS) -> tuple[FigureDay, ...]:
    """Messages by answer (`AA`, `AE`, `AR`, `none`), the oldest day first.

    :param now: µs since 1970; domains: ids of the only ones to count, None: all.
    """
    return _read(MESSAGES, now, domains, days)


def _read(family: str, now: int, domains: frozenset[int] | None, days: int) -> tuple[FigureDay, ...]:
    """The days from the first one that was counted, and some before it when these are few; none when nothing is."""
    today = now // DAY
    rows = DailyFigure.objects.filter(day__gt=today - days, day__lte=today, name__startswith=family)
    if domains is not None:
        rows = rows.filter(domain_id__in=domains)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for day, name, value in rows.values_list("day", "name").annotate(value=Sum("value")).order_by():
        found[day][name.removeprefix(family)] = int(value)
    if not found:
        return ()
    first = min(*found, today - min(days, AT_LEAST) + 1)
    return tuple(FigureDay(moment(day * DAY)[:10], found.get(day)) for day in range(first, today + 1))
