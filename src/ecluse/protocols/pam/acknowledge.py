"""Builds the acknowledgement of a message: MSH swapped, MSA, one ERR per error.

Original mode is the rule in France: AA, AE and AR. The accept codes CA, CE and CR are written when the caller asks
for them (Acknowledgement Support option). Works on a header of which only a part could be read. Source: PAM France
2.11.1, acknowledgement; HL7 v2.5, 2.9, 2.15.5 (ERR), 2.15.8 (MSA); IHE ITI TF-2, Appendix C.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple, Protocol

from ecluse.protocols.hl7 import STANDARD, Delimiters, Message, escape
from ecluse.protocols.pam.profile import load

AckCode = Literal["AA", "AE", "AR", "CA", "CE", "CR"]

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?\Z")
_UTF8 = frozenset({"utf-8", "utf8"})
_CHARSETS = {"iso8859-1": "8859/1", "iso8859-15": "8859/15", "utf-8": "UNICODE UTF-8", "ascii": ""}
_DEFAULT_VERSION = "2.5^FRA^2.11"
_SEVERITIES = {"error": "E", "warning": "W", "info": "I"}
_USER_TEXT = 250
_DIAGNOSTIC_TEXT = 2048


class PartialHeader(Protocol):
    """What must be known of MSH, as ER7 text: fields still escaped, empty when unreadable."""

    @property
    def delimiters(self) -> Delimiters: ...
    @property
    def codec(self) -> str: ...
    @property
    def fields(self) -> Sequence[str]: ...


class AckHeader(NamedTuple):
    """MSH of a request, as far as it could be read. fields[n] is MSH-n, as received; codec: Python codec it was read
    with."""

    delimiters: Delimiters = STANDARD
    codec: str = "utf-8"
    fields: Sequence[str] = ()


class AckError(NamedTuple):
    """One error to report. location: HL7 path or empty; code: table 0357; diagnostic: for support staff (ERR-7);
    user: sentence for the sender's users (ERR-8); severity: of the finding."""

    code: str
    location: str = ""
    user: str = ""
    diagnostic: str = ""
    severity: Literal["error", "warning", "info"] = "error"


def header_of(message: Message) -> AckHeader:
    """What `acknowledge` needs of a message that was parsed."""
    return AckHeader(message.delimiters, message.charset.codec, message.segments[0].fields)


def acknowledge(
    header: PartialHeader, code: AckCode, errors: Sequence[AckError] = (), *, sent_at: str, control_id: str
) -> bytes:
    """The bytes of an acknowledgement, without MLLP framing.

    :param header: MSH of the request, whole or partial.
    :param code: MSA-1.
    :param errors: what to report, one ERR each.
    :param sent_at: MSH-7, an HL7 TS; the caller holds the clock.
    :param control_id: MSH-10 of the acknowledgement.
    :returns: segments ended by CR, in the character set of the request (UTF-16 is answered in UTF-8); a character
        that this set lacks is replaced by the nearest ASCII text.
    """
    fields = header.fields
    marks = header.delimiters
    count = len(fields)
    f, c = marks.field, marks.component
    encoding = fields[2] if count > 2 and fields[2] else "".join(marks[1:4]) + marks.subcomponent
    kind = fields[9].split(c) if c and count > 9 else []
    event = kind[1].strip() if len(kind) > 1 and kind[1].strip().isalnum() else ""
    version = fields[12] if count > 12 and fields[12] else _DEFAULT_VERSION.replace("^", c)
    processing = fields[11] if count > 11 and fields[11] else "P"
    codec = "utf-8" if header.codec.lower().startswith(("utf-16", "utf_16")) else header.codec
    charset = _charset(fields[18] if count > 18 else "", codec)
    to_application, to_facility = (fields[3] if count > 3 else ""), (fields[4] if count > 4 else "")
    from_application, from_facility = (fields[5] if count > 5 else ""), (fields[6] if count > 6 else "")
    request = fields[10] if count > 10 else ""
    ack_type = f"ACK{c}{event}{c}ACK" if event else "ACK"
    text = (
        f"MSH{f}{encoding}{f}{from_application}{f}{from_facility}{f}{to_application}{f}{to_facility}{f}{sent_at}{f}{f}"
        f"{ack_type}{f}{control_id}{f}{processing}{f}{version}{f}{f}{f}{f}{f}FRA{f}{charset}\rMSA{f}{code}{f}{request}\r"
    )
    if errors:
        text += "".join([_err(error, marks) for error in errors])
    return _encode(_frameable(text, marks.escape), codec)


def _frameable(text: str, sign: str) -> str:
    """Escape what a field of the request may hold and would break a segment or an MLLP frame: LF, 0B, 1C."""
    for control in "\n\x0b\x1c":
        if control in text:
            text = text.replace(control, f"{sign}X{ord(control):02X}{sign}" if sign else " ")
    return text


def _err(error: AckError, marks: Delimiters) -> str:
    c = marks.component or "^"
    label = error_labels().get(error.code, "")
    fields = (
        "ERR",
        "",
        erl(error.location, c),
        f"{error.code}{c}{_escaped(label, marks)}{c}HL70357",
        _SEVERITIES[error.severity],
        "",
        "",
        _clip(error.diagnostic, _DIAGNOSTIC_TEXT, marks),
        _clip(error.user, _USER_TEXT, marks),
    )
    return marks.field.join(fields).rstrip(marks.field) + "\r"


def erl(location: str, component: str = "^") -> str:
    """ERR-2 of an HL7 path: `PID-3[2].4.2` → `PID^1^3^2^4^2`; empty when the path is empty or cannot be read."""
    match = _PATH.match(location)
    if match is None:
        return ""
    segment, occurrence, field, repetition, part, sub = match.groups()
    parts = [segment, occurrence or "1"]
    if field:
        parts += [field, repetition or "1"]
        parts += [value for value in (part, sub) if value]
    return component.join(parts)


@cache
def error_labels() -> dict[str, str]:
    """Texts of table 0357 (message error conditions)."""
    return {str(code): str(text) for code, text in load("tables.json")["tables"]["0357"]["codes"].items()}


def _clip(text: str, most: int, marks: Delimiters) -> str:
    """A text that fits the field once escaped, on one line."""
    text = " ".join(text.split())
    escaped = _escaped(text, marks)
    while len(escaped) > most:
        text = text[: len(text) - (len(escaped) - most)].rstrip()[:-1] + "…"
        escaped = _escaped(text, marks)
    return escaped


def _escaped(text: str, marks: Delimiters) -> str:
    """A text escaped; its delimiters become blanks when the request declares no escape character."""
    if marks.escape:
        return escape(text, marks)
    return text.translate({ord(mark): " " for mark in marks if mark})


def _charset(declared: str, codec: str) -> str:
    """MSH-18 of the answer: as declared, or the name of what the bytes really were."""
    if codec in _UTF8:
        return "UNICODE UTF-8"
    return declared if declared else _CHARSETS.get(codec, "")


def _encode(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except (UnicodeEncodeError, LookupError):
        return _encode_nearest(text, codec)


def _encode_nearest(text: str, codec: str) -> bytes:
    import unicodedata

    replacements = {
        "…": "...",
        "’": "'",
        "‘": "'",
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "œ": "oe",
        "Œ": "OE",
    }
    out = bytearray()
    for char in text:
        for attempt in (char, replacements.get(char), unicodedata.normalize("NFKD", char)):
            if attempt is None:
                continue
            try:
                out += attempt.encode(codec)
                break
            except UnicodeEncodeError:
                continue
            except LookupError:
                return text.encode("utf-8")
        else:
            plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
            out += plain.encode("ascii", "replace")
    return bytes(out)
