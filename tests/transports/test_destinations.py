"""A subscriber's address is not a way into the network of the gateway."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecluse.transports.destinations import ForbiddenAddress, Resolver, check, networks

FORBIDDEN = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%lo", "fc00::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
    "2002:a00:1::", "::7f00:1", "2001:db8::1", "fec0::1", "::ffff:0:7f00:1", "::ffff:0:10.0.0.1",
    "2a01:e0a::5efe:10.0.0.1", "2a01:e0a::200:5efe:a00:1", "fe80::5efe:8.8.8.8", "fd00::5efe:808:808", "192.88.99.1",
    "5f00::1", "3fff::1", "3fff:fff::1", "192.0.0.8", "192.0.0.9", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.9", "100.127.255.255", "172.31.255.255", "192.31.196.1", "192.175.48.1", "192.52.193.1",
    "::8.8.8.8", "64:ff9b:1::808:808", "100::1", "2001:20::1", "2001:1::1", "2001:2::1", "3ffe::1", "4000::1",
    "2001:0:0a00:0001::f7f7:f7f7", "2001:0:0808:0808::f5ff:fffe", "2620:4f:8000::1", "fc00::1", "fdff::1", "ff0e::1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_private_and_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "2a01:e0a::1",
        "2001:4860:4860::8888",
        "3ffd:ffff::1",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2001:0:0808:0808::f7f7:f7f7",
        "2a01:e0a::5efe:8.8.8.8",
    ],
)
def test_public_addresses_are_called(address: str) -> None:
    check(address, ())


BY_THEIR_IPV4 = networks(["::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96"])
"""Reserved for Python; here judged by the IPv4 address in their last 32 bits, which is the one reached."""
CLOSED_HERE_ONLY = networks(
    [
        "192.0.0.0/24",  # protocol assignments: Python closes some of them only
        "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "2620:4f:8000::/48",  # AS112 and AMT: no webhook there
        "192.88.99.0/24", "2002::/16", "2001::/23",  # 6to4 (by its IPv4 address), Teredo, relays
        "3ffe::/16", "3fff::/20",  # 6bone; documentation, which Python learnt later
    ]
)  # fmt: skip
"""Global for Python, or for some of its versions; why each is closed is said in special_addresses.toml."""


def is_closed(address: str) -> bool:
    try:
        check(address, ())
    except ForbiddenAddress:
        return True
    return False


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def within(one: Address, blocks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    return any(one in block for block in blocks if block.version == one.version)


@given(one=st.ip_addresses())
@example(one=ipaddress.ip_address("100.64.0.1"))
@example(one=ipaddress.ip_address("64:ff9b::10.0.0.1"))
@example(one=ipaddress.ip_address("fec0::1"))
def test_what_python_calls_special_is_closed_here_too(one: Address) -> None:
    """Its module `ipaddress` read the same registries by itself; it draws half of these addresses from them."""
    special = not one.is_global or one.is_private or one.is_multicast or one.is_reserved or one.is_unspecified
    special = special or getattr(one, "is_site_local", False)
    if within(one, BY_THEIR_IPV4):
        assert is_closed(str(one)) == is_closed(str(ipaddress.IPv4Address(int(one) & 0xFFFF_FFFF)))
    elif special:
        assert is_closed(str(one))
    elif is_closed(str(one)):
        isatap = one.version == 6 and int(one) >> 32 & 0xFDFF_FFFF == 0x5EFE
        assert isatap or within(one, CLOSED_HERE_ONLY)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "::ffff:10.1.2.3", "::ffff:0:10.1.2.3", "64:ff9b::a01:203", "2a01:e0a::5efe:10.1.2.3"],
)
def test_a_network_can_be_allowed_under_every_name_of_its_addresses(address: str) -> None:
    check(address, networks(["10.1.0.0/16"]))


def test_allowing_a_network_allows_no_other() -> None:
    with pytest.raises(ForbiddenAddress):
        check("10.2.0.1", networks(["10.1.0.0/16"]))


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1", "017700000001"]
)
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises((ForbiddenAddress, OSError)):
        resolved(host)


def resolved(host: str) -> list[str]:
    async def run() -> list[str]:
        one = Resolver(())
        try:
            return await one.resolve(host, 443)
        finally:
            one.close()

    return asyncio.run(run())


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example", "\0"])
def test_a_name_that_is_none_is_an_error_of_the_network(host: str) -> None:
    with pytest.raises(OSError):
        resolved(host)


def test_a_name_that_hangs_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    hung, end, real = threading.Event(), threading.Event(), socket.getaddrinfo

    def hang(host: str, *given: Any, **more: Any) -> Any:
        if host == "hangs.example":
            hung.set()
            end.wait(20)
        return real("8.8.8.8", *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def run() -> tuple[list[str], bool]:
        many = [Resolver(()) for _ in range(40)]
        waiting = [asyncio.ensure_future(one.resolve("hangs.example", 443)) for one in many]
        await asyncio.get_running_loop().run_in_executor(None, hung.wait)
        other = Resolver(())
        found = await other.resolve("well.example", 443)
        for one in (*many, other):
            one.close()
        pending = not any(one.done() for one in waiting)
        end.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        return found, pending

    assert asyncio.run(run()) == (["8.8.8.8"], True)
