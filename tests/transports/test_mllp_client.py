"""Both MLLP clients give back the acknowledgement, or one clear reason why there is none."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest

from ecluse.protocols.mllp import Decoder, Frame, UnframeableMessage, encode
from ecluse.transports.mllp_client import AsyncMllpClient, MllpClient
from ecluse.transports.mllp_errors import (
    AnswerTimeout,
    ClosedWithoutAnswer,
    ConnectFailed,
    ConnectTimeout,
    NotConnected,
    TlsFailed,
    UnexpectedAnswer,
)

MESSAGE = b"MSH|^~\\&|GAM||DPI||20260304||ADT^A28^ADT_A05|M1|P|2.5^FRA^2.11\r"
Receiving = Callable[..., AbstractContextManager[int]]


class Client(Protocol):
    """What both clients do, called the same way by the tests; `forget` ends a test."""

    connected: bool

    def connect(self) -> None: ...
    def send(self, message: bytes) -> bytes: ...
    def close(self) -> None: ...
    def settle(self) -> None: ...
    def forget(self) -> None: ...


Make = Callable[..., Client]


class Blocking(MllpClient):
    def settle(self) -> None:
        """Nothing to do: this client looks at its connection when it sends."""

    def forget(self) -> None:
        self.close()


class Looped:
    """The asyncio client, driven from a test that does not await."""

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self._where = host, port, options
        self._loop = asyncio.new_event_loop()
        self._client: AsyncMllpClient | None = None

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.connected

    def connect(self) -> None:
        host, port, options = self._where
        self._client = self._loop.run_until_complete(AsyncMllpClient.open(host, port, **options))

    def send(self, message: bytes) -> bytes:
        assert self._client is not None
        return self._loop.run_until_complete(self._client.send(message))

    def settle(self) -> None:
        """Wait until the end of the connection is known."""
        assert self._client is not None
        self._loop.run_until_complete(self._client.wait_closed())

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self.settle()

    def forget(self) -> None:
        self.close()
        self._loop.close()


@pytest.fixture(params=[Blocking, Looped])
def make_client(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Client] = []

    def make(port: int, **options: Any) -> Client:
        client: Client = request.param("127.0.0.1", port, **options)
        made.append(client)
        return client

    yield make
    for client in made:
        client.forget()


def frames(connection: socket.socket) -> Iterator[bytes]:
    decoder = Decoder()
    while data := connection.recv(65_536):
        for event in decoder.feed(data):
            assert isinstance(event, Frame)
            yield event.message


def acknowledge(connection: socket.socket) -> None:
    for message in frames(connection):
        connection.sendall(encode(b"ACK of " + message))


def acknowledge_slowly(connection: socket.socket) -> None:
    for message in frames(connection):
        for byte in encode(b"ACK of " + message):
            connection.sendall(bytes([byte]))


def answering(data: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        next(frames(connection))
        connection.sendall(data)
        connection.recv(1)

    return behave


def test_the_acknowledgement_comes_back(receiving: Receiving, make_client: Make) -> None:
    with receiving(acknowledge) as port:
        client = make_client(port)
        client.connect()
        assert [client.send(message) for message in (MESSAGE, b"2", b"3")] == [
            b"ACK of " + message for message in (MESSAGE, b"2", b"3")
        ]
        client.close()
        assert not client.connected


def test_an_answer_in_pieces_is_put_together(receiving: Receiving, make_client: Make) -> None:
    with receiving(acknowledge_slowly) as port:
        client = make_client(port)
        client.connect()
        for message in (MESSAGE, b"2", b"3"):
            assert client.send(message) == b"ACK of " + message


def test_a_large_message_passes(receiving: Receiving, make_client: Make) -> None:
    with receiving(acknowledge) as port:
        client = make_client(port)
        client.connect()
        assert client.send(MESSAGE * 20_000) == b"ACK of " + MESSAGE * 20_000


def test_nobody_listens(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectFailed, match=f"127.0.0.1:{port}"):
        make_client(port).connect()


def test_nobody_has_that_name() -> None:
    with pytest.raises(ConnectFailed):
        MllpClient("receiver.invalid", 2575).connect()


def test_the_receiver_never_speaks_tls(contexts: Any, make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = make_client(listener.getsockname()[1], tls=contexts.client, connect_timeout=0.05)
        with pytest.raises(ConnectTimeout):
            client.connect()
        assert not client.connected


def test_the_receiver_never_answers(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = make_client(listener.getsockname()[1], answer_timeout=0.05)
        client.connect()
        with pytest.raises(AnswerTimeout):
            client.send(MESSAGE)
        assert not client.connected
        with pytest.raises(NotConnected):
            client.send(MESSAGE)


def test_the_receiver_closes_without_answer(receiving: Receiving, make_client: Make) -> None:
    with receiving(lambda connection: next(frames(connection)) and None) as port:
        client = make_client(port)
        client.connect()
        with pytest.raises(ClosedWithoutAnswer):
            client.send(MESSAGE)
        assert not client.connected


def test_the_receiver_breaks_the_connection(receiving: Receiving, make_client: Make) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        next(frames(connection))

    with receiving(reset) as port:
        client = make_client(port)
        client.connect()
        with pytest.raises(ClosedWithoutAnswer):
            client.send(MESSAGE)


@pytest.mark.parametrize("abruptly", [False, True])
def test_an_idle_connection_was_closed_and_nothing_is_sent(
    receiving: Receiving, make_client: Make, abruptly: bool
) -> None:
    connected, closed = threading.Event(), threading.Event()

    def hang_up(connection: socket.socket) -> None:
        connected.wait(5)  # a reset that comes before the end of connect() is a refused connection
        if abruptly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        else:
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        closed.set()

    with receiving(hang_up, acknowledge) as port:
        client = make_client(port)
        client.connect()
        connected.set()
        closed.wait(5)
        client.settle()
        with pytest.raises(NotConnected):
            client.send(MESSAGE)
        client.connect()
        assert client.send(MESSAGE) == b"ACK of " + MESSAGE


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 400 Bad Request\r\n\r\n", encode(b"CA") + encode(b"AA"), b"?" + encode(b"A")]
)
def test_the_answer_is_not_one_frame(receiving: Receiving, make_client: Make, data: bytes) -> None:
    with receiving(answering(data)) as port:
        client = make_client(port)
        client.connect()
        with pytest.raises(UnexpectedAnswer):
            client.send(MESSAGE)
        assert not client.connected


def test_the_answer_is_too_large(receiving: Receiving, make_client: Make) -> None:
    with receiving(answering(encode(b"A" * 101))) as port:
        client = make_client(port, limit=100)
        client.connect()
        with pytest.raises(UnexpectedAnswer):
            client.send(MESSAGE)


def test_no_time_to_answer_is_no_answer(receiving: Receiving) -> None:
    with receiving(acknowledge) as port, MllpClient("127.0.0.1", port, answer_timeout=0) as client:
        with pytest.raises(AnswerTimeout):
            client.send(MESSAGE)
        assert not client.connected


@pytest.mark.parametrize("early", [encode(b"AA of another message"), encode(b"AA of another message")[:-4]])
def test_an_answer_before_the_message_is_not_taken_for_its_answer(receiving: Receiving, early: bytes) -> None:
    spoken = threading.Event()

    def speak_first(connection: socket.socket) -> None:
        connection.sendall(early)
        spoken.set()
        connection.recv(1)

    with receiving(speak_first) as port, MllpClient("127.0.0.1", port) as client:
        spoken.wait(5)
        with pytest.raises(UnexpectedAnswer):
            client.send(MESSAGE)
        assert not client.connected


def test_a_message_that_cannot_be_framed_is_not_sent(receiving: Receiving, make_client: Make) -> None:
    with receiving(acknowledge) as port:
        client = make_client(port)
        client.connect()
        with pytest.raises(UnframeableMessage):
            client.send(b"MSH\x1c\r")
        assert client.send(MESSAGE) == b"ACK of " + MESSAGE


def test_connecting_and_closing_twice_is_harmless(receiving: Receiving) -> None:
    with receiving(acknowledge) as port, MllpClient("127.0.0.1", port) as client:
        client.connect()
        assert client.connected
        client.close()
        client.close()
        with pytest.raises(NotConnected):
            client.send(MESSAGE)


class TestTls:
    def exchange(
        self,
        receiving: Receiving,
        make: Make,
        server: ssl.SSLContext,
        client: ssl.SSLContext,
    ) -> bytes:
        with receiving(acknowledge, tls=server) as port:
            opened = make(port, tls=client)
            opened.connect()
            answers = [opened.send(MESSAGE), opened.send(MESSAGE)]
            assert answers[0] == answers[1]
            return answers[0]

    def test_with_a_trusted_receiver(self, receiving: Receiving, make_client: Make, contexts: Any) -> None:
        assert self.exchange(receiving, make_client, contexts.server, contexts.client) == b"ACK of " + MESSAGE

    def test_mutual(self, receiving: Receiving, make_client: Make, contexts: Any) -> None:
        answer = self.exchange(receiving, make_client, contexts.mutual_server, contexts.mutual_client)
        assert answer == b"ACK of " + MESSAGE

    @pytest.mark.parametrize("side", ["client", "stranger"])
    def test_mutual_without_a_good_certificate(
        self, receiving: Receiving, make_client: Make, contexts: Any, side: str
    ) -> None:
        with pytest.raises((TlsFailed, ClosedWithoutAnswer, NotConnected)):
            self.exchange(receiving, make_client, contexts.mutual_server, getattr(contexts, side))

    def test_with_an_unknown_authority(self, receiving: Receiving, make_client: Make, contexts: Any) -> None:
        with pytest.raises(TlsFailed, match="certificate"):
            self.exchange(receiving, make_client, contexts.server, contexts.distrustful)

    def test_with_another_name(self, receiving: Receiving, make_client: Make, contexts: Any) -> None:
        with receiving(acknowledge, tls=contexts.server) as port:
            client = make_client(port, tls=contexts.client, server_name="receveur.example")
            with pytest.raises(TlsFailed, match=r"receveur\.example"):
                client.connect()

    def test_with_a_receiver_that_does_not_speak_it(
        self, receiving: Receiving, make_client: Make, contexts: Any
    ) -> None:
        def plain(connection: socket.socket) -> None:
            connection.recv(65_536)
            connection.sendall(b"no TLS here\r\n")

        with receiving(plain) as port, pytest.raises(TlsFailed):
            make_client(port, tls=contexts.client).connect()
