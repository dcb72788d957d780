"""Reads and writes DER, the strict subset that X.509 uses. Nothing here knows what the values mean.

Definite and minimal lengths, one-byte tags, no recursion: a reader costs what the bytes cost, whoever wrote them.
Source: ITU-T X.690 (02/2021), clauses 8 and 10.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from ecluse.protocols.x509.errors import malformed

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT, ENUMERATED = (
    0x01,
    0x02,
    0x03,
    0x04,
    0x05,
    0x06,
    0x0A,
)
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
_LONGEST_OBJECT = 128  # bytes of an object identifier; those of certificates take a dozen
_LONGEST_LENGTH = 4  # bytes of a length: 4 GiB

STRINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",  # TeletexString: authorities of old wrote Latin-1 in it
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
"""Codec of each character string of X.680 §41 that a directory string or a name may use."""


class Element(NamedTuple):
    """One value: `source[start:end]` is its encoding, `source[body:end]` its contents."""

    source: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def der(self) -> bytes:
        """The whole encoding."""
        return self.source[self.start : self.end]

    @property
    def content(self) -> bytes:
        """What follows tag and length."""
        return self.source[self.body : self.end]

    def reader(self) -> Reader:
        """A reader of the elements inside."""
        return Reader(self.source, self.body, self.end)


class Reader:
    """Takes the elements of a stretch of bytes one after the other."""

    __slots__ = ("at", "end", "source")

    def __init__(self, source: bytes, at: int = 0, end: int | None = None) -> None:
        self.source = source
        self.at = at
        self.end = len(source) if end is None else end

    def more(self) -> bool:
        """True while something is left."""
        return self.at < self.end

    def next_is(self, tag: int) -> bool:
        """True when the next element has this tag."""
        return self.at < self.end and self.source[self.at] == tag

    def take(self, tag: int | None = None) -> Element:
        """The next element, which must have the tag when one is given. Raises `Unreadable`."""
        source, start = self.source, self.at
        if start + 2 > self.end or source[start] & 0x1F == 0x1F:
            raise malformed("tag")
        if tag is not None and source[start] != tag:
            raise malformed(f"tag {tag:#04x}")
        length, body = source[start + 1], start + 2
        if length & 0x80:
            length, body = self._long_length(length & 0x7F, body)
        self.at = body + length
        if self.at > self.end:
            raise malformed("length")
        return Element(source, source[start], start, body, self.at)

    def _long_length(self, count: int, at: int) -> tuple[int, int]:
        """Length in `count` bytes, and where the contents begin (X.690 §8.1.3.5, minimal by §10.1)."""
        if not 1 <= count <= _LONGEST_LENGTH or at + count > self.end:
            raise malformed("length")
        length = int.from_bytes(self.source[at : at + count], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise malformed("length")
        return length, at + count

    def optional(self, tag: int) -> Element | None:
        """The next element when it has this tag."""
        return self.take(tag) if self.next_is(tag) else None

    def done(self) -> None:
        """Nothing may be left. Raises `Unreadable`."""
        if self.at != self.end:
            raise malformed("trailing bytes")


def only(content: bytes, tag: int | None = None) -> Element:
    """The one element that these bytes are, without anything after it."""
    reader = Reader(content)
    element = reader.take(tag)
    reader.done()
    return element


def items(element: Element) -> list[Element]:
    """The elements inside a constructed one."""
    reader, found = element.reader(), []
    while reader.more():
        found.append(reader.take())
    return found


def integer(element: Element) -> int:
    """Value of an INTEGER or ENUMERATED, or of a tagged one, minimal as X.690 §8.3.2 wants it."""
    content = element.content
    if not content or (
        len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7
    ):
        raise malformed("INTEGER")
    return int.from_bytes(content, "big", signed=True)


def count(element: Element) -> int:
    """Value of an INTEGER (0..MAX)."""
    value = integer(element)
    if value < 0:
        raise malformed("INTEGER (0..MAX)")
    return value


def boolean(element: Element) -> bool:
    """Value of a BOOLEAN, or of a tagged one."""
    if len(element.content) != 1:
        raise malformed("BOOLEAN")
    return element.content != b"\x00"


def object_id(element: Element) -> str:
    """An object identifier in dotted form (X.690 §8.19)."""
    content = element.content
    if not content or len(content) > _LONGEST_OBJECT or content[-1] & 0x80:
        raise malformed("OBJECT IDENTIFIER")
    arcs, value, fresh = [], 0, True
    for byte in content:
        if fresh and byte == 0x80:
            raise malformed("OBJECT IDENTIFIER")
        value = (value << 7) | (byte & 0x7F)
        fresh = not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def bits(element: Element) -> bytes:
    """Octets of a BIT STRING that is made of whole octets (a signature, a key)."""
    content = element.content
    if not content or content[0] != 0:
        raise malformed("BIT STRING")
    return content[1:]


def signature(element: Element) -> bytes:
    """Octets of a signature; one that is not whole octets is kept as empty: it verifies with no key."""
    content = element.content
    return content[1:] if content[:1] == b"\x00" else b""


def named_bits(element: Element) -> frozenset[int]:
    """Positions that are set in a BIT STRING of named bits."""
    content = element.content
    if not content or content[0] > 7 or (len(content) == 1 and content[0]):
        raise malformed("BIT STRING")
    width = 8 * (len(content) - 1) - content[0]
    return frozenset(at for at in range(width) if content[1 + at // 8] & (0x80 >> at % 8))


def text(element: Element) -> str:
    """Text of a character string; a type that is none is refused."""
    codec = STRINGS.get(element.tag)
    if codec is None:
        raise malformed("character string")
    try:
        return element.content.decode(codec)
    except UnicodeDecodeError as error:
        raise malformed("character string") from error


def instant(element: Element) -> datetime:
    """Aware UTC instant of a UTCTime or GeneralizedTime in the only forms of RFC 5280 §4.1.2.5."""
    content = element.content
    digits = {UTC_TIME: 12, GENERALIZED_TIME: 14}.get(element.tag)
    if digits is None or len(content) != digits + 1 or content[-1:] != b"Z" or not content[:-1].isdigit():
        raise malformed("Time")
    written = content[:-1].decode("ascii")
    if digits == 12:
        written = ("19" if written >= "50" else "20") + written
    try:
        return datetime.strptime(written, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise malformed("Time") from error


def write(tag: int, content: bytes) -> bytes:
    """The encoding of one value."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def write_integer(value: int) -> bytes:
    """The encoding of an INTEGER."""
    return write(
        INTEGER, value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True)
    )
