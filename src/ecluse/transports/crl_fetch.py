"""Fetch what a certificate points to over plain HTTP: lists of revocation, certificates of issuers, OCSP answers.

The address comes from a certificate that somebody imported: only `http:` is followed, the name is resolved here, the
rules of `transports.destinations` hold, and the connection goes to the very address that was checked. No redirect is
followed; size and time are bounded. What comes is signed (RFC 5280 §8, RFC 6960 §5): TLS would add nothing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Literal

import httpx

from ecluse.transports.destinations import ForbiddenAddress, Network, check

MOST_BYTES = 32 * 1024 * 1024
"""Of a list: the largest of the IGC-Santé, with several hundred thousand cards, stays well below."""
SECONDS = 30.0
_CONNECT_SECONDS = 5.0

Why = Literal["address", "forbidden", "unreachable", "timeout", "refused", "size"]


class NotFetched(Exception):
    """Nothing usable came. why: one word; detail: one line, without the address."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why: Why = why
        self.detail = detail


def fetch(
    address: str,
    allowed: Sequence[Network] = (),
    *,
    most: int = MOST_BYTES,
    seconds: float = SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> bytes:
    """The bytes at an `http:` address.

    :param allowed: private networks that may be called; most: bytes; seconds: for the whole exchange; transport: of
        httpx, for tests.
    :raises NotFetched: and why.
    """
    return exchange("GET", address, None, {}, allowed, most=most, seconds=seconds, transport=transport)


def exchange(
    method: str,
    address: str,
    body: bytes | None,
    headers: dict[str, str],
    allowed: Sequence[Network],
    *,
    most: int,
    seconds: float,
    transport: httpx.BaseTransport | None = None,
) -> bytes:
    """One exchange with an `http:` address, and the content of a 200 answer.

    :raises NotFetched: and why.
    """
    url = _read(address)
    end = time.monotonic() + seconds
    # The name travels in Host; the connection goes to the address that was checked.
    target = url.copy_with(host=_resolve(url, allowed))
    timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
    head = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": "Ecluse",
        "Accept-Encoding": "identity",
        **headers,
    }
    try:
        with (
            # Nothing is verified because nothing is TLS: `_read` admits http alone. Authorities take long to load.
            httpx.Client(
                timeout=timeout, follow_redirects=False, trust_env=False, verify=False, transport=transport
            ) as client,
            client.stream(method, target, content=body, headers=head) as answer,
        ):
            if answer.status_code != 200:
                raise NotFetched("refused", f"HTTP {answer.status_code}")
            return _content(answer, most, end)
    except httpx.TimeoutException:
        raise NotFetched("timeout") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NotFetched("unreachable", type(error).__name__) from None


def _content(answer: httpx.Response, most: int, end: float) -> bytes:
    content = bytearray()
    for part in answer.iter_raw():
        content += part
        if len(content) > most:
            raise NotFetched("size", f"> {most}")
        if time.monotonic() > end:
            raise NotFetched("timeout")
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
