"""Turns the looser lengths of BER into those of DER, for the bundles that some programs write (NSS, Java of old).

Only what tells where things are is changed: indefinite lengths, strings cut in pieces. Source: ITU-T X.690 §8.1.3.6.
"""

from __future__ import annotations

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import malformed

_DEEPEST = 24
_CONSTRUCTED = 0x20
_STRING_IN_PIECES = der.OCTET_STRING | _CONSTRUCTED


def definite(content: bytes) -> bytes:
    """The same value with definite lengths and whole strings. Raises `Unreadable`."""
    value, at = _value(content, 0, len(content), 0)
    if at != len(content):
        raise malformed("trailing bytes")
    return value


def _value(content: bytes, at: int, end: int, depth: int) -> tuple[bytes, int]:
    """One value written anew, and where the next one begins."""
    if depth > _DEEPEST or at + 2 > end or content[at] & 0x1F == 0x1F:
        raise malformed("tag")
    tag, first = content[at], content[at + 1]
    body, stop = at + 2, end
    if first != 0x80:
        body, length = _length(content, at + 1, end)
        stop = body + length
        if stop > end:
            raise malformed("length")
    if not tag & _CONSTRUCTED:
        if first == 0x80:
            raise malformed("length")
        return der.write(tag, content[body:stop]), stop
    inside, after = _values(content, body, stop, depth + 1, first == 0x80)
    if tag == _STRING_IN_PIECES:
        pieces = der.Reader(b"".join(inside))
        joined = b""
        while pieces.more():
            joined += pieces.take(der.OCTET_STRING).content
        return der.write(der.OCTET_STRING, joined), after
    return der.write(tag, b"".join(inside)), after


def _values(content: bytes, at: int, end: int, depth: int, indefinite: bool) -> tuple[list[bytes], int]:
    """The values inside a constructed one, until its end or its end-of-contents octets."""
    found: list[bytes] = []
    while at < end:
        if indefinite and content[at : at + 2] == b"\x00\x00":
            return found, at + 2
        value, at = _value(content, at, end, depth)
        found.append(value)
    if indefinite:
        raise malformed("end of contents")
    return found, at


def _length(content: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the contents begin, and their length."""
    first = content[at]
    if first < 0x80:
        return at + 1, first
    count = first & 0x7F
    if count > 8 or at + 1 + count > end:
        raise malformed("length")
    return at + 1 + count, int.from_bytes(content[at + 1 : at + 1 + count], "big")
