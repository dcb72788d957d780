"""Read what a listener received: bytes to facts and findings, before anything is decided or kept."""

from __future__ import annotations

import logging
from typing import Literal, NamedTuple

from ecluse.protocols import pam
from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import Hl7Error, Message, PartialHeader, partial_header
from ecluse.protocols.pam.facts import MessageFacts

log = logging.getLogger(__name__)

Environment = Literal["test", "production"]
Kind = Literal["message", "unreadable", "oversized", "unfinished", "ack", "noise", "failed"]
"""What a frame is. noise: bytes without MSH, in a frame or not; unfinished: its end never came; failed: reading it
met an error of ours."""


class Received(NamedTuple):
    """One frame on its way to the writer.

    connection, number: where the answer goes; charset: codec of the answer; facts: None unless kind is `message`;
    header: what MSH says, as far as it can be read; size: bytes received (`raw` is cut for an oversized frame).
    """

    connection: int
    number: int
    listener: str
    peer: str
    kind: Kind
    raw: bytes
    size: int
    header: PartialHeader
    facts: MessageFacts | None = None
    findings: tuple[Finding, ...] = ()
    profile: str = ""


def read_frame(
    raw: bytes,
    *,
    connection: int = 0,
    number: int = 0,
    listener: str = "",
    peer: str = "",
    environment: Environment = "test",
) -> Received:
    """Parse and validate one frame; never raises on any bytes.

    :param raw: content of the MLLP frame.
    :param environment: `test` or `production`: some findings are errors only in production.
    """
    try:
        message = Message.parse(raw)
    except Hl7Error:
        header = partial_header(raw)
        kind: Kind = "unreadable" if header.found else "noise"
        return Received(connection, number, listener, peer, kind, raw, len(raw), header)
    header = _header(message)
    if header.message_type.startswith("ACK"):
        return Received(connection, number, listener, peer, "ack", raw, len(raw), header)
    try:
        report = pam.validate(message, environment=environment)
        facts = pam.read(message)
    except Exception:
        log.exception("a message could not be read")
        return Received(connection, number, listener, peer, "failed", raw, len(raw), header)
    return Received(
        connection,
        number,
        listener,
        peer,
        "message",
        raw,
        len(raw),
        header,
        facts,
        report.findings,
        report.profile,
    )


def _header(message: Message) -> PartialHeader:
    """What `partial_header` reads, from a message already split."""
    fields = message.segments[0].fields
    if len(fields) < 19:
        fields = fields + [""] * (19 - len(fields))
    return PartialHeader._make(
        (True, message.delimiters, message.charset, *fields[3:7], *fields[9:13], fields[18])
    )
