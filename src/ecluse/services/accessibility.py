"""What was done for accessibility, as it may be declared: no more than what was checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Point:
    """Something checked, or known to be missing, in French and English."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement. date: of the last checks, ISO 8601; tool, version: what checked by machine; pages: addresses it
    checked; machine: what it can see; hand: what a person looked at; gaps: what is known to be missing.
    """

    date: str
    tool: str
    version: str
    pages: tuple[str, ...]
    machine: tuple[Point, ...]
    hand: tuple[Point, ...]
    gaps: tuple[Point, ...]


@cache
def statement() -> Statement:
    """The statement of this release."""
    text = files("ecluse.services").joinpath("data/accessibility.toml").read_text("utf-8")
    data = tomllib.loads(text)
    checked = data["checked"]
    return Statement(
        checked["date"],
        checked["tool"],
        checked["version"],
        tuple(checked["pages"]),
        *(tuple(Point(**one) for one in data[name]) for name in ("machine", "hand", "gaps")),
    )
