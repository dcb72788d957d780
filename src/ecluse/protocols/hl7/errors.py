"""Errors of the HL7 v2 codec.

Hl7Error
├── UnreadableMessage    no usable MSH: nothing can be answered field by field
├── WrongPath            a path such as `PID-3.1` is misspelt (an error of the caller)
└── BuildError           an outgoing message cannot be written as asked
    └── Unencodable      a character does not exist in the charset of the message
"""

from __future__ import annotations

from typing import Literal

Unreadable = Literal["empty", "xml", "batch", "no-msh", "delimiters"]
"""Why bytes are not a message: nothing in them; the XML encoding; a batch (FHS, BHS); no MSH first; unusable
MSH-1 or MSH-2."""


class Hl7Error(ValueError):
    """Root of the errors of this protocol."""


class UnreadableMessage(Hl7Error):
    """The bytes are not an HL7 v2 message in ER7 encoding. `reason` says in one word why."""

    def __init__(self, message: str, reason: Unreadable = "no-msh") -> None:
        super().__init__(message)
        self.reason: Unreadable = reason


class WrongPath(Hl7Error):
    """A message path is not of the form `SEG[n]-field[repetition].component.subcomponent`."""


class BuildError(Hl7Error):
    """An outgoing segment or message cannot be written as asked (an error of the caller)."""


class Unencodable(BuildError):
    """The charset of the message lacks some characters.

    characters: each missing character once, in order of appearance; locations: the fields that hold them
    (`PID-5`).
    """

    def __init__(self, characters: str, locations: tuple[str, ...], charset: str) -> None:
        self.characters = characters
        self.locations = locations
        named = ", ".join(f"U+{ord(character):04X} {character!r}" for character in characters)
        super().__init__(f"the charset {charset or 'ASCII'} has no {named} (in {', '.join(locations)})")
