"""MLLP listeners: sockets and framing only. Frames go to the writer, answers come back, nothing is decided here.

Sources: HL7 MLLP release 1; IHE ITI TF-2 Appendix C.2.1 (one connection, answers on it, in the order of the messages).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from ecluse.delivery.mllp import noise
from ecluse.delivery.mllp.room import Room
from ecluse.delivery.mllp.tls import TlsLayer
from ecluse.protocols.hl7 import partial_header
from ecluse.protocols.mllp import Decoder, Event, Frame, Noise, Oversized, Unfinished, encode
from ecluse.services.answer import Answer
from ecluse.services.answer_delays import Delays
from ecluse.services.certificates import Certificate, read_certificate
from ecluse.services.read_frame import Environment, Kind, Received, bare, read_frame

log = logging.getLogger(__name__)

PENDING_PER_CONNECTION = 64
"""Frames of one connection that may wait for their answer before we stop reading from it."""
PENDING_BYTES = 64 * 1024 * 1024
"""Bytes that may wait in the whole process before we stop reading from everybody."""


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


class Server:
    """All connections of the listeners of this process."""

    def __init__(self, send: Callable[[Received], None], delays: Delays | None = None) -> None:
        self._send = send
        self.delays = delays or Delays()
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, Connection] = {}
        self._next = 0
        self._servers: dict[str, asyncio.Server] = {}
        self._settings: dict[str, ListenerSettings] = {}
        self.room = Room()
        self.waiting_bytes = 0
        self._full = False
        self._writer_away = False
        self._draining = False

    @property
    def held(self) -> bool:
        """Whether nobody is read from: too much waits, the writer is away, or the end has come."""
        return self._full or self._writer_away or self._draining

    def holds(self, connection: Connection) -> bool:
        """Whether a connection is not read from."""
        return self.held or self.room.waits(connection)

    async def listen(
        self, sock: socket.socket, settings: ListenerSettings, tls: ssl.SSLContext | None
    ) -> None:
        """Accept connections on a bound socket."""
        self._settings[settings.name] = settings

        def connection() -> asyncio.Protocol:
            one = Connection(self, self._settings[settings.name])
            return one if tls is None else TlsLayer(one, tls, one.identified)

        self._servers[settings.name] = await self._loop.create_server(connection, sock=sock, backlog=512)

    def reconfigure(self, settings: ListenerSettings) -> None:
        """New settings for connections to come; those that are open stay."""
        self._settings[settings.name] = settings

    def admit(self, connection: Connection) -> str | None:
        """Take a new connection in; a sentence when it is refused."""
        settings = connection.settings
        mine = sum(1 for one in self._connections.values() if one.settings.name == settings.name)
        if mine >= settings.max_connections:
            return f"more than {settings.max_connections} connections"
        if settings.allowed_peers and not _allowed(connection.host, settings.allowed_peers):
            return "this peer is not in allowed_peers"
        self._next += 1
        connection.number = self._next
        self._connections[self._next] = connection
        if self.held:
            connection.pause()
        return None

    def forward(self, received: Received) -> None:
        """Hand a frame to the writer."""
        self.waiting_bytes += len(received.raw)
        self._send(received)
        if self.waiting_bytes > PENDING_BYTES and not self._full:
            self._full = True
            self._hold()

    def answered(self, answer: Answer) -> None:
        """Give an answer to the connection that waits for it, if it is still there."""
        connection = self._connections.get(answer.connection)
        if connection is not None:
            connection.answer(answer)
        self.waiting_bytes -= answer.size
        if self._full and self.waiting_bytes < PENDING_BYTES // 2:
            self._full = False
            self._resume()

    def _hold(self) -> None:
        for connection in self._connections.values():
            connection.pause()

    def _resume(self) -> None:
        if not self.held:
            for connection in list(self._connections.values()):
                connection.resume()

    def writer_back(self) -> None:
        """Read from everybody again."""
        self._writer_away = False
        self._resume()

    def writer_lost(self) -> None:
        """Close the connections whose messages have no answer: their senders will send them again."""
        self._writer_away = True
        self._hold()
        self.waiting_bytes = 0
        self._full = False
        for connection in list(self._connections.values()):
            if connection.pending:
                connection.close()

    def leave(self, connection: Connection) -> None:
        """A connection is gone."""
        self._connections.pop(connection.number, None)
        self.room.changed(connection)

    def sweep(self, now: float) -> None:
        """Close what is idle and what is too slow to finish a frame (`now` is the loop's time)."""
        for connection in list(self._connections.values()):
            connection.check(now)

    async def drain(self, limit: float) -> None:
        """Accept no more, read no more, wait for the answers due, close."""
        for server in self._servers.values():
            server.close()
        self._draining = True
        self._hold()
        end = self._loop.time() + limit
        while any(one.pending for one in self._connections.values()) and self._loop.time() < end:
            await asyncio.sleep(0.01)
        for connection in list(self._connections.values()):
            connection.close()
        # What is written leaves before the sockets are closed, unless a sender does not read.
        end = min(end, self._loop.time() + 1.0)
        while self._connections and self._loop.time() < end:
            await asyncio.sleep(0.01)


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

    def identified(self, certificate: bytes) -> None:
        """The sender proved that this certificate (DER) is its own."""
        self._certificate = read_certificate(certificate)

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
            self._finish("too many bytes outside frames")

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

    def _finish(self, why: str) -> None:
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


def _allowed(host: str, networks: tuple[str, ...]) -> bool:
    address = ipaddress.ip_address(host.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(one, strict=False) for one in networks)
