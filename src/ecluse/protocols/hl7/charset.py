"""Which characters the bytes are: MSH-18, then a documented fallback; never a crash, never a lost character.

How a message is read, in this order:

1. A byte order mark, or MSH written on two bytes per character, decides (UTF-8, UTF-16).
2. Bytes that are all ASCII are read as ASCII, which every charset of table 0211 kept here contains.
3. 8859/x declared, and yet the bytes are valid UTF-8: read as UTF-8. Two bytes such as `Ã©` side by side do
   not happen in names, and the mistake is common.
4. 8859/1 or 8859/15 declared with bytes 80 to 9F, which are controls there: read as windows-1252.
5. Otherwise the declared charset.
6. When it is absent (the standard says ASCII), unknown, or cannot read the bytes: valid UTF-8 sequences are
   UTF-8, any other byte is windows-1252, and the five bytes windows-1252 leaves undefined keep their Latin-1
   value. One truncated character therefore does not spoil the others.

Whatever is not exactly what MSH-18 says is told by `Charset.issue`. HL7 v2.5, 2.15.9.18 (MSH-18), table 0211;
the French standard encoding is 8859/15. The fallback is a choice of this program: national documents are
silent.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Literal, NamedTuple

Issue = Literal["absent", "unknown", "failed", "several"]
"""What was wrong with MSH-18, the first that applies:

`unknown`  MSH-18 is not a value of table 0211 kept here (`ISO-8859-1` is understood, and said to be unknown);
`absent`   MSH-18 is empty, which means ASCII, and the bytes are not ASCII;
`failed`   MSH-18 is known but the bytes are not in that charset; `codec` is what they were read with;
`several`  MSH-18 repeats; the first repetition was used and was right (switching is not supported, MSH-20).
"""

CODECS = {
    "": "ascii",
    "ASCII": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "UTF-8": "utf-8",
}
"""Python codec of each MSH-18: table 0211; `UTF-8` and `UNICODE` are met in the field for `UNICODE UTF-8`."""

_OTHER_SPELLING = re.compile(r"(?:ISO[ -]?)?8859[-/]([0-9]+)\Z")
_NAMES = {"utf-8": "UNICODE UTF-8", "cp1252": "8859/1"}

_WINDOWS = "".join(
    bytes([byte]).decode("latin-1" if byte in b"\x81\x8d\x8f\x90\x9d" else "cp1252") for byte in range(256)
)
"""windows-1252 made total: the five bytes it leaves undefined keep their Latin-1 value."""

_WINDOWS_ENCODING = codecs.charmap_build(_WINDOWS)
_C1 = bytes(range(0x80, 0xA0))
_BLANK = b" \t\r\n\x0b"
_UTF_8_MARK = b"\xef\xbb\xbf"
_LITTLE_ENDIAN = re.compile(rb"(?:[ \t\r\n\x0b]\x00)*+M\x00S\x00H\x00")
_BIG_ENDIAN = re.compile(rb"(?:\x00[ \t\r\n\x0b])*+\x00M\x00S\x00H")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_LONGEST_DECLARATION = 64
_OTHER_BYTES = "ecluse.windows-1252"


class Encoding(NamedTuple):
    """How an outgoing message is written: `name` is MSH-18, `codec` the Python codec of its bytes."""

    name: str
    codec: str


class Charset(NamedTuple):
    """How the bytes were read.

    declared: MSH-18 as received (its first 64 bytes), or the empty string; codec: Python codec used; issue:
    None when the bytes are what MSH-18 says, else see `Issue`; bom: a byte order mark came first.
    """

    declared: str
    codec: str
    issue: Issue | None = None
    bom: bool = False

    @property
    def reply(self) -> Encoding:
        """How to write the acknowledgement: as the request really was; in UTF-8 when it was in UTF-16.

        windows-1252 has no name in table 0211: it is announced as 8859/1, as its senders do.
        """
        if self.codec.startswith("utf-16"):
            return Encoding("UNICODE UTF-8", "utf-8")
        if self.issue is None:
            return Encoding(self.declared, self.codec)
        return Encoding(_NAMES.get(self.codec) or _hl7_name(self.codec), self.codec)


def decode(raw: bytes) -> tuple[str, Charset]:
    """Text of a message, without byte order mark nor blanks before MSH, and how it was read. Never raises."""
    if raw.startswith(b"MSH"):
        plan = _plan(_msh_18(raw), raw[5:6])
        if raw.isascii() and plan.codec != "utf-16":
            return raw.decode("ascii"), plan
        return _decode_bytes(raw, plan)
    return _decode_unusual(raw)


def decode_part(part: bytes, codec: str) -> str:
    """Text of bytes written in hexadecimal in a message read with `codec`; same fallback, never raises."""
    if codec == "cp1252":
        return _windows(part)
    try:
        return part.decode(codec)
    except UnicodeDecodeError:
        return part.decode("utf-8", _OTHER_BYTES)


def encode(text: str, codec: str) -> bytes:
    """Bytes of a text.

    :raises UnicodeEncodeError: when the codec lacks a character.
    """
    if codec == "cp1252":
        return codecs.charmap_encode(text, "strict", _WINDOWS_ENCODING)[0]
    return text.encode(codec)


def _hl7_name(codec: str) -> str:
    return next(name for name, known in CODECS.items() if name and known == codec)


def _msh_18(raw: bytes) -> bytes:
    """Bytes of MSH-18 in a message that begins with MSH: delimiters and names of table 0211 are ASCII."""
    end = raw.find(b"\r")
    head = raw if end < 0 else raw[:end]
    end = head.find(b"\n")
    if end >= 0:
        head = head[:end]
    if len(head) < 4:
        return b""
    fields = head.split(raw[3:4], 18)
    return fields[17][:_LONGEST_DECLARATION] if len(fields) > 17 else b""


@lru_cache(maxsize=256)
def _plan(field: bytes, repetition: bytes) -> Charset:
    """What MSH-18 announces, before the bytes are looked at."""
    declared = field.decode("latin-1").strip()
    values = [value for value in field.split(repetition) if value.strip()] if repetition else [field]
    first = values[0].decode("latin-1") if values else ""
    key = " ".join(first.upper().split())
    codec = CODECS.get(key)
    if codec is None:
        spelling = _OTHER_SPELLING.match(key)
        codec = CODECS.get(f"8859/{spelling[1]}") if spelling else None
        return Charset(declared, codec or "utf-8", "unknown")
    return Charset(declared, codec, "several" if len(values) > 1 else None)


def _decode_bytes(raw: bytes, plan: Charset) -> tuple[str, Charset]:
    """Read bytes of an ASCII-compatible charset, some of them not ASCII."""
    if plan.codec.startswith("iso8859") and not _is_utf_8(raw):
        if plan.codec in ("iso8859-1", "iso8859-15") and len(raw.translate(None, _C1)) != len(raw):
            return _windows(raw), _judge(plan, "cp1252", False)
        try:
            return raw.decode(plan.codec), plan
        except UnicodeDecodeError:
            pass
    elif plan.codec == "utf-8":
        try:
            return raw.decode(), plan
        except UnicodeDecodeError:
            pass
    text = raw.decode("utf-8", _OTHER_BYTES)
    codec = "cp1252" if len(text) == len(raw) and not raw.isascii() else "utf-8"
    return text, _judge(plan, codec, False)


def _decode_unusual(raw: bytes) -> tuple[str, Charset]:
    """Read bytes that do not begin with MSH: blanks, a byte order mark, UTF-16, or no message at all."""
    body = raw.lstrip(_BLANK)
    for codec, mark, begin in (
        ("utf-16-le", codecs.BOM_UTF16_LE, _LITTLE_ENDIAN),
        ("utf-16-be", codecs.BOM_UTF16_BE, _BIG_ENDIAN),
    ):
        if raw.startswith(mark) or begin.match(raw):
            return _decode_utf_16(raw, codec, raw.startswith(mark))
    if not body.startswith(_UTF_8_MARK):
        return decode(body) if body.startswith(b"MSH") else _decode_bytes(body, _plan(b"", b""))
    body = body[3:].lstrip(_BLANK)
    plan = _plan(_msh_18(body), body[5:6]) if body.startswith(b"MSH") else _plan(b"", b"")
    text = body.decode("utf-8", _OTHER_BYTES)
    return text, _judge(plan, "utf-8", plan.codec == "utf-8" and _is_utf_8(body), True)


def _decode_utf_16(raw: bytes, codec: str, bom: bool) -> tuple[str, Charset]:
    """Read UTF-16. Half a character cannot be kept as text: it becomes U+FFFD and the issue is `failed`."""
    body = raw[2:] if bom else raw
    text = body.decode(codec, "replace").lstrip(_BLANK.decode("ascii"))
    head = text.split("\r", 1)[0].encode("latin-1", "replace")
    plan = _plan(_msh_18(head), head[5:6])
    right = "UTF-16" in plan.declared.upper() or plan.declared.upper() == "UNICODE"
    return text, _judge(plan, codec, right and "\ufffd" not in text, bom)


def _judge(plan: Charset, codec: str, right: bool, bom: bool = False) -> Charset:
    """The charset of a message read with `codec`, which is, or is not, right for what MSH-18 announces."""
    issue = plan.issue
    if not right and issue != "unknown":
        issue = "failed" if plan.declared else "absent"
    return Charset(plan.declared, codec, issue, bom)


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _windows(raw: bytes) -> str:
    return codecs.charmap_decode(raw, "strict", _WINDOWS)[0]


def _read_other_bytes(error: UnicodeError) -> tuple[str, int]:
    """Error handler of the fallback: read a run of bytes that is not UTF-8 as windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    run = _HIGH_BYTES.match(error.object, error.start)
    end = run.end() if run else error.end
    return _windows(error.object[error.start : end]), end


codecs.register_error(_OTHER_BYTES, _read_other_bytes)
