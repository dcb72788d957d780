"""The acceptance of a message, prepared before it is decided: only its time and its own number are missing."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ecluse.protocols import pam
from ecluse.protocols.hl7 import STANDARD, PartialHeader

Reply = tuple[bytes, bytes, bytes]
"""An AA acknowledgement cut where MSH-7 and MSH-10 go."""

NO_REPLY: Reply = (b"", b"", b"")

_LONGEST = 1_000
"""Characters of the fields of MSH that are remembered, some sixty in real life."""
_ZONE = ZoneInfo("Europe/Paris")
_AT, _NUMBER = "\x02", "\x03"
"""Characters that no value copied from a request can hold: `acknowledge` escapes every control character."""


def reply(header: PartialHeader) -> Reply:
    """Prepare the acceptance of a message; costly enough to be done where there is time for it."""
    request = header.control_id
    if header.delimiters != STANDARD or "|" in request or not (request.isascii() and request.isprintable()):
        return _cut(header)
    if sum(map(len, header[3:])) > _LONGEST:
        return _cut(header)  # what strangers send at length is not remembered
    before, between, after = _cut_once(header._replace(control_id=""))
    return before, between, b"%b%b\r" % (after[:-1], request.encode())


def _cut(header: PartialHeader) -> Reply:
    data = pam.acknowledge(header, "AA", control_id=_NUMBER, at=_AT)
    before, _, rest = data.partition(_AT.encode())
    between, _, after = rest.partition(_NUMBER.encode())
    return before, between, after


_cut_once = lru_cache(maxsize=256)(_cut)
"""The acceptances of one sender differ by MSA-2 only, which comes last."""


def accept(prepared: Reply, number: int, now: int) -> bytes:
    """The acceptance, unframed.

    :param number: makes MSH-10 of the acknowledgement unique on this gateway.
    :param now: µs since 1970, UTC.
    """
    before, between, after = prepared
    return b"%b%b%bECL%d%b" % (before, _moment_bytes(now // 1_000_000), between, number, after)


def moment(now: int) -> str:
    """MSH-7 of an answer, with its zone. `now`: µs since 1970, UTC."""
    return _moment_bytes(now // 1_000_000).decode()


@lru_cache(maxsize=4)
def _moment_bytes(second: int) -> bytes:
    return datetime.fromtimestamp(second, _ZONE).strftime("%Y%m%d%H%M%S%z").encode()
