"""The PAM France profile as data: segments, data types, tables and structures of one release.

The files of `data/` describe the current release; `releases.json` says what an older release did differently.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

CODED = frozenset({"ID", "IS"})
TEXTS = frozenset({"FT", "TX"})
"""Types of a text on several lines, whose layout may hold control characters."""
CODED_COMPOSITES = frozenset({"CE", "CWE", "CNE"})


class Table(NamedTuple):
    """A code table. kind: `closed` (only these codes), `soft` (others are met: warning) or `open` (site defined)."""

    id: str
    kind: str
    codes: frozenset[str]


class Component(NamedTuple):
    """One component of a data type (or subcomponent of a component). length: maximum, None when unbounded."""

    n: int
    name: str
    type: str
    length: int | None
    usage: str
    table: str | None


class Field(NamedTuple):
    """One field of a segment.

    maximum: most repetitions, None when unbounded; parts: components, empty for a simple type; length: most
    characters of one repetition; own: kinds of finding (`U`, `X`, `T`, `F`) left to a French rule; soft: kinds that are
    only a warning here.
    """

    n: int
    name: str
    type: str
    length: int | None
    usage: str
    maximum: int | None
    table: str | None
    parts: tuple[Component, ...]
    own: tuple[str, ...]
    soft: tuple[str, ...]


class Element(NamedTuple):
    """A segment or a group of a message structure. finding: rule that speaks when the segment is there."""

    segment: str
    usage: str
    maximum: int | None
    elements: tuple[Element, ...] = ()
    finding: str = ""


class Structure(NamedTuple):
    """Structure of one event: `ADT^A28^ADT_A05`, transaction `ITI-30` or `ITI-31`."""

    event: str
    structure: str
    name: str
    transaction: str
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """The whole profile for one release (`2.11`). types: components of each composite data type."""

    release: str
    segments: dict[str, tuple[Field, ...]]
    types: dict[str, tuple[Component, ...]]
    tables: dict[str, Table]
    structures: dict[str, Structure]


def load(resource: str) -> Any:
    """Content of a JSON file of `data/`."""
    return json.loads(files(__package__).joinpath("data", resource).read_text("utf-8"))


def release_key(release: str) -> tuple[int, ...]:
    """`2.11` as a comparable value; the empty tuple when it is not made of numbers."""
    try:
        return tuple(int(part) for part in release.split("."))
    except ValueError:
        return ()


@cache
def releases() -> tuple[str, ...]:
    """Releases whose differences are known, oldest first."""
    return tuple(load("releases.json")["known"])


@cache
def current_release() -> str:
    """The release that the data files describe."""
    return str(load("releases.json")["current"])


@cache
def profile(release: str) -> Profile:
    """The profile as it was in a release of `releases()`."""
    changes = [
        change
        for change in load("releases.json")["changes"]
        if release_key(release) < release_key(change["before"])
    ]
    types = {
        name: tuple(_component(entry) for entry in entries)
        for name, entries in load("datatypes.json")["datatypes"].items()
    }
    tables = {name: _table(name, body, changes) for name, body in load("tables.json")["tables"].items()}
    usages = {change["field"]: change["usage"] for change in changes if "field" in change}
    segments = {
        name: tuple(_field(name, entry, types, usages) for entry in body["fields"])
        for name, body in load("segments.json")["segments"].items()
    }
    structures = {
        event: Structure(
            event, body["structure"], body["name"], body["transaction"], _elements(body["elements"])
        )
        for event, body in load("structures.json")["events"].items()
    }
    return Profile(release, segments, types, tables, structures)


def _component(entry: dict[str, Any]) -> Component:
    return Component(
        entry["n"], entry["name"], entry["type"], entry["length"], entry["usage"], entry.get("table")
    )


def _table(name: str, body: dict[str, Any], changes: list[dict[str, Any]]) -> Table:
    codes = set(body["codes"])
    for change in changes:
        if change.get("table") == name:
            codes |= set(change.get("add", ()))
            codes -= set(change.get("remove", ()))
    return Table(name, body["kind"], frozenset(codes))


def _field(
    segment: str, entry: dict[str, Any], types: dict[str, tuple[Component, ...]], usages: dict[str, str]
) -> Field:
    parts = types.get(entry["type"], ())
    length, table = entry["length"], entry.get("table")
    if entry["type"] in CODED_COMPOSITES:
        # A length shorter than the code's own (ZFA-9: 3) can only speak of the code, and so does the table.
        code = parts[0]._replace(type="ID", table=table) if table else parts[0]
        if length is not None and length < 20:
            code, length = code._replace(length=length), None
        parts, table = (code, *parts[1:]), None
    usage = usages.get(f"{segment}-{entry['n']}", entry["usage"])
    return Field(
        n=entry["n"],
        name=entry["name"],
        type=entry["type"],
        length=length,
        usage=usage,
        maximum=_maximum("0..1" if entry["card"] == "0..0" else entry["card"]),
        table=table,
        parts=parts,
        own=tuple(entry.get("own", ())),
        soft=tuple(entry.get("soft", ())),
    )


def _elements(entries: list[dict[str, Any]]) -> tuple[Element, ...]:
    return tuple(
        Element(
            segment=entry.get("segment", entry.get("group", "")),
            usage=entry["usage"],
            maximum=_maximum(entry["card"]),
            elements=_elements(entry["elements"]) if "elements" in entry else (),
            finding=entry.get("finding", ""),
        )
        for entry in entries
    )


def _maximum(card: str) -> int | None:
    most = card.rpartition("..")[2]
    return None if most == "*" else int(most)
