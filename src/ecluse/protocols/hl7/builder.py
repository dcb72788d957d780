"""Write outgoing messages: plain strings in, escapes and trailing delimiters handled, bytes out.

    lines = [
        segment("MSH", {3: "GAM", 4: "CHU", 7: "20260304101500", 9: ("ADT", "A28", "ADT_A05"), 10: "M1",
                        11: "P", 12: ("2.5", "FRA", "2.11"), 18: "8859/15"}),
        segment("PID", {3: [("4711", "", "", ("GAM", "1.2.250.1.999.1", "ISO"), "PI")],
                        5: [("DUPONT", "Zoé", "", "", "", "", "L"), ("", "Zoé", "", "", "", "", "D")],
                        8: "F"}),
    ]
    build(lines)

A **list** holds the repetitions of a field, a **tuple** the components of a repetition, a tuple in a tuple
the subcomponents of a component. A string is plain text, except NULL, which erases, and `Er7`, which is
already written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ecluse.protocols.hl7.charset import CODECS, Encoding, encode
from ecluse.protocols.hl7.delimiters import STANDARD, Delimiters
from ecluse.protocols.hl7.errors import BuildError, Unencodable
from ecluse.protocols.hl7.escapes import escape, escape_controls

Component = str | tuple[str | None, ...] | None
Repetition = str | tuple[Component, ...] | None
Value = Repetition | list[Repetition]
"""What a field may be; None and the empty string are both *absent*."""

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
_HEADERS = ("MSH", "FHS", "BHS")


class Er7(str):
    """Text already in ER7 form with the delimiters of the message, as a received field to send back."""

    __slots__ = ()


def segment(name: str, fields: Mapping[int, Value], delimiters: Delimiters = STANDARD) -> str:
    """Text of a segment; fields that are not given are absent, trailing empty parts are not written.

    :param name: three characters; fields: value by field number, from 1 (from 3 in MSH, whose fields 1 and 2
        are the delimiters).
    :raises BuildError: on a wrong name, number or type, or when an escape is needed and none is declared.
    """
    if not _NAME.match(name):
        raise BuildError(f"{name!r} is not the name of a segment")
    first = 3 if name in _HEADERS else 1
    if fields and min(fields) < first:
        raise BuildError(f"{name}-{min(fields)} cannot be given: fields begin at {first}")
    head = [name] if first == 1 else [name, delimiters.encoding_characters]
    written = head + [""] * (max(fields, default=0) + 1 - first)
    for number, value in fields.items():
        written[number - first + len(head)] = _field(value, delimiters)
    return _join(delimiters.field, written)


def build(segments: Iterable[str], charset: str | Encoding | None = None) -> bytes:
    """Bytes of a message: each segment ended by CR.

    :param segments: texts made by `segment`, MSH first; charset: a value of table 0211 or the `reply` of a
        received charset; by default what MSH-18 says.
    :raises Unencodable: when the charset lacks a character; nothing is ever replaced (see `approximate`).
    :raises BuildError: when the charset is unknown.
    """
    lines = list(segments)
    encoding = _encoding(_msh_18(lines) if charset is None else charset)
    text = "".join(f"{line}\r" for line in lines)
    try:
        return encode(text, encoding.codec)
    except UnicodeEncodeError:
        raise _unencodable(lines, encoding) from None


def _encoding(charset: str | Encoding) -> Encoding:
    if isinstance(charset, Encoding):
        return charset
    codec = CODECS.get(charset)
    if codec is None:
        raise BuildError(f"{charset!r} is not a known value of MSH-18")
    return Encoding(charset, codec)


def _msh_18(lines: list[str]) -> str:
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 5:
        raise BuildError("the first segment of a message is MSH")
    fields = lines[0].split(lines[0][3])
    return fields[17].split(lines[0][5:6])[0] if len(fields) > 17 else ""


def _field(value: Value, marks: Delimiters) -> str:
    if isinstance(value, list):
        return _join(marks.repetition, [_repetition(item, marks) for item in value])
    return _repetition(value, marks)


def _repetition(value: Repetition, marks: Delimiters) -> str:
    if isinstance(value, tuple):
        return _join(marks.component, [_component(item, marks) for item in value])
    return _text(value, marks)


def _component(value: Component, marks: Delimiters) -> str:
    if isinstance(value, tuple):
        return _join(marks.subcomponent, [_text(item, marks) for item in value])
    return _text(value, marks)


def _text(value: object, marks: Delimiters) -> str:
    if isinstance(value, Er7):
        return escape_controls(value, marks)
    if isinstance(value, str):
        return escape(value, marks) if value else ""
    if value is None:
        return ""
    raise BuildError(f"{type(value).__name__} cannot stand there: list, then tuple, then tuple, of strings")


def _join(mark: str, parts: list[str]) -> str:
    while parts and not parts[-1]:
        parts.pop()
    if not mark and len(parts) > 1:
        raise BuildError("several parts, and MSH-2 declares no delimiter between them")
    return mark.join(parts)


def _unencodable(lines: list[str], encoding: Encoding) -> Unencodable:
    """Name every character at fault and the fields that hold it."""
    characters: list[str] = []
    locations: list[str] = []
    for line in lines:
        shift = 1 if line[:3] in _HEADERS else 0
        for number, text in enumerate(line.split(lines[0][3:4] or "|")):
            missing = [character for character in text if not _carries(encoding.codec, character)]
            if missing:
                characters += missing
                locations.append(f"{line[:3]}-{number + shift}")
    return Unencodable("".join(dict.fromkeys(characters)), tuple(dict.fromkeys(locations)), encoding.name)


def _carries(codec: str, character: str) -> bool:
    try:
        encode(character, codec)
    except UnicodeEncodeError:
        return False
    return True
