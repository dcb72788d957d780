"""Errors of the MLLP clients.

    MllpClientError
    ├── NotConnected          nothing was sent: no connection, or it ended since the last message
    ├── ConnectFailed         nobody there: refused, unreachable, unknown name
    ├── ConnectTimeout        no connection in time
    ├── TlsFailed             certificate refused by one side or the other, no common version
    ├── AnswerTimeout         message sent, no acknowledgement in time
    ├── ClosedWithoutAnswer   message sent, or partly sent, and the connection ended
    └── UnexpectedAnswer      bytes came back that are not one MLLP frame

After any of them the connection is closed: a late answer must never be taken for the answer to the next
message. With the last three the message may have been received: sending it again is a decision of the caller
(an HL7 receiver recognises a message sent twice by its MSH-10).
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from ecluse.protocols.mllp import Event, Frame


class MllpClientError(Exception):
    """Root of the errors of the MLLP clients."""


class NotConnected(MllpClientError):
    """There is no connection: nothing was sent."""


class ConnectFailed(MllpClientError):
    """The receiver cannot be reached."""


class ConnectTimeout(MllpClientError):
    """The connection, TLS included, was not made in time."""


class TlsFailed(MllpClientError):
    """TLS was refused."""


class AnswerTimeout(MllpClientError):
    """The acknowledgement did not come in time."""


class ClosedWithoutAnswer(MllpClientError):
    """The connection ended before the acknowledgement."""


class UnexpectedAnswer(MllpClientError):
    """What came back is not one MLLP frame."""


def tls_failed(error: ssl.SSLError, where: str) -> TlsFailed:
    """The error of the clients for an error of TLS."""
    reason = getattr(error, "verify_message", "") or error.reason or error
    return TlsFailed(f"TLS with {where} failed: {reason}")


def one_answer(events: Sequence[Event]) -> bytes | None:
    """The acknowledgement among the events of an MLLP decoder, or None when it has not come yet.

    :raises UnexpectedAnswer: when something else than one frame came.
    """
    if not events:
        return None
    if len(events) > 1 or not isinstance(events[0], Frame):
        names = ", ".join(type(event).__name__ for event in events)
        raise UnexpectedAnswer(f"one MLLP frame was expected, and this came back: {names}")
    return events[0].message
