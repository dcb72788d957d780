"""A message as it is written (ER7), cut where its delimiters are, so that a page can colour them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecluse.protocols.hl7 import Delimiters, UnreadableMessage
from ecluse.services.queries.journal import FindingDocument
from ecluse.services.queries.message_tree import place, visible, worst

MOST = 150_000
"""Characters that are coloured: beyond, the message is shown as plain text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters. kind: `name` (of a segment), `delimiter` or `text`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Er7Field:
    """A field with the separator before it. worst: the heaviest severity found there, or empty."""

    path: str
    pieces: tuple[Piece, ...]
    worst: str


@dataclass(frozen=True, slots=True)
class Er7Line:
    """A segment. fields: the first piece is its name."""

    fields: tuple[Er7Field, ...]


def er7(text: str, findings: Iterable[FindingDocument]) -> tuple[Er7Line, ...] | None:
    """The lines of a message.

    :param text: as decoded, segments ended by line feeds.
    :returns: None when it is too long to be coloured, or is no HL7 message.
    """
    if len(text) > MOST or not text.startswith("MSH"):
        return None
    try:
        marks = Delimiters.read(text)
    except UnreadableMessage:
        return None
    heavy = _severities(findings)
    ranks: dict[str, int] = {}
    lines = []
    for line in text.split("\n"):
        if line:
            name = line[:3]
            ranks[name] = ranks.get(name, 0) + 1
            path = name if ranks[name] == 1 else f"{name}[{ranks[name]}]"
            lines.append(Er7Line(tuple(_fields(line, path, marks, heavy))))
    return tuple(lines)


def _severities(findings: Iterable[FindingDocument]) -> dict[str, str]:
    """The heaviest severity by place: `PID` for a segment, `PID-5` for a field."""
    by_place: dict[str, list[FindingDocument]] = {}
    for one in findings:
        where = place(one.location)
        if where is not None:
            segment = where.segment if where.occurrence == 1 else f"{where.segment}[{where.occurrence}]"
            by_place.setdefault(f"{segment}-{where.field}" if where.field else segment, []).append(one)
    return {path: worst(found) for path, found in by_place.items()}


def _fields(line: str, path: str, marks: Delimiters, heavy: dict[str, str]) -> Iterator[Er7Field]:
    name, *fields = line.split(marks.field)
    yield Er7Field(path, (Piece("name", visible(name)),), heavy.get(path, ""))
    header = name == "MSH"
    signs = "".join((marks.component, marks.repetition, marks.subcomponent, marks.escape))
    for number, field in enumerate(fields, 2 if header else 1):
        where = f"{path}-{number}"
        pieces = _pieces(field, "" if header and number == 2 else signs)
        yield Er7Field(where, (Piece("delimiter", marks.field), *pieces), heavy.get(where, ""))


def _pieces(field: str, signs: str) -> Iterator[Piece]:
    start = 0
    for place_, char in enumerate(field):
        if char in signs:
            if place_ > start:
                yield Piece("text", visible(field[start:place_], len(field)))
            yield Piece("delimiter", char)
            start = place_ + 1
    if start < len(field):
        yield Piece("text", visible(field[start:], len(field)))
