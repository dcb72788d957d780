"""One sender's connection to an MLLP listener: frames go to the server, answers come back in order.

Sources: HL7 MLLP release 1; IHE ITI TF-2 Appendix C.2.1 (one connection, answers on it, in the order of the messages).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ecluse.delivery.mllp import noise
from ecluse.protocols.hl7 import partial_header
from ecluse.protocols.mllp import Decoder, Event, Frame, Noise, Oversized, Unfinished, encode
from ecluse.services.answer import Answer
from ecluse.services.certificates import Certificate, read_certificate
from ecluse.services.read_frame import Environment, Kind, Received, bare, read_frame

if TYPE_CHECKING:
    from ecluse.delivery.mllp.server import Server

log = logging.getLogger(__name__)

PENDING_PER_CONNECTION = 64
"""Frames of one connection that may wait for their answer before we stop reading from it."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """One listener as the server needs it: times in seconds, sizes in bytes, peers as networks (empty: everybody)."""

    name: str
    environment: Environment
    max_connections: int = 500
    max_message: int = 16 * 1024 * 1024
    idle_timeout: float = 3600.0
    slow_timeout: float = 30.0
    allowed_peers: tuple[str, ...] = ()


class Connection(asyncio.Protocol):
    """One sender's connection: bytes to frames, answers to bytes, in order."""

    def __init__(self, server: Server, settings: ListenerSettings) -> None:
        self._server = server
        self.settings = settings
        self._decoder = Decoder(settings.max_message)
        self._transport: asyncio.Transport | None = None
        self.number = 0
        self.host = ""
        self.peer = ""
        self.pending = 0
        self.presented: tuple[bytes, ...] = ()
        self.doubted = False
        self._paused = False
        self._blocked = False
        self._closing = False
        self._ended = False
        self._last = 0.0
        self._partial_since: float | None = None
        self._frames = 0
        self._noise = noise.Noise()
        self._counted = 0
        self._certificate: Certificate | None = None
        self._began: deque[float] = deque()
        self._loop = asyncio.get_running_loop()

    @property
    def unfinished(self) -> int:
        """Bytes kept of a message whose end has not come."""
        return 0 if self._transport is None else self._decoder.buffered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender connected."""
        transport = cast(asyncio.Transport, transport)
        self._transport = transport
        address = transport.get_extra_info("peername")
        self.host = str(address[0]) if address else ""
        self.peer = self.host
        self._last = self._loop.time()
        refused = self._server.admit(self)
        if refused is not None:
            log.warning(
                "connection refused",
                extra={"peer": self.peer, "listener": self.settings.name, "why": refused},
            )
            self._closing = True
            transport.abort()

    def identified(self, presented: tuple[bytes, ...]) -> bool:
        """The sender gave these certificates (DER) and proved that the first is its own; whether it may speak."""
        self.presented = presented
        why = self._server.judge(self)
        if why is not None:
            self._closing = True
            self._server.refuse(self, why)
            return False
        self._certificate = read_certificate(presented[0])
        return True

    def handshake_failed(self, error: ssl.SSLError) -> None:
        """There is no TLS with this sender."""
        self._server.failed(self, error)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._closing or self._ended:
            return
        if self._paused and self._transport is not None:
            # Some event loops begin to read after `connection_made`, whatever it asked.
            self._transport.pause_reading()
        self._last = self._loop.time()
        events = self._decoder.feed(data)
        for one in events:
            self._take(one)
        if not self._decoder.inside and not self._noise.alone:
            self._partial_since = None
        elif self._partial_since is None or (events and not self._noise.alone):
            self._partial_since = self._last
        if self.pending >= PENDING_PER_CONNECTION:
            self.pause()
        if self._counted or self._decoder.buffered:
            self._account()
        if self._noise.too_much:
            self.finish("too many bytes outside frames")

    def _account(self) -> None:
        self._counted = self._decoder.buffered
        self._server.room.changed(self)

    def _take(self, event: Event) -> None:
        if isinstance(event, Noise):
            event = Noise(self._noise.hear(event.data))
            if not event.data:
                return
        self._frames += 1
        self.pending += 1
        self._began.append(self._last)
        settings = self.settings
        if isinstance(event, Frame):
            self._noise.frame()
            received = read_frame(
                event.message,
                connection=self.number,
                number=self._frames,
                listener=settings.name,
                peer=self.peer,
                environment=settings.environment,
            )
        else:
            received = self._odd(event)
        if self._certificate is not None:
            received = received._replace(certificate=self._certificate)
        self._server.forward(received)

    def _odd(self, event: Noise | Oversized | Unfinished) -> Received:
        """Bytes outside a frame, without an end, or more than we take: kept like everything else."""
        kinds: dict[type[Event], Kind] = {Noise: "noise", Oversized: "oversized", Unfinished: "unfinished"}
        raw, size = (
            (event.head, event.size) if isinstance(event, Oversized) else (event.data, len(event.data))
        )
        return bare(
            kinds[type(event)],
            raw,
            partial_header(raw),
            connection=self.number,
            number=self._frames,
            listener=self.settings.name,
            peer=self.peer,
            size=size,
        )

    def answer(self, answer: Answer) -> None:
        """Send an answer; frames are answered in the order they came because the writer is a queue."""
        self.pending -= 1
        self._server.delays.add(self._loop.time() - self._began.popleft())
        transport = self._transport
        if transport is None:
            return
        if answer.data:
            transport.write(encode(answer.data))
        if answer.close or (self._ended and not self.pending):
            self.close()
        elif self._paused and self.pending < PENDING_PER_CONNECTION // 2:
            self.resume()

    def pause_writing(self) -> None:
        """The sender does not read its answers: take no more from it."""
        self._blocked = True
        self.pause()

    def resume_writing(self) -> None:
        """The sender reads its answers again."""
        self._blocked = False
        self.resume()

    def eof_received(self) -> bool:
        """The sender will send no more; its last answers still leave."""
        self._ended = True
        for event in self._decoder.at_eof():
            self._take(event)
        self._account()
        return self.pending > 0

    def connection_lost(self, error: Exception | None) -> None:
        """The sender left."""
        self._transport = None
        self._server.leave(self)

    def check(self, now: float) -> None:
        """Close when idle, when a frame has been unfinished or an answer unread for too long."""
        settings = self.settings
        if (self._blocked or self._closing) and now - self._last > settings.slow_timeout:
            self._warn("answers not read, connection closed")
            self.abort()
        elif self._paused:
            return
        elif self._partial_since is not None and now - self._partial_since > settings.slow_timeout:
            self._warn("frame unfinished, connection closed")
            self.close()
        elif not self.pending and now - self._last > settings.idle_timeout:
            self.close()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if (
            self._transport is not None
            and self._paused
            and not self._blocked
            and not self._server.holds(self)
        ):
            self._paused = False
            # The time we did not read is not held against the sender.
            self._last = self._loop.time()
            if self._partial_since is not None:
                self._partial_since = self._last
            self._transport.resume_reading()

    def give_up(self) -> None:
        """Forget a message whose end has not come, and close: its sender will send it again."""
        self._warn("too many bytes of unfinished messages, connection closed")
        self._decoder = Decoder(self.settings.max_message)
        self.abort()

    def finish(self, why: str) -> None:
        """Hear no more; close once the answers due have left."""
        self._warn(f"{why}, connection closed")
        self._ended = True
        if not self.pending:
            self.close()

    def _warn(self, what: str) -> None:
        log.warning(what, extra={"peer": self.peer, "listener": self.settings.name})

    def close(self) -> None:
        """Close once what is written has left."""
        self._closing = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever is still to be written."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()
