"""A message as a tree: segments, fields and components by their names, each finding pinned on the field it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecluse.protocols.hl7.message import Path, read_path
from ecluse.services.queries.decoded import DecodedDocument, FieldDocument, SegmentDocument
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.hl7_names import NONE, field_name, part_name, segment_name
from ecluse.services.queries.journal import FindingDocument
from ecluse.services.queries.presentation import NULL

MOST_SEGMENTS = 150
MOST_PARTS = 200
"""Components of one field that are shown: nobody reads more of them on a page."""
LONGEST = 400
"""Characters of a value that are shown."""
_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
"""Not printable for Python, and of every French sentence."""
_WEIGHTS = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: path (`PID-3[1].4.2`), name of the component, what it says. erased: the explicit null of HL7."""

    path: str
    name: Sentence
    text: str
    erased: bool


@dataclass(frozen=True, slots=True)
class FieldNode:
    """A field. path: `PID-3`; text: its value when it has only one; leaves: its components that say something, by
    repetition; worst: the heaviest severity of its findings, or empty.
    """

    path: str
    name: Sentence
    text: str
    repetitions: tuple[tuple[Leaf, ...], ...]
    findings: tuple[FindingDocument, ...]
    worst: str


@dataclass(frozen=True, slots=True)
class SegmentNode:
    """A segment. path: `PID`, or `NK1[2]` after the first; findings: those on the segment itself."""

    path: str
    code: str
    name: Sentence
    fields: tuple[FieldNode, ...]
    findings: tuple[FindingDocument, ...]
    worst: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A message. loose: findings about no segment that is there; hidden: segments that are not shown."""

    charset: str
    segments: tuple[SegmentNode, ...]
    loose: tuple[FindingDocument, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class _Pinned:
    """Findings by segment path, then by field number (0: the segment itself)."""

    by_place: dict[tuple[str, int], list[FindingDocument]]
    loose: tuple[FindingDocument, ...]


def tree(message: DecodedDocument, findings: Iterable[FindingDocument]) -> Tree:
    """The tree of a message and of what was found in it."""
    present = {_segment_path(one) for one in message.segments}
    pinned = _pin(findings, present)
    shown = message.segments[:MOST_SEGMENTS]
    return Tree(
        message.charset,
        tuple(_segment(one, pinned) for one in shown),
        pinned.loose,
        len(message.segments) - len(shown),
    )


def worst(findings: Iterable[FindingDocument]) -> str:
    """The heaviest severity, or empty."""
    return max((one.severity for one in findings), key=_WEIGHTS.index, default="")


def place(location: str) -> Path | None:
    """A location of a finding taken apart; None when it has another form."""
    try:
        return read_path(location)
    except ValueError:
        return None


def _segment_path(one: SegmentDocument) -> str:
    return one.name if one.rank == 1 else f"{one.name}[{one.rank}]"


def _pin(findings: Iterable[FindingDocument], present: set[str]) -> _Pinned:
    by_place: dict[tuple[str, int], list[FindingDocument]] = {}
    loose = []
    for one in findings:
        where = place(one.location)
        path = ""
        if where is not None:
            path = where.segment if where.occurrence == 1 else f"{where.segment}[{where.occurrence}]"
        if where is None or path not in present:
            loose.append(one)
        else:
            by_place.setdefault((path, where.field or 0), []).append(one)
    return _Pinned(by_place, tuple(loose))


def _segment(one: SegmentDocument, pinned: _Pinned) -> SegmentNode:
    path = _segment_path(one)
    filled = {int(field.location.rpartition("-")[2]): field for field in one.fields}
    numbers = {*filled, *(number for segment, number in pinned.by_place if segment == path and number)}
    fields = tuple(_field(one.name, path, number, filled.get(number), pinned) for number in sorted(numbers))
    own = tuple(pinned.by_place.get((path, 0), ()))
    every = [*own, *(finding for field in fields for finding in field.findings)]
    return SegmentNode(path, one.name, segment_name(one.name), fields, own, worst(every))


def _field(segment: str, path: str, number: int, field: FieldDocument | None, pinned: _Pinned) -> FieldNode:
    where = f"{path}-{number}"
    findings = tuple(pinned.by_place.get((path, number), ()))
    repetitions: list[tuple[Leaf, ...]] = []
    if field is not None:
        many = len(field.repetitions) > 1
        for rank, components in enumerate(field.repetitions[:MOST_PARTS], 1):
            prefix = f"{where}[{rank}]" if many else where
            repetitions.append(tuple(_leaves(segment, number, prefix, components))[:MOST_PARTS])
    text = ""
    if len(repetitions) == 1 and len(repetitions[0]) == 1 and repetitions[0][0].path == f"{where}.1":
        leaf = repetitions[0][0]
        if leaf.name == NONE and not leaf.erased:
            text, repetitions = leaf.text, []
    return FieldNode(where, field_name(segment, number), text, tuple(repetitions), findings, worst(findings))


def _leaves(
    segment: str, number: int, prefix: str, components: tuple[tuple[str, ...], ...]
) -> Iterator[Leaf]:
    for component, parts in enumerate(components, 1):
        for rank, text in enumerate(parts, 1):
            if not text:
                continue
            deep = len(parts) > 1
            path = f"{prefix}.{component}.{rank}" if deep else f"{prefix}.{component}"
            name = part_name(segment, number, component, rank if deep else 0)
            yield Leaf(path, name, visible(text), text == NULL)


def visible(text: str, longest: int = LONGEST) -> str:
    """A value with what cannot be seen written by its code, and cut when it is long."""
    shown = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(one if one.isprintable() or one in _SPACES else f"\\x{ord(one):02x}" for one in shown)
