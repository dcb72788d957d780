"""A line of the matrix: people of this profession, in this unit of this site, have this right between these days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

ANY = "*"
"""Any profession, or any unit."""
EVERYWHERE = 0
"""Any site of the establishment."""


class Line(NamedTuple):
    """profession: code of TRE_G15, or ANY; site: its id, or EVERYWHERE; unit: as the establishment writes it, or ANY;
    right: of the console; starts, ends: first and last day (AAAA-MM-JJ), or empty."""

    profession: str
    site: int
    unit: str
    right: str
    starts: str = ""
    ends: str = ""


class Changes(NamedTuple):
    """What a version added to the one before, and what it took away."""

    added: tuple[Line, ...]
    removed: tuple[Line, ...]


def in_force(line: Line, day: date) -> bool:
    """Whether a line holds on a day; its first and last days are included."""
    today = day.isoformat()
    return (not line.starts or line.starts <= today) and (not line.ends or today <= line.ends)


def rights_of(
    lines: Iterable[Line], profession: str, unit: str, site: int | None, day: date
) -> frozenset[str]:
    """Rights of a person on a day.

    :param profession: code, empty: not a health professional, whom only lines for any profession reach; unit: hers, or
        empty; site: the site where she works, None: the establishment as a whole, whom only lines for any site reach.
    """
    mine = same_unit(unit)
    return frozenset(
        line.right
        for line in lines
        if line.profession in (ANY, profession or None)
        and (line.unit == ANY or (mine and same_unit(line.unit) == mine))
        and line.site in (EVERYWHERE, site)
        and in_force(line, day)
    )


def compare(before: Iterable[Line], after: Iterable[Line]) -> Changes:
    """What changed from one version to another, in the order of the matrix."""
    old, new = set(before), set(after)
    return Changes(ordered(new - old), ordered(old - new))


def ordered(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines once each, in the order in which a matrix is read: site, unit, profession, right, dates."""
    return tuple(
        sorted(
            set(lines),
            key=lambda one: (one.site, same_unit(one.unit), one.profession, one.right, one.starts, one.ends),
        )
    )


def wrong_dates(line: Line) -> bool:
    """Whether a date is none, or the line ends before it starts."""
    for text in (line.starts, line.ends):
        if text:
            try:
                if date.fromisoformat(text).isoformat() != text:
                    return True
            except ValueError:
                return True
    return bool(line.starts and line.ends and line.ends < line.starts)


def same_unit(unit: str) -> str:
    """A unit as it is compared: « Cardiologie  A » is « cardiologie a »."""
    return " ".join(unit.casefold().split())
