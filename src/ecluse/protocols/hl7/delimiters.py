"""The five delimiters of a message, read from MSH-1 and MSH-2 and never assumed (HL7 v2.5, 2.5.4)."""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.hl7.errors import UnreadableMessage


class Delimiters(NamedTuple):
    """Delimiters of one message; a delimiter the sender did not declare is the empty string."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @classmethod
    def read(cls, text: str) -> Delimiters:
        """Read the delimiters of a text that begins with `MSH`.

        MSH-2 may be shorter than four characters (what follows is not declared) or longer (the truncation
        character of HL7 2.7 and anything after it are not delimiters of 2.5 and are left aside).

        :raises UnreadableMessage: when MSH-1 or MSH-2 is empty, a delimiter is a letter, a digit, a quote, a
            blank, a control or not ASCII, or two delimiters are the same character.
        """
        if text.startswith("|^~\\&|", 3):
            return STANDARD
        marks = text[3:4] + encoding_characters(text)[:4]
        if len(marks) < 2 or len(set(marks)) != len(marks) or not all(map(_usable, marks)):
            raise UnreadableMessage("MSH-1 and MSH-2 do not give usable delimiters", "delimiters")
        return cls(*marks, *[""] * (5 - len(marks)))

    @property
    def encoding_characters(self) -> str:
        """MSH-2 of a message written with these delimiters."""
        return self.component + self.repetition + self.escape + self.subcomponent


STANDARD = Delimiters()


def encoding_characters(text: str) -> str:
    """MSH-2 of a text that begins with `MSH` and a separator, at most eight characters of it."""
    found = text[4:12].split(text[3:4], 1)[0] if len(text) > 3 else ""
    for end in "\r\n":
        found = found.split(end, 1)[0]
    return found


def _usable(mark: str) -> bool:
    return "!" <= mark <= "~" and not mark.isalnum() and mark != '"'
