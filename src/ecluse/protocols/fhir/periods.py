"""Compare a period with the dates of a search. Source: HL7 FHIR R4, 3.1.1.4.4 (prefixes) and 3.1.1.4.6 (date)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ecluse.protocols.fhir.search import SearchError, alternatives, limits

_EVER = 2**63
"""Later than any time, in µs."""


class Span(NamedTuple):
    """A span of time, in µs since 1970: from `start` included to `end` excluded."""

    start: int
    end: int


class DateAsked(NamedTuple):
    """One value of a date parameter: a prefix and the span that the date covers."""

    prefix: str
    span: Span

    def met_by(self, period: Span, now: int) -> bool:
        """Whether a period answers.

        :param now: µs since 1970: « about » a date is a tenth of the time between then and now.
        """
        return _PREFIXES[self.prefix](self.span, period, now)


def dates(value: str, parameter: str) -> tuple[DateAsked, ...]:
    """The values of a date parameter; one of them is enough.

    :raises SearchError: `prefix` or `value`.
    """
    found = []
    for one in alternatives(value):
        prefix = one[:2] if one[:2].isalpha() else "eq"
        if prefix not in _PREFIXES:
            raise SearchError("value", parameter)
        date = one[2:] if one[:2].isalpha() else one
        found.append(DateAsked(prefix, Span(*limits(date, parameter))))
    return tuple(found)


def period(start: str, end: str) -> Span | None:
    """The span of a period, its end unknown when it goes on; None when neither end is known.

    :param start, end: ISO 8601 as precise as they are known, or empty.
    """
    first, last = _covered(start), _covered(end)
    if first is None and last is None:
        return None
    return Span(first.start if first is not None else -_EVER, last.end if last is not None else _EVER)


def _covered(when: str) -> Span | None:
    try:
        return Span(*limits(when, "")) if when else None
    except SearchError:
        return None


def _within(asked: Span, one: Span) -> bool:
    return asked.start <= one.start and one.end <= asked.end


def _about(asked: Span, one: Span, now: int) -> bool:
    margin = abs(now - asked.start) // 10
    return one.start < asked.end + margin and one.end > asked.start - margin


_PREFIXES: dict[str, Callable[[Span, Span, int], bool]] = {
    "eq": lambda asked, one, now: _within(asked, one),
    "ne": lambda asked, one, now: not _within(asked, one),
    "gt": lambda asked, one, now: one.end > asked.end,
    "lt": lambda asked, one, now: one.start < asked.start,
    "ge": lambda asked, one, now: one.end > asked.end or _within(asked, one),
    "le": lambda asked, one, now: one.start < asked.start or _within(asked, one),
    "sa": lambda asked, one, now: one.start >= asked.end,
    "eb": lambda asked, one, now: one.end <= asked.start,
    "ap": _about,
}
"""What each prefix says of the span asked, of the one compared and of the time now."""
