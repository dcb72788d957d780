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
    return _write(text, *_writing(marks))


def escape_controls(text: str, marks: Delimiters = STANDARD) -> str:
    """Escape only the control characters, in a text whose delimiters are meant."""
    if text.isprintable():
        return text
    return _write(text, _CONTROLS, _writing(marks)[1])


_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_ENDS = "\r\n\x0b\x1c"
"""Characters that would end a segment (HL7) or a frame (MLLP)."""


def _write(text: str, special: re.Pattern[str], sequences: dict[str, str]) -> str:
    if special.search(text) is None:
        return text
    if not sequences:
        raise BuildError("a text needs an escape sequence and MSH-2 declares no escape character")
    return special.sub(lambda match: sequences[match.group()], text)


@lru_cache(maxsize=64)
def _writing(marks: Delimiters) -> tuple[re.Pattern[str], dict[str, str]]:
    """The characters that cannot stand in a component, and what is written for each."""
    letters = {mark: letter for mark, letter in zip(marks, "FSRET", strict=True) if mark}
    bodies = letters | {chr(code): f"X{code:02X}" for code in (*range(0x20), 0x7F)}
    sequences = {mark: f"{marks.escape}{body}{marks.escape}" for mark, body in bodies.items()}
    special = re.compile("[" + re.escape("".join(letters) + _ENDS) + "]")
    return special, sequences if marks.escape else {}


@lru_cache(maxsize=64)
def _sequences(sign: str) -> re.Pattern[str]:
    """Every sequence of 2.7, so that the end of one is never taken for the beginning of another."""
    mark = re.escape(sign)
    kept = rf"[HN]|\.(?:sp|br|fi|nf|in|ti|sk|ce)[+-]?[0-9]*|[CM][0-9A-Fa-f]{{4,6}}|Z[^{mark}]*"
    return re.compile(rf"{mark}(?:([FSTRE])|X((?:[0-9A-Fa-f]{{2}})+)|(?:{kept})){mark}")
