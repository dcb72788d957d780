"""HL7 v2 messages in ER7 encoding: bytes in, lossless, split only as far as a reader asks.

Source: HL7 v2.5 chapter 2 (2.5 message construction rules, 2.7 use of escape sequences).
"""

from __future__ import annotations

import re

from ecluse.protocols.hl7.charset import Charset, decode
from ecluse.protocols.hl7.delimiters import Delimiters
from ecluse.protocols.hl7.errors import UnreadableMessage, WrongPath
from ecluse.protocols.hl7.escapes import unescape

NULL = '""'
"""The explicit null of HL7 (2.5.3): the sender asks the receiver to erase the value."""

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?\Z")


class Segment:
    """One segment: its name, its text and its fields, split when first asked."""

    __slots__ = ("_fields", "_message", "name", "text")

    def __init__(self, text: str, message: Message) -> None:
        self.text = text
        self.name = text[:3]
        self._message = message
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        """Field texts, still escaped; `fields[n]` is field n (`MSH-1` is the separator itself)."""
        fields = self._fields
        if fields is None:
            separator = self._message.delimiters.field
            fields = self.text.split(separator)
            if self.name in ("MSH", "FHS", "BHS"):
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
        if self.name == "MSH" and number <= 2:
            return [text]
        return text.split(self._message.delimiters.repetition)


class Message:
    """A message as received. `bytes(message)` gives back exactly what came in."""

    __slots__ = ("charset", "delimiters", "lines", "raw", "segments", "text")

    raw: bytes
    text: str
    charset: Charset
    delimiters: Delimiters
    lines: list[str]
    segments: list[Segment]

    @classmethod
    def parse(cls, raw: bytes) -> Message:
        """Read a message.

        :param raw: the bytes of one message, without MLLP framing; segments end with CR, LF or CRLF.
        :raises UnreadableMessage: when the bytes do not begin with an MSH segment whose delimiters differ.
        """
        text, charset = decode(raw)
        if not text.startswith("MSH") or len(text) < 8:
            raise UnreadableMessage("the bytes do not begin with an MSH segment")
        self = cls.__new__(cls)
        self.raw = raw
        self.charset = charset
        self.text = text
        self.delimiters = Delimiters.read(text)
        if "\n" in text:
            text = text.replace("\r\n", "\r").replace("\n", "\r")
        self.lines = [line for line in text.split("\r") if line]
        self.segments = [Segment(line, self) for line in self.lines]
        return self

    def __bytes__(self) -> bytes:
        return self.raw

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
            `.subcomponent`; all count from 1 and default to 1 where a deeper part is asked.
        :returns: None when the segment, field, repetition or component is absent, `""` (empty) when it is
            present without a value, and the two characters `""` (see NULL) when the sender erases it.
        :raises WrongPath: when the path itself cannot be read.
        """
        match = _PATH.match(path)
        if match is None:
            raise WrongPath(path)
        name, occurrence, field, repetition, component, sub = match.groups()
        same = self.all(name)
        index = int(occurrence or 1) - 1
        if not 0 <= index < len(same):
            return None
        segment = same[index]
        if field is None:
            return segment.text
        return self._value(segment, int(field), repetition, component, sub)

    def _value(
        self, segment: Segment, field: int, repetition: str | None, component: str | None, sub: str | None
    ) -> str | None:
        if field >= len(segment.fields):
            return None
        text: str | None = segment.fields[field]
        if segment.name == "MSH" and field <= 2:
            return text
        marks = self.delimiters
        for mark, number in ((marks.repetition, repetition), (marks.component, component), (marks.subcomponent, sub)):
            if number is not None and text is not None:
                parts = text.split(mark) if mark else [text]
                text = parts[int(number) - 1] if 0 < int(number) <= len(parts) else None
        return None if text is None else unescape(text, marks)
