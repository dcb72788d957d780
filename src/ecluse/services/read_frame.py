"""Read what a listener received: bytes to facts and findings, before anything is decided or kept."""

from __future__ import annotations

import logging
from hashlib import sha256
from typing import Literal, NamedTuple

from ecluse.protocols import pam
from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import Hl7Error, Message, PartialHeader, partial_header
from ecluse.protocols.pam.facts import MessageFacts
from ecluse.services.certificates import Certificate
from ecluse.services.columns import column
from ecluse.services.reply import NO_REPLY, Reply, reply

log = logging.getLogger(__name__)

Environment = Literal["test", "production"]
Kind = Literal[
    "message", "unreadable", "oversized", "unfinished", "ack", "alien", "noise", "crowded", "failed"
]
"""What a frame is. alien: a frame without MSH; noise: bytes outside any frame; unfinished: its end never came;
crowded: more segments than any message has; failed: reading it met an error of ours."""

MOST_SEGMENTS = 2_000
"""Segments of a message that is read: a real one has some tens, and reading costs the time of every sender."""


class Received(NamedTuple):
    """One frame on its way to the writer, with everything that can be prepared before it is decided.

    connection, number: where the answer goes; size: bytes received (`raw` is cut for an oversized frame); found: an MSH
    was there; application, facility, control_id: MSH-3, 4 and 10 as columns hold them; codec: how the bytes were read;
    content: SHA-256 of `raw`; reply: the acceptance, see `reply.reply`; facts: None unless kind is `message`;
    certificate: that of the peer, on a connection with mutual TLS.
    """

    connection: int
    number: int
    listener: str
    peer: str
    kind: Kind
    raw: bytes
    size: int
    found: bool
    application: str
    facility: str
    control_id: str
    codec: str
    content: bytes
    reply: Reply
    facts: MessageFacts | None = None
    findings: tuple[Finding, ...] = ()
    profile: str = ""
    certificate: Certificate | None = None

    @property
    def header(self) -> PartialHeader:
        """What MSH says, as far as it can be read; read again, because only refusals need all of it."""
        return partial_header(self.raw)


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

    def frame(kind: Kind, header: PartialHeader) -> Received:
        return bare(kind, raw, header, connection=connection, number=number, listener=listener, peer=peer)

    try:
        message = Message.parse(raw)
    except Hl7Error:
        header = partial_header(raw)
        return frame("unreadable" if header.found else "alien", header)
    header = _header(message)
    if header.message_type.startswith("ACK"):
        return frame("ack", header)
    if len(message.lines) > MOST_SEGMENTS:
        return frame("crowded", header)
    try:
        report = pam.validate(message, environment=environment)
        facts = pam.read(message)
    except Exception:  # what is received is kept and answered whatever defect it meets
        log.exception("a message could not be read")
        return frame("failed", header)
    return frame("message", header)._replace(
        reply=reply(header), facts=facts, findings=report.findings, profile=report.profile
    )


def bare(
    kind: Kind,
    raw: bytes,
    header: PartialHeader,
    *,
    connection: int,
    number: int,
    listener: str,
    peer: str,
    size: int | None = None,
) -> Received:
    """A frame before it is read, which is all there is of one that is not a message: kept, never decided.

    :param size: bytes received, when `raw` is only their beginning.
    """
    return Received(
        connection,
        number,
        listener,
        peer,
        kind,
        raw,
        len(raw) if size is None else size,
        header.found,
        column(header.sending_application),
        column(header.sending_facility),
        column(header.control_id),
        header.charset.codec,
        sha256(raw).digest(),
        NO_REPLY,
    )


def _header(message: Message) -> PartialHeader:
    """What `partial_header` reads, from a message already split."""
    fields = ["", *message.lines[0].split(message.delimiters.field, 18)]
    if len(fields) < 19:
        fields += [""] * (19 - len(fields))
    return PartialHeader._make(
        (True, message.delimiters, message.charset, *fields[3:7], *fields[9:13], fields[18])
    )
