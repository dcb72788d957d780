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

        :raises UnreadableMessage: when MSH-2 is empty or two delimiters are the same character.
        """
        field = text[3]
        if text.startswith("^~\\&", 4) and text[8:9] == field == "|":
            return STANDARD
        encoding = text[4:9].split(field, 1)[0]
        for end in "\r\n":
            encoding = encoding.split(end, 1)[0]
        marks = (field, *encoding[:4])
        if not encoding or len(set(marks)) != len(marks) or any(mark.isalnum() for mark in marks):
            raise UnreadableMessage("MSH-1 and MSH-2 do not give usable delimiters")
        return cls(*marks, *[""] * (5 - len(marks)))


STANDARD = Delimiters()
