"""Escape sequences of HL7 v2.5, 2.7: delimiters and bytes written inside a text.

Read: \\F\\ \\S\\ \\T\\ \\R\\ \\E\\ (delimiters) and \\Xhh..\\ (bytes, in the charset of the message).
Everything else is kept as it came: formatting (\\.br\\, \\H\\, \\N\\), character set switching (\\C..\\,
\\M..\\), local (\\Z..\\), and an escape character that opens nothing, as in a Windows path.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ecluse.protocols.hl7.charset import decode_part
from ecluse.protocols.hl7.delimiters import STANDARD, Delimiters
from ecluse.protocols.hl7.errors import BuildError

_CONTROLS = ("\r", "\n", "\x0b", "\x1c")
"""Characters that would end a segment (HL7) or a frame (MLLP)."""


def unescape(text: str, marks: Delimiters = STANDARD, codec: str = "utf-8") -> str:
    """Replace the escape sequences that stand for characters; the others stay as they are.

    :param codec: Python codec of the message (`Message.charset.codec`), for \\Xhh..\\.
    """
    if not marks.escape or marks.escape not in text:
        return text
    letters = dict(zip("FSRET", marks, strict=True))

    def value(match: re.Match[str]) -> str:
        letter, digits = match.groups()
        if letter:
            return letters[letter] or match.group()
        return decode_part(bytes.fromhex(digits), codec) if digits else match.group()

    return _sequences(marks.escape).sub(value, text)


def escape(text: str, marks: Delimiters = STANDARD) -> str:
    """Write a text so that it can stand in a component.

    Escaped: the delimiters, the line ends and the two MLLP block characters.

    :raises BuildError: when the text needs an escape and the message has no escape character.
    """
    sign = marks.escape
    if sign and sign in text:
        text = text.replace(sign, f"{sign}E{sign}")
    for letter, mark in zip("FSRET", marks, strict=True):
        if mark and mark != sign and mark in text:
            text = text.replace(mark, _sequence(letter, sign))
    return escape_controls(text, marks)


def escape_controls(text: str, marks: Delimiters = STANDARD) -> str:
    """Escape only line ends and MLLP block characters, in a text whose delimiters are meant."""
    if text.isprintable():
        return text
    for control in _CONTROLS:
        if control in text:
            text = text.replace(control, _sequence(f"X{ord(control):02X}", marks.escape))
    return text


def _sequence(body: str, sign: str) -> str:
    if not sign:
        raise BuildError("a text needs an escape sequence and MSH-2 declares no escape character")
    return f"{sign}{body}{sign}"


@lru_cache(maxsize=64)
def _sequences(sign: str) -> re.Pattern[str]:
    """Every sequence of 2.7, so that the end of one is never taken for the beginning of another."""
    mark = re.escape(sign)
    kept = rf"[HN]|\.(?:sp|br|fi|nf|in|ti|sk|ce)[+-]?[0-9]*|[CM][0-9A-Fa-f]{{4,6}}|Z[^{mark}]*"
    return re.compile(rf"{mark}(?:([FSTRE])|X((?:[0-9A-Fa-f]{{2}})+)|(?:{kept})){mark}")
