"""What a French rule needs to know of the message, and how it reads repeated fields with their location."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ecluse.protocols.hl7 import Message, Segment, unescape
from ecluse.protocols.pam.profile import Profile

Environment = Literal["test", "production"]


class Repetition(NamedTuple):
    """One filled repetition of a field: its HL7 path (`PID-3[2]`), its components, unescaped, and its raw text."""

    path: str
    parts: tuple[str, ...]
    text: str

    def part(self, number: int) -> str:
        """Component by number, blanks around it removed; the empty string when absent."""
        return self.parts[number - 1].strip() if number <= len(self.parts) else ""


class Located(NamedTuple):
    """A segment and its path: `PID`, `NK1[2]`."""

    path: str
    segment: Segment


@dataclass(slots=True)
class Seen:
    """Segments by name, and filled repetitions by place and field, of one message."""

    segments: dict[str, list[Located]] = field(default_factory=dict)
    repetitions: dict[tuple[str, int], list[Repetition]] = field(default_factory=dict)


class Context(NamedTuple):
    """A message under validation. event: `A28`; transaction: `ITI-30`; release: (2, 11); seen: what was already split,
    for several rules read the same fields."""

    message: Message
    event: str
    transaction: str
    release: tuple[int, ...]
    environment: Environment
    profile: Profile
    seen: Seen


def located(context: Context, name: str) -> list[Located]:
    """Every segment of a name with its path."""
    segments = context.seen.segments
    if not segments:
        for segment in context.message.segments:
            same = segments.setdefault(segment.name, [])
            path = f"{segment.name}[{len(same) + 1}]" if same else segment.name
            same.append(Located(path, segment))
    return segments.get(name, [])


def repetitions(context: Context, place: Located, number: int) -> list[Repetition]:
    """The filled repetitions of a field."""
    text = place.segment.field(number)
    if not text:
        return []
    key = (place.path, number)
    found = context.seen.repetitions.get(key)
    if found is None:
        found = context.seen.repetitions[key] = _split(context.message, f"{place.path}-{number}", text)
    return found


def _split(message: Message, path: str, text: str) -> list[Repetition]:
    marks, codec = message.delimiters, message.charset.codec
    texts = text.split(marks.repetition) if marks.repetition else [text]
    escaped = bool(marks.escape) and marks.escape in text
    found = []
    for n, repetition in enumerate(texts, 1):
        parts = repetition.split(marks.component) if marks.component else [repetition]
        if any(parts):
            if escaped:
                parts = [unescape(part, marks, codec) for part in parts]
            found.append(Repetition(f"{path}[{n}]" if len(texts) > 1 else path, tuple(parts), repetition))
    return found


def first(context: Context, place: Located, number: int) -> str:
    """First component of the first filled repetition, blanks around it removed."""
    found = repetitions(context, place, number)
    return found[0].part(1) if found else ""


def subparts(context: Context, text: str) -> list[str]:
    """Subcomponents of a component, at least three, blanks around them kept."""
    mark = context.message.delimiters.subcomponent
    parts = text.split(mark) if mark else [text]
    return parts + [""] * (3 - len(parts))
