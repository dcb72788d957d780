"""A review looks at every line of a version and says of each: keep, change or remove; it comes at least every year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from ecluse.rules.habilitation.lines import Line, ordered

Verdict = Literal["keep", "change", "remove"]
Alarm = Literal["none", "soon", "late"]

LONGEST_DAYS = 365
"""Days from one review to the next, at most."""
SOON_DAYS = 30
"""Days before the due date from which it is announced."""


class Decision(NamedTuple):
    """What is said of a line. replacement: the line that takes its place, for `change` only."""

    verdict: Verdict
    replacement: Line | None = None


class Due(NamedTuple):
    """When the next review must be closed. days: left until then, negative once it is late."""

    day: date
    days: int
    alarm: Alarm


def undecided(lines: Sequence[Line], decisions: Mapping[int, Decision]) -> tuple[int, ...]:
    """Ranks of the lines of which nothing was said yet."""
    return tuple(rank for rank in range(len(lines)) if rank not in decisions)


def after_review(
    current: Iterable[Line], reviewed: Sequence[Line], decisions: Mapping[int, Decision]
) -> tuple[Line, ...]:
    """The matrix as a review leaves it.

    :param current: as it is now: it may have changed since the review began. A line that is gone stays gone, one that
        was added stays; reviewed: lines of the version under review.
    """
    left = set(current)
    for rank, decision in decisions.items():
        line = reviewed[rank]
        if decision.verdict == "keep" or line not in left:
            continue
        left.discard(line)
        if decision.verdict == "change" and decision.replacement is not None:
            left.add(decision.replacement)
    return ordered(left)


def latest_due(closed: date) -> date:
    """The latest day for the review that follows one closed (or a matrix made) on a day."""
    return closed + timedelta(days=LONGEST_DAYS)


def due(day: date, today: date) -> Due:
    """How far the day of a review is."""
    left = (day - today).days
    return Due(day, left, "late" if left < 0 else "soon" if left <= SOON_DAYS else "none")
