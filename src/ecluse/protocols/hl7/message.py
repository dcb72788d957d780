"""HL7 v2 messages in ER7 encoding: bytes in, lossless, split only as far as a reader asks.

Source: HL7 v2.5 chapter 2 (2.5 message construction rules, 2.7 use of escape sequences).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ecluse.protocols.hl7.charset import Charset, decode
from ecluse.protocols.hl7.delimiters import Delimiters
from ecluse.protocols.hl7.errors import UnreadableMessage, WrongPath
from ecluse.protocols.hl7.escapes import unescape
from ecluse.protocols.hl7.lines import split_segments

NULL = '""'
"""The explicit null of HL7 (2.5.3): the sender asks the receiver to erase the value."""

_HEADERS = ("MSH", "FHS", "BHS")
"""Segments whose field 1 is the separator itself."""

_PATH = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?\Z", re.ASCII
)


class Segment:
    """One segment: its name, its text and its fields, split when first asked."""

    __slots__ = ("_delimiters", "_fields", "name", "text")

    def __init__(self, text: str, delimiters: Delimiters) -> None:
        self.text = text
        self.name = text[:3]
        self._delimiters = delimiters
        self._fields: list[str] | None = None

    def __repr__(self) -> str:
        return f"<Segment {self.name}>"

    @property
    def fields(self) -> list[str]:
        """Field texts, still escaped; `fields[n]` is field n (`MSH-1` is the separator itself)."""
        fields = self._fields
        if fields is None:
            separator = self._delimiters.field
            fields = self.text.split(separator)
            if self.name in _HEADERS:
                fields.insert(1, separator)
            self._fields = fields
        return fields

    def field(self, number: int) -> str:
        """Text of a field, escaped; an absent field reads as the empty string."""
        fields = self.fields
        return fields[number] if number < len(fields) else ""

    def repetitions(self, number: int) -> list[str]:
        """Texts of the repetitions of a field, escaped; an empty field has none."""
        text = self.field(number)
        if not text:
            return []
        mark = self._delimiters.repetition
        if not mark or (number <= 2 and self.name in _HEADERS):
            return [text]
        return text.split(mark)


class Message:
    """A message as received. `bytes(message)` gives back exactly what came in.

    raw: the bytes; text: the same decoded, from MSH on; charset: how they were decoded; lines: texts of the
    segments (see `lines.split_segments` for what ends a segment).
    """

    __slots__ = ("_segments", "charset", "delimiters", "lines", "raw", "text")

    raw: bytes
    text: str
    charset: Charset
    delimiters: Delimiters
    lines: list[str]
    _segments: list[Segment] | None

    @classmethod
    def parse(cls, raw: bytes) -> Message:
        """Read a message.

        :param raw: the bytes of one message, without MLLP framing; blanks and a byte order mark may come
            first.
        :raises UnreadableMessage: when the bytes do not begin with an MSH segment whose delimiters differ.
        """
        text, charset = decode(raw)
        if not text.startswith("MSH"):
            raise _unreadable(text)
        self = cls.__new__(cls)
        self.raw = raw
        self.charset = charset
        self.text = text
        self.delimiters = Delimiters.read(text)
        self.lines = split_segments(text, self.delimiters.field)
        self._segments = None
        return self

    def __bytes__(self) -> bytes:
        return self.raw

    def __repr__(self) -> str:
        return f"<Message {self.get('MSH-9')} {self.get('MSH-10')}, {len(self.lines)} segments>"

    @property
    def segments(self) -> list[Segment]:
        """Every segment, in order."""
        segments = self._segments
        if segments is None:
            delimiters = self.delimiters
            segments = self._segments = [Segment(line, delimiters) for line in self.lines]
        return segments

    def all(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name, or None."""
        for segment in self.segments:
            if segment.name == name:
                return segment
        return None

    def get(self, path: str) -> str | None:
        """Value at a path such as `PID-3[2].4.2`, unescaped.

        :param path: segment, optionally `[n]` occurrence, `-field`, `[repetition]`, `.component`,
            `.subcomponent`; all count from 1 and default to 1 where a deeper part is asked. A path that stops
            before the deepest part gives the whole text found there, with its inner delimiters.
        :returns: None when the segment, field, repetition or component is absent, the empty string when it is
            present without a value, and the two characters `""` (see NULL) when the sender erases it.
        :raises WrongPath: when the path itself cannot be read.
        """
        where = read_path(path)
        same = self.all(where.segment)
        if len(same) < where.occurrence:
            return None
        segment = same[where.occurrence - 1]
        if where.field is None:
            return segment.text
        if where.field >= len(segment.fields):
            return None
        text = segment.fields[where.field]
        if where.field <= 2 and segment.name in _HEADERS:
            return text
        marks = self.delimiters
        for mark, number in zip(
            (marks.repetition, marks.component, marks.subcomponent), where.parts, strict=False
        ):
            parts = text.split(mark) if mark else [text]
            if number > len(parts):
                return None
            text = parts[number - 1]
        return unescape(text, marks, self.charset.codec)


class Path(NamedTuple):
    """A path once read: segment, its occurrence, field (None for the whole segment), then the parts asked
    for: nothing, or repetition, or repetition and component, or repetition, component and subcomponent."""

    segment: str
    occurrence: int
    field: int | None
    parts: tuple[int, ...]


@lru_cache(maxsize=2048)
def read_path(path: str) -> Path:
    """Read a path of the form `SEG[n]-field[repetition].component.subcomponent`.

    :raises WrongPath: when the form is another or a number is zero.
    """
    match = _PATH.match(path)
    if match is None:
        raise WrongPath(f"{path!r} is not a path such as PID-3[2].4.2")
    name, occurrence, field, *parts = match.groups()
    numbers = [int(part or 1) for part in parts]
    while parts and parts[-1] is None:
        parts.pop()
    result = Path(name, int(occurrence or 1), int(field) if field else None, tuple(numbers[: len(parts)]))
    if 0 in (result.occurrence, result.field, *result.parts):
        raise WrongPath(f"{path!r}: numbers count from 1")
    return result


def _unreadable(text: str) -> UnreadableMessage:
    """Say in one word why a text without MSH first is not a message."""
    if not text:
        return UnreadableMessage("there is nothing to read", "empty")
    if text.startswith("<"):
        return UnreadableMessage("the message is in XML: only the ER7 encoding is read", "xml")
    if text.startswith(("FHS", "BHS")):
        return UnreadableMessage("this is a batch: send its messages one by one", "batch")
    return UnreadableMessage("the bytes do not begin with an MSH segment", "no-msh")
