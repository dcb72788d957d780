"""A message of the journal taken apart: segments, fields, repetitions, components, subcomponents."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.protocols.hl7 import Message, Segment, UnreadableMessage, unescape
from ecluse.services.queries.journal import received


@dataclass(frozen=True, slots=True)
class FieldDocument:
    """A field that is not empty. location: `PID-3`; repetitions: each as components, each as subcomponents."""

    location: str
    repetitions: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class SegmentDocument:
    """A segment. rank: from 1 among those of its name."""

    name: str
    rank: int
    fields: tuple[FieldDocument, ...]


@dataclass(frozen=True, slots=True)
class DecodedDocument:
    """A message taken apart, escapes undone. charset: the one it was read with."""

    charset: str
    segments: tuple[SegmentDocument, ...]


def decoded(seq: int) -> DecodedDocument | None:
    """The message of a journal line, or None when it was purged, or is no HL7 message."""
    raw = received(seq)
    if raw is None:
        return None
    try:
        message = Message.parse(raw)
    except UnreadableMessage:
        return None
    ranks: dict[str, int] = {}
    segments = []
    for one in message.segments:
        ranks[one.name] = ranks.get(one.name, 0) + 1
        segments.append(SegmentDocument(one.name, ranks[one.name], tuple(_fields(message, one))))
    return DecodedDocument(message.charset.codec, tuple(segments))


def _fields(message: Message, segment: Segment) -> list[FieldDocument]:
    marks, codec = message.delimiters, message.charset.codec
    found = []
    for number in range(1, len(segment.fields)):
        location = f"{segment.name}-{number}"
        if segment.name == "MSH" and number <= 2:
            found.append(FieldDocument(location, (((segment.field(number),),),)))
            continue
        repetitions = tuple(
            tuple(
                tuple(unescape(part, marks, codec) for part in _split(component, marks.subcomponent))
                for component in _split(one, marks.component)
            )
            for one in segment.repetitions(number)
        )
        if repetitions:
            found.append(FieldDocument(location, repetitions))
    return found


def _split(text: str, mark: str) -> list[str]:
    return text.split(mark) if mark else [text]
