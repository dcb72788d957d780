"""What a French rule needs to know of the message, and how it reads repeated fields with their location."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ecluse.protocols.hl7 import Message, Segment, unescape
from ecluse.protocols.pam.profile import Profile

Environment = Literal["test", "production"]


class Context(NamedTuple):
    """A message under validation. event: `A28`; transaction: `ITI-30`; release: (2, 11)."""

    message: Message
    event: str
    transaction: str
    release: tuple[int, ...]
    environment: Environment
    profile: Profile


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


def located(context: Context, name: str) -> list[Located]:
    """Every segment of a name with its path."""
    found = context.message.all(name)
    return [Located(name if n == 1 else f"{name}[{n}]", segment) for n, segment in enumerate(found, 1)]


def repetitions(context: Context, place: Located, number: int) -> list[Repetition]:
    """The filled repetitions of a field."""
    marks = context.message.delimiters
    text = place.segment.field(number)
    if not text:
        return []
    texts = text.split(marks.repetition) if marks.repetition else [text]
    found = []
    for n, repetition in enumerate(texts, 1):
        parts = repetition.split(marks.component) if marks.component else [repetition]
        if any(parts):
            path = f"{place.path}-{number}[{n}]" if len(texts) > 1 else f"{place.path}-{number}"
            found.append(Repetition(path, tuple(unescape(part, marks) for part in parts), repetition))
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
