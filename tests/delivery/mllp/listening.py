"""An MLLP server on a real socket, with a writer that does what the test says, and senders to talk to it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import uvloop

from ecluse.delivery.mllp.connection import ListenerSettings
from ecluse.delivery.mllp.server import Server
from ecluse.services.answer import Answer
from ecluse.services.listening.securing import Tls
from ecluse.services.read_frame import Received

PATIENCE = 20.0
"""Seconds after which a test that waits has failed; nothing depends on it otherwise."""

SETTINGS = ListenerSettings("main", "test")


def frame(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


def adt(control: object, padding: int = 0) -> bytes:
    """The smallest message, and `padding` bytes."""
    return (
        f"MSH|^~\\&|GAM|VALMONT|ECLUSE|DMN|20261118||ADT^A28|{control}|P|2.5\rPID|{'x' * padding}\r".encode()
    )


def acknowledged(data: bytes) -> list[str]:
    """Control ids of the answers in some bytes, in order."""
    return [one.split(b"|")[1].decode() for one in data.split(b"\x1c\r") if one]


class Writer:
    """Stands for the link and the writer: answers each frame with its control id, at once or when asked."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.received: list[Received] = []
        self.waiting: list[Received] = []
        self.holding = False

    def take(self, received: Received) -> None:
        self.received.append(received)
        self.waiting.append(received)
        if not self.holding:
            asyncio.get_running_loop().call_soon(self.answer)

    def answer(self, count: int | None = None) -> None:
        """Answer what waits, in order."""
        assert self.server is not None
        now, self.waiting = self.waiting[:count], self.waiting[len(self.waiting[:count]) :]
        for one in now:
            silent = one.kind in ("alien", "noise", "unfinished", "ack")
            data = b"" if silent else f"ACK|{one.header.control_id}|{one.kind}".encode()
            close = one.kind in ("alien", "oversized")
            self.server.answered(Answer(one.connection, one.number, data, close, len(one.raw)))


class Sender:
    """One connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def answers(self, count: int) -> list[str]:
        """Control ids of the next answers."""
        found: list[str] = []
        while len(found) < count:
            found += acknowledged(await asyncio.wait_for(self.reader.readuntil(b"\x1c\r"), PATIENCE))
        return found

    async def to_the_end(self) -> bytes:
        """Everything until the server closes."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        except ConnectionResetError:
            return b""


class Listening:
    """The server of a test."""

    def __init__(self, writer: Writer, server: Server, port: int) -> None:
        self.writer = writer
        self.server = server
        self.port = port

    async def connect(self, tls: ssl.SSLContext | None = None) -> Sender:
        opening = asyncio.open_connection("127.0.0.1", self.port, ssl=tls)
        return Sender(*await asyncio.wait_for(opening, PATIENCE))


@asynccontextmanager
async def listening(tls: ssl.SSLContext | Tls | None = None, **settings: object) -> AsyncIterator[Listening]:
    """A server; settings: those of the listener."""
    tls = Tls(tls) if isinstance(tls, ssl.SSLContext) else tls
    writer = Writer()
    server = Server(writer.take)
    writer.server = server
    sock = socket.create_server(("127.0.0.1", 0))
    await server.listen(sock, replace(SETTINGS, **settings), tls)  # type: ignore[arg-type]
    try:
        yield Listening(writer, server, sock.getsockname()[1])
    finally:
        await server.drain(0.0)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something to become true."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it never came"
        await asyncio.sleep(0.005)


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run the body of a test, on the event loop of the listener process."""

    async def main() -> None:
        await asyncio.wait_for(test(), 3 * PATIENCE)

    uvloop.run(main())
