"""Whose address a request comes from: what a declared proxy saw, and nothing that a caller wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ecluse.services import proxies


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    proxies.use(["10.0.0.5", "10.1.0.0/16", "fd00::/8"])
    yield
    proxies.use([])


@pytest.mark.parametrize(
    ("peer", "told", "caller"),
    [
        ("10.0.0.5", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.5", "127.0.0.1, 192.0.2.7", "192.0.2.7"),  # the first was written by the caller
        ("10.0.0.5", "192.0.2.7, 10.1.3.4", "192.0.2.7"),  # two proxies in a row
        ("10.0.0.5", "10.1.3.4", "10.1.3.4"),  # a proxy asks for itself
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "unknown", "10.0.0.5"),
        ("10.0.0.5", "192.0.2.7, <script>, 10.1.3.4", "10.1.3.4"),
        ("10.0.0.5", "192.0.2.7:50123", "192.0.2.7"),
        ("10.0.0.5", "[2001:db8::7]:50123", "2001:db8::7"),
        ("10.0.0.5", "::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:10.0.0.5", "192.0.2.7", "192.0.2.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("192.0.2.9", "192.0.2.7", "192.0.2.9"),  # no proxy of ours
        ("127.0.0.1", "192.0.2.7", "127.0.0.1"),  # nor this machine, unless it is declared
    ],
)
def test_the_last_address_that_is_no_proxy_is_the_caller_s(peer: str, told: str, caller: str) -> None:
    assert proxies.caller_of(peer, told) == caller


def test_without_declared_proxy_nobody_is_believed() -> None:
    proxies.use([])
    assert proxies.caller_of("127.0.0.1", "192.0.2.7") == "127.0.0.1"


def test_a_header_without_end_is_read_from_its_end() -> None:
    assert proxies.caller_of("10.0.0.5", "192.0.2.7, " + "10.1.0.1, " * 100 + "10.1.0.1") == "10.1.0.1"
