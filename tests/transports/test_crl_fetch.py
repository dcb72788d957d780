"""Lists and answers fetched over plain HTTP: how much, how long, and from where, whatever the server does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network

import pytest

from ecluse.transports.crl_fetch import NotFetched, fetch
from ecluse.transports.ocsp_fetch import ask

LOCAL = (ip_network("127.0.0.0/8"),)


@contextmanager
def answering(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """The address of a server that behaves so with its one client. The event is set when the test is over."""
    over = threading.Event()

    def serve(listening: socket.socket) -> None:
        with suppress(OSError), listening.accept()[0] as connection:
            behave(connection, over)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/a%20list.crl?x=1"
        finally:
            over.set()
            thread.join(5)


def answer(content: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Read one request, and answer this."""

    def behave(connection: socket.socket, _over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(content)

    return behave


def drip(begin: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Answer this, then one byte after the other until the client has had enough, or ten seconds."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(begin)
        for _ in range(500):
            connection.sendall(b"a")
            if over.wait(0.02):
                return

    return behave


@pytest.mark.parametrize(
    "begin",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
    ],
)
def test_the_whole_exchange_ends_in_time_however_slowly_the_server_drips(begin: bytes) -> None:
    with answering(drip(begin)) as address, pytest.raises(NotFetched) as refused:
        fetch(address, LOCAL, seconds=0.3)
    assert refused.value.why == "timeout"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", "refused"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 2000, "size"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "unreachable"),
        (b"SSH-2.0-x\r\n", "unreachable"),
        (b"", "unreachable"),
    ],
)
def test_what_is_no_good_answer_is_said_in_one_word(content: bytes, why: str) -> None:
    with answering(answer(content)) as address, pytest.raises(NotFetched) as refused:
        fetch(address, LOCAL, most=1000, seconds=5)
    assert refused.value.why == why


def test_a_list_and_an_answer_come() -> None:
    heard: list[bytes] = []

    def behave(connection: socket.socket, _over: threading.Event) -> None:
        while not heard or not heard[-1].endswith((b"\r\n\r\n", b"question")):
            heard.append((heard[-1] if heard else b"") + connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

    with answering(behave) as address:
        assert fetch(address, LOCAL) == b"abc"
    assert heard[-1].startswith(b"GET /a%20list.crl?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    heard.clear()
    with answering(behave) as address:
        assert ask(address, b"question", LOCAL) == b"abc"
    assert heard[-1].startswith(b"POST ") and b"Content-Type: application/ocsp-request\r\n" in heard[-1]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://crl.example/a", "address"),
        ("ldap://crl.example/a", "address"),
        ("http://a:b@crl.example/a", "address"),
        ("http://127.0.0.1:1/a", "forbidden"),
        ("http://169.254.169.254/a", "forbidden"),
        ("http://crl.invalid/a", "unreachable"),
    ],
)
def test_only_public_http_is_followed(address: str, why: str) -> None:
    with pytest.raises(NotFetched) as refused:
        fetch(address)
    assert refused.value.why == why
