"""HL7 v2 codec (ER7): read messages without losing a byte, build messages without a wrong escape."""

from ecluse.protocols.hl7.approximate import approximate
from ecluse.protocols.hl7.builder import Er7, build, segment
from ecluse.protocols.hl7.charset import Charset, Encoding
from ecluse.protocols.hl7.delimiters import STANDARD, Delimiters
from ecluse.protocols.hl7.errors import BuildError, Hl7Error, Unencodable, UnreadableMessage, WrongPath
from ecluse.protocols.hl7.escapes import escape, unescape
from ecluse.protocols.hl7.header import PartialHeader, partial_header
from ecluse.protocols.hl7.message import NULL, Message, Segment

__all__ = [
    "NULL",
    "STANDARD",
    "BuildError",
    "Charset",
    "Delimiters",
    "Encoding",
    "Er7",
    "Hl7Error",
    "Message",
    "PartialHeader",
    "Segment",
    "Unencodable",
    "UnreadableMessage",
    "WrongPath",
    "approximate",
    "build",
    "escape",
    "partial_header",
    "segment",
    "unescape",
]
