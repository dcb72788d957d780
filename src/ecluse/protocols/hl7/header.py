"""What an answer needs to know of a message, even one that cannot be read: the fields of MSH that can be
found.

An acknowledgement must swap MSH-3 to 6 and repeat MSH-10 (HL7 v2.5, 2.9.2 and 2.15.9); refusing a damaged
message without them would leave its sender without an answer it can match.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ecluse.protocols.hl7.charset import Charset, decode
from ecluse.protocols.hl7.delimiters import STANDARD, Delimiters
from ecluse.protocols.hl7.errors import UnreadableMessage

_READ = 65_536
_PATTERN = r"(?<![A-Za-z0-9])MSH[!#-/:-@\[-`{-~]"
"""MSH and a separator that can be one: see `Delimiters.read`."""

_MSH = re.compile(_PATTERN)
_MSH_BYTES = re.compile(_PATTERN.encode("ascii"))


class PartialHeader(NamedTuple):
    """Fields of MSH as ER7 text, still escaped, empty when they could not be read.

    found: an MSH was there; delimiters: those of the message when they are usable, else the standard ones
    (then the texts may hold foreign delimiters); charset: how the bytes were read, whose `reply` suits the
    answer.
    """

    found: bool
    delimiters: Delimiters
    charset: Charset
    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    message_type: str = ""
    control_id: str = ""
    processing_id: str = ""
    version: str = ""
    charset_name: str = ""


def partial_header(raw: bytes) -> PartialHeader:
    """Read what can be read of MSH-3 to 6, 9 to 12 and 18. Never raises.

    MSH is looked for in the first 64 KiB, also behind bytes that are not a message; of damaged delimiters,
    the field separator alone is enough.
    """
    raw = raw[:_READ]
    place = _MSH_BYTES.search(raw)
    text, charset = decode(raw[place.start() :] if place else raw)
    match = _MSH.search(text)
    if match is None:
        return PartialHeader(False, STANDARD, charset)
    head = re.split(r"[\r\n\x1c]", text[match.start() :], maxsplit=1)[0]
    try:
        delimiters = Delimiters.read(head)
    except UnreadableMessage:
        delimiters = STANDARD
    fields = ["MSH", *head.split(head[3], 20)]
    fields += [""] * (20 - len(fields))
    return PartialHeader._make((True, delimiters, charset, *fields[3:7], *fields[9:13], fields[18]))
