"""Explains the fields of a segment one by one: what the fast check refused is looked at here, slowly and fully.

Sources: HL7 v2.5 chapter 2 (usage, cardinality, length, null), PAM France 2.11.1 (segment tables), Appendix N FR 1.8.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ecluse.protocols.findings import Finding, Severity
from ecluse.protocols.hl7 import NULL, Delimiters, Segment
from ecluse.protocols.hl7.escapes import unescape
from ecluse.protocols.pam.formats import CONTROL, EXPECTED, PREDICATES
from ecluse.protocols.pam.masking import safe, shape
from ecluse.protocols.pam.profile import CODED, TEXTS, Component, Field, Profile

SEVERITIES: dict[str, Severity] = {
    "U": "error",
    "X": "error",
    "C": "error",
    "F": "error",
    "T": "error",
    "L": "warning",
    "PU": "error",
    "PX": "warning",
    "PS": "info",
    "E": "warning",
    "B": "warning",
    "K": "error",
}
"""Kinds of generic findings. U required field absent, X forbidden field filled, C too many repetitions, F format,
T table, L length, PU required component absent, PX forbidden component filled, PS components the type does not have,
E empty repetitions, B blanks around a code, K control characters. A receiver may ignore what is forbidden in a data
type and keeps a value that is too long whole: warnings."""


class _Place(NamedTuple):
    """Where a value stands: rule prefix (`PAM-PID-3`), HL7 path, field."""

    rule: str
    path: str
    field: Field

    def at(self, suffix: str) -> _Place:
        return self._replace(path=self.path + suffix)

    def finding(
        self, kind: str, received: str = "", expected: str = "", severity: Severity | None = None
    ) -> Iterator[Finding]:
        if kind not in self.field.own:
            soft: Severity | None = "warning" if kind in self.field.soft else None
            chosen = severity or soft or SEVERITIES[kind]
            yield Finding(f"{self.rule}-{kind}", chosen, self.path, received, expected)


def explain_segment(
    segment: Segment, occurrence: int, marks: Delimiters, profile: Profile
) -> Iterator[Finding]:
    """Findings on the fields of a segment of the profile.

    :param occurrence: rank of the segment among those of the same name, from 1.
    """
    fields = profile.segments.get(segment.name)
    if fields is None:
        return
    prefix = segment.name if occurrence == 1 else f"{segment.name}[{occurrence}]"
    explainer = _Explainer(marks, profile)
    for field in fields:
        if segment.name == "MSH" and field.n <= 2:
            continue
        place = _Place(f"PAM-{segment.name}-{field.n}", f"{prefix}-{field.n}", field)
        yield from explainer.field(place, segment.field(field.n))
    for number in range(len(fields) + 1, len(segment.fields)):
        if segment.fields[number]:
            yield Finding("PAM-SEG-010", "info", f"{prefix}-{number}", "", f"{segment.name}-{len(fields)}")
            break


class _Explainer:
    """Checks fields with the delimiters of one message."""

    def __init__(self, marks: Delimiters, profile: Profile) -> None:
        self.marks = marks
        self.profile = profile
        self.separators = "".join((marks.component, marks.repetition, marks.subcomponent))
        self.nothing = self.separators + " "

    def field(self, place: _Place, text: str) -> Iterator[Finding]:
        """Findings on a whole field."""
        field = place.field
        if not text.strip(self.nothing):
            if field.usage == "R":
                yield from place.finding("U", expected=field.name)
            return
        if field.usage == "X":
            yield from place.finding("X", expected=field.name)
            return
        repetitions = _split(text, self.marks.repetition)
        filled = [(n, part) for n, part in enumerate(repetitions, 1) if part.strip(self.nothing)]
        if len(filled) < len(repetitions):
            yield from place.finding("E", received=str(len(repetitions) - len(filled)))
        if field.maximum is not None and len(filled) > field.maximum:
            yield from place.finding("C", received=str(len(filled)), expected=str(field.maximum))
        for number, repetition in filled:
            yield from self.repetition(place.at(f"[{number}]") if len(repetitions) > 1 else place, repetition)

    def repetition(self, place: _Place, text: str) -> Iterator[Finding]:
        """Findings on one repetition that is not empty."""
        if text == NULL:
            return
        field = place.field
        if field.length is not None and len(text) > field.length:
            yield from place.finding("L", received=str(len(text)), expected=str(field.length))
        if field.type not in TEXTS and self._commands(text):
            yield from place.finding("K")
        if not field.parts:
            yield from self.simple(place, text, field.type, None, field.table)
            return
        values = _split(text, self.marks.component)
        for part, value in zip(field.parts, values, strict=False):
            yield from self.component(place.at(f".{part.n}"), part, value)
        for part in field.parts[len(values) :]:
            if part.usage == "R":
                yield from place.at(f".{part.n}").finding("PU", expected=part.name)
        if any(values[len(field.parts) :]):
            yield from place.at(f".{len(field.parts) + 1}").finding("PS", expected=str(len(field.parts)))

    def _commands(self, text: str) -> bool:
        """Whether a text holds control characters, as they are or written by their codes (\\X1B\\)."""
        if CONTROL.search(text):
            return True
        sign = self.marks.escape
        return (
            bool(sign) and f"{sign}X" in text and bool(CONTROL.search(unescape(text, self.marks, "latin-1")))
        )

    def component(self, place: _Place, part: Component, text: str) -> Iterator[Finding]:
        """Findings on one component, empty or not."""
        if not text.strip(self.nothing):
            if part.usage == "R":
                yield from place.finding("PU", expected=part.name)
            return
        if part.usage == "X":
            if f"PX.{part.n}" not in place.field.own:
                yield from place.finding("PX", expected=part.name)
            return
        if text == NULL:
            return
        inner = self.profile.types.get(part.type)
        if inner is None:
            yield from self.simple(place, text, part.type, part.length, part.table)
            return
        values = _split(text, self.marks.subcomponent)
        for spec, value in zip(inner, values, strict=False):
            where = place.at(f".{spec.n}") if len(values) > 1 else place
            if spec.usage == "R" and not value:
                # National examples print authorities without a name (&350000121&M): told, never an error.
                yield from where.finding("PU", expected=spec.name, severity="warning")
            elif value.strip() and spec.usage == "X":
                yield from where.finding("PX", expected=spec.name)
            elif value.strip() and value != NULL:
                table = (part.table or spec.table) if spec.n == 1 and part.type != "HD" else spec.table
                length = (
                    spec.length
                    if spec.n > 1 or part.length is None
                    else min(part.length, spec.length or 10_000)
                )
                yield from self.simple(where, value, spec.type, length, table)
        if any(values[len(inner) :]):
            yield from place.finding("PS", expected=str(len(inner)))

    def simple(
        self, place: _Place, text: str, type_: str, length: int | None, table_id: str | None
    ) -> Iterator[Finding]:
        """Findings on a simple value that is not empty."""
        if length is not None and len(text.strip()) > length:
            yield from place.finding("L", received=str(len(text)), expected=str(length))
        predicate = PREDICATES.get(type_)
        if predicate is not None:
            if not predicate(text):
                if predicate(text.strip()):
                    yield from place.finding("B")
                else:
                    yield from place.finding("F", received=shape(text), expected=EXPECTED[type_])
        elif type_ in CODED:
            yield from self.code(place, text, table_id)
        elif type_ == "ST" and any(mark in text for mark in self.separators if mark):
            yield from place.finding("F", received="^ &", expected="ST")

    def code(self, place: _Place, text: str, table_id: str | None) -> Iterator[Finding]:
        """Findings on a coded value."""
        if any(mark in text for mark in self.separators if mark):
            yield from place.finding("F", received="^ &", expected="ID")
            return
        table = self.profile.tables.get(table_id or "")
        if table is None or table.kind == "open" or text in table.codes:
            return
        if text.strip() in table.codes:
            yield from place.finding("B")
            return
        severity: Severity | None = "warning" if table.kind == "soft" else None
        yield from place.finding("T", safe(text), _choices(table.codes, table.id), severity)


def _split(text: str, mark: str) -> list[str]:
    return text.split(mark) if mark else [text]


def _choices(codes: frozenset[str], table: str) -> str:
    """The codes of a short table, or the name of a long one."""
    if len(codes) <= 12:
        return ", ".join(sorted(codes))
    return f"table {table}"
