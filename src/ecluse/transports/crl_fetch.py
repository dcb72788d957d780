"""Fetch what a certificate points to over plain HTTP: lists of revocation, certificates of issuers, OCSP answers.

The address comes from a certificate that somebody imported: only `http:` is followed, the name is resolved here, the
rules of `transports.destinations` hold, and the connection goes to the very address that was checked. No redirect is
followed; size and time are bounded, the time of the whole exchange: a server that drips its answer is cut off. What
comes is signed (RFC 5280 §8, RFC 6960 §5): TLS would add nothing.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import Literal

import httpx

from ecluse.transports.destinations import ForbiddenAddress, Network, check

MOST_BYTES = 32 * 1024 * 1024
"""Of a list: the largest of the IGC-Santé, with several hundred thousand cards, stays well below."""
SECONDS = 30.0
_CONNECT_SECONDS = 5.0
_PART = 65_536

Why = Literal["address", "forbidden", "unreachable", "timeout", "refused", "size"]


class NotFetched(Exception):
    """Nothing usable came. why: one word; detail: one line, without the address."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why: Why = why
        self.detail = detail


def fetch(
    address: str, allowed: Sequence[Network] = (), *, most: int = MOST_BYTES, seconds: float = SECONDS
) -> bytes:
    """The bytes at an `http:` address.

    :param allowed: private networks that may be called; most: bytes; seconds: for the whole exchange.
    :raises NotFetched: and why.
    """
    return exchange("GET", address, None, {}, allowed, most=most, seconds=seconds)


def exchange(
    method: str,
    address: str,
    body: bytes | None,
    headers: dict[str, str],
    allowed: Sequence[Network],
    *,
    most: int,
    seconds: float,
) -> bytes:
    """One exchange with an `http:` address, and the content of a 200 answer.

    :raises NotFetched: and why.
    """
    url = _read(address)
    # The name travels in Host; the connection goes to the address that was checked.
    connection = HTTPConnection(
        _resolve(url, allowed), url.port or 80, timeout=min(seconds, _CONNECT_SECONDS)
    )
    head = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": "Ecluse",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    over = threading.Event()
    try:
        connection.connect()
        with _cut_after(connection.sock, seconds, over):
            connection.request(method, url.raw_path.decode("ascii"), body, head)
            content = _content(connection.getresponse(), most)
    except (OSError, HTTPException, ValueError) as error:
        late = over.is_set() or isinstance(error, TimeoutError)
        raise NotFetched("timeout") if late else NotFetched("unreachable", type(error).__name__) from None
    finally:
        connection.close()
    if over.is_set():
        raise NotFetched("timeout")
    return content


@contextmanager
def _cut_after(connection: socket.socket, seconds: float, over: threading.Event) -> Iterator[None]:
    """Shut a connection down when its time is over: the timeout of a socket is that of each read, not of all."""

    def cut() -> None:
        over.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    connection.settimeout(seconds)
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _content(answer: HTTPResponse, most: int) -> bytes:
    if answer.status != 200:
        raise NotFetched("refused", f"HTTP {answer.status}")
    content = bytearray()
    while part := answer.read1(_PART):
        content += part
        if len(content) > most:
            raise NotFetched("size", f"> {most}")
    if answer.length:
        raise IncompleteRead(b"", answer.length)
    return bytes(content)


def _read(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise NotFetched("address") from None
    if url.scheme != "http" or not url.host or url.userinfo or len(address) > 500:
        raise NotFetched("address", url.scheme if url.scheme.isalpha() else "")
    return url


def _resolve(url: httpx.URL, allowed: Sequence[Network]) -> str:
    try:
        found = socket.getaddrinfo(url.host, url.port or 80, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        raise NotFetched("unreachable", "name") from None
    for one in found:
        try:
            check(str(one[4][0]), allowed)
        except ForbiddenAddress:
            raise NotFetched("forbidden") from None
    return str(found[0][4][0])
