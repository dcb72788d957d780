"""Errors of the HL7 v2 codec.

    Hl7Error
    ├── UnreadableMessage    no usable MSH: nothing can be answered field by field
    └── WrongPath            a path such as `PID-3.1` is misspelt (an error of the caller)
"""


class Hl7Error(ValueError):
    """Root of the errors of this protocol."""


class UnreadableMessage(Hl7Error):
    """The bytes are not an HL7 v2 message in ER7 encoding."""


class WrongPath(Hl7Error):
    """A message path is not of the form `SEG[n]-field[repetition].component.subcomponent`."""
