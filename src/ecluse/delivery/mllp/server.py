"""MLLP listeners: sockets and framing only. Frames go to the writer, answers come back, nothing is decided here.

Sources: HL7 MLLP release 1; IHE ITI TF-2 Appendix C.2.1 (one connection, answers on it, in the order of the messages).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable

from ecluse.delivery.mllp.connection import Connection, ListenerSettings
from ecluse.delivery.mllp.room import Room
from ecluse.delivery.mllp.tls import TlsLayer
from ecluse.services.answer import Answer
from ecluse.services.answer_delays import Delays
from ecluse.services.listening.refused import Refused, of_handshake
from ecluse.services.listening.securing import Tls
from ecluse.services.listening.tally import Tally
from ecluse.services.read_frame import Received

log = logging.getLogger(__name__)

PENDING_BYTES = 64 * 1024 * 1024
"""Bytes that may wait in the whole process before we stop reading from everybody."""


JUDGED_AGAIN_SECONDS = 60.0
"""How often the clients of open connections are judged again; `services.listening.clients` keeps what it found."""


class Server:
    """All connections of the listeners of this process."""

    def __init__(
        self, send: Callable[[Received], None], delays: Delays | None = None, tally: Tally | None = None
    ) -> None:
        self._send = send
        self.delays = delays or Delays()
        self.tally = tally or Tally()
        self._loop = asyncio.get_running_loop()
        self._connections: dict[int, Connection] = {}
        self._next = 0
        self._servers: dict[str, asyncio.Server] = {}
        self._settings: dict[str, ListenerSettings] = {}
        self._tls: dict[str, Tls] = {}
        self._judged = 0.0
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

    async def listen(self, sock: socket.socket, settings: ListenerSettings, tls: Tls | None) -> None:
        """Accept connections on a bound socket.

        :param tls: None: in clear.
        """
        self._settings[settings.name] = settings
        if tls is not None:
            self._tls[settings.name] = tls

        def connection() -> asyncio.Protocol:
            one = Connection(self, self._settings[settings.name])
            if tls is None:
                return one
            context = self._tls[settings.name].context
            # Without a certificate to show, a connection is closed as soon as it is made (`admit`).
            return one if context is None else TlsLayer(one, context)

        self._servers[settings.name] = await self._loop.create_server(connection, sock=sock, backlog=512)

    def secure(self, name: str, tls: Tls) -> None:
        """New TLS for connections to come to a listener that has TLS. Those that are open stay, unless the client is
        no longer admitted.
        """
        if name in self._tls:
            self._tls[name] = tls
            self._judge_again(name)

    def presented(self, name: str) -> set[tuple[bytes, ...]]:
        """The certificates (DER) of the clients connected to a listener."""
        found = {one.presented for one in self._connections.values() if one.settings.name == name}
        return found - {()}

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
        tls = self._tls.get(settings.name)
        if tls is not None and tls.context is None:
            self.tally.refuse(settings.name, connection.host, tls.missing)
            return tls.missing.text_en
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

    def judge(self, connection: Connection) -> Refused | None:
        """Why the client of a connection is not admitted, None when it is."""
        name = connection.settings.name
        tls = self._tls.get(name)
        if tls is None or tls.judge is None or not connection.presented:
            return None
        admission = tls.judge(connection.presented)
        self.tally.watch(admission.addresses)
        if admission.refused is None and admission.doubt is not None and not connection.doubted:
            connection.doubted = True
            self.tally.doubt(name)
            told(logging.WARNING, "client admitted, its revocation is not known", connection, admission.doubt)
        return admission.refused

    def refuse(self, connection: Connection, why: Refused) -> None:
        """Write down that a client was refused."""
        self.tally.refuse(connection.settings.name, connection.host, why)
        told(logging.WARNING, "client refused", connection, why)

    def failed(self, connection: Connection, error: ssl.SSLError) -> None:
        """Write down that there was no TLS with a client."""
        self.refuse(connection, of_handshake(error))

    def _judge_again(self, name: str | None = None) -> None:
        """End the connections whose client is no longer admitted: they may last for months."""
        for connection in list(self._connections.values()):
            if connection.presented and name in (None, connection.settings.name):
                why = self.judge(connection)
                if why is not None:
                    self.refuse(connection, why)
                    connection.finish("client no longer admitted")

    def sweep(self, now: float) -> None:
        """Close what is idle, what is too slow to finish a frame, and clients no longer admitted (`now` is the loop's
        time).
        """
        for connection in list(self._connections.values()):
            connection.check(now)
        if now - self._judged > JUDGED_AGAIN_SECONDS:
            self._judged = now
            self._judge_again()

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


def _allowed(host: str, networks: tuple[str, ...]) -> bool:
    address = ipaddress.ip_address(host.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(one, strict=False) for one in networks)


def told(level: int, what: str, connection: Connection, why: Refused) -> None:
    """A line of the log on a client: the check that failed, and the certificate when it is known."""
    extra = {
        "peer": connection.host,
        "listener": connection.settings.name,
        "check": why.check,
        "why": why.text_en,
    }
    known = {"certificate": why.fingerprint, "subject": why.subject}
    log.log(level, what, extra=extra | {name: value for name, value in known.items() if value})
