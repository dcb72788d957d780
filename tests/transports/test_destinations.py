"""A subscriber's address is not a way into the network of the gateway."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.transports.destinations import ForbiddenAddress, check, networks, resolve

FORBIDDEN = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%lo", "fc00::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
    "2002:a00:1::", "::7f00:1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_private_and_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2a01:e0a::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_called(address: str) -> None:
    check(address, ())


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
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
        asyncio.run(resolve(host, 443, ()))
