"""HL7 v2 codec (ER7): read messages without losing a byte, build messages without a wrong escape."""

from ecluse.protocols.hl7.charset import Charset
from ecluse.protocols.hl7.delimiters import STANDARD, Delimiters
from ecluse.protocols.hl7.errors import Hl7Error, UnreadableMessage, WrongPath
from ecluse.protocols.hl7.escapes import escape, unescape
from ecluse.protocols.hl7.message import NULL, Message, Segment

__all__ = [
    "NULL", "STANDARD", "Charset", "Delimiters", "Hl7Error", "Message", "Segment", "UnreadableMessage",
    "WrongPath", "escape", "unescape",
]
