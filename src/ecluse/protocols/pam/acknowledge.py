"""Builds the acknowledgement of a message: MSH swapped, MSA, one ERR per error.

Original mode is the rule in France: AA, AE and AR. The accept codes CA, CE and CR are written when the caller asks
for them (Acknowledgement Support option). Works on a header of which only a part could be read. Source: PAM France
2.11.1, acknowledgement; HL7 v2.5, 2.9, 2.15.5 (ERR), 2.15.8 (MSA); IHE ITI TF-2, Appendix C.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from ecluse.protocols.findings import Severity
from ecluse.protocols.hl7 import STANDARD, Delimiters, PartialHeader, WrongPath, approximate, escape
from ecluse.protocols.hl7.charset import encode
from ecluse.protocols.hl7.escapes import escape_controls
from ecluse.protocols.hl7.message import read_path
from ecluse.protocols.pam.profile import current_release, load

AckCode = Literal["AA", "AE", "AR", "CA", "CE", "CR"]

_SEVERITIES: dict[Severity, str] = {"error": "E", "warning": "W", "info": "I"}
_LINE_BREAKS = re.compile(r"[\r\n\t]+ *")
_USER_TEXT = 250
_DIAGNOSTIC_TEXT = 2048
_LONGEST_TYPE = 40
"""Characters of an MSH-9 worth remembering: a hostile one may have millions."""


class AckError(NamedTuple):
    """One error to report.

    code: table 0357 (ERR-3); location: HL7 path (`PID-3[2].4.2`) or empty (ERR-2); severity: of the finding (ERR-4);
    rule: identifier of the rule (ERR-5); text: what to do, for people (ERR-7 whole, ERR-8 in 250 characters).
    """

    code: str
    location: str = ""
    severity: Severity = "error"
    rule: str = ""
    text: str = ""


def acknowledge(
    header: PartialHeader, code: AckCode, errors: Sequence[AckError] = (), *, control_id: str, at: str
) -> bytes:
    """The bytes of an acknowledgement, without MLLP framing.

    :param header: MSH of the request, whole or partial; MSH-12 is repeated (2.5^FRA and the current release when
        unreadable), and so are the delimiters.
    :param code: MSA-1.
    :param errors: what to report, one ERR each.
    :param control_id: MSH-10 of the acknowledgement.
    :param at: MSH-7, an HL7 TS: the caller holds the clock.
    :returns: segments ended by CR, in the character set of the request (UTF-16 is answered in UTF-8). A character of
        an explanation that this set lacks is replaced by the nearest one that it has.
    """
    marks = header.delimiters
    if not marks.component:
        marks = STANDARD._replace(field=marks.field) if marks.field not in STANDARD[1:] else STANDARD
    f = marks.field
    name, codec = header.charset.reply
    values: Sequence[str] = header[3:11]
    together = "".join(values)
    # Damaged delimiters are replaced by the standard ones: what was read may then hold a field separator.
    if f in together or not together.isprintable():
        values = [_harmless(value, marks) for value in values]
    sender, sender_place, receiver, receiver_place, kind, request, processing, version = values
    text = (
        f"MSH{f}{_encoding_characters(marks)}{f}{receiver}{f}{receiver_place}{f}{sender}{f}{sender_place}{f}{at}{f}{f}"
        f"{_ack_type(kind, marks)}{f}{control_id}{f}{processing or 'P'}{f}{version or _own_version(marks)}"
        f"{f}{f}{f}{f}{f}FRA{f}{name}\rMSA{f}{code}{f}{request}\r"
    )
    if errors:
        text += "".join([_err(error, marks, codec) for error in errors])
    try:
        return encode(text, codec)
    except UnicodeEncodeError:
        return text.encode(codec, "replace")


def erl(location: str, component: str = "^") -> str:
    """ERR-2 of an HL7 path: `PID-3[2].4.2` → `PID^1^3^2^4^2`; empty when the path is empty or cannot be read."""
    try:
        path = read_path(location)
    except WrongPath:
        return ""
    parts = [path.segment, str(path.occurrence)]
    if path.field is not None:
        parts += [str(path.field), *map(str, path.parts or (1,))]
    return component.join(parts)


@cache
def error_labels() -> dict[str, str]:
    """Texts of table 0357 (message error conditions)."""
    return {str(code): str(text) for code, text in load("tables.json")["tables"]["0357"]["codes"].items()}


def _err(error: AckError, marks: Delimiters, codec: str) -> str:
    component = marks.component
    text = approximate(error.text, codec)
    fields = (
        "ERR",
        "",
        erl(error.location, component),
        component.join((error.code, _escaped(error_labels().get(error.code, ""), marks), "HL70357")),
        _SEVERITIES[error.severity],
        _escaped(error.rule, marks),
        "",
        _clip(text, _DIAGNOSTIC_TEXT, marks),
        _clip(text, _USER_TEXT, marks),
    )
    return marks.field.join(fields).rstrip(marks.field) + "\r"


def _clip(text: str, most: int, marks: Delimiters) -> str:
    """A text on one line that fits its field once escaped."""
    text = _LINE_BREAKS.sub(" ", text)
    escaped = _escaped(text, marks)
    while len(escaped) > most:
        text = text[: len(text) - max(len(escaped) - most, 1) - 3].rstrip() + "..."
        escaped = _escaped(text, marks)
    return escaped


def _escaped(text: str, marks: Delimiters) -> str:
    """A text that can stand in a field, even when the request declares no escape character."""
    if marks.escape:
        return escape_controls(escape(text, marks), marks)
    return "".join(" " if char in marks or not char.isprintable() else char for char in text)


def _harmless(value: str, marks: Delimiters) -> str:
    """A value copied from the request that can no longer end a field, a segment or a frame."""
    value = value.replace(marks.field, " ")
    return escape_controls(value, marks) if marks.escape else "".join(c for c in value if c.isprintable())


def _ack_type(kind: str, marks: Delimiters) -> str:
    """MSH-9 of the answer to a message type: `ACK^A28^ACK`, `ACK` when no event can be read."""
    return (_read_type if len(kind) <= _LONGEST_TYPE else _read_type.__wrapped__)(kind, marks)


@lru_cache(maxsize=256)
def _read_type(kind: str, marks: Delimiters) -> str:
    parts = kind.split(marks.component)
    event = parts[1].strip() if len(parts) > 1 else ""
    return marks.component.join(("ACK", event, "ACK")) if event.isalnum() and len(event) <= 3 else "ACK"


@lru_cache(maxsize=16)
def _encoding_characters(marks: Delimiters) -> str:
    return "".join(marks[1:])


def _own_version(marks: Delimiters) -> str:
    return marks.component.join(("2.5", "FRA", current_release()))
