"""Which addresses the gateway may call: none of this machine nor of private networks, unless a setting allows them.

An address that a subscriber chooses must not become a way into the network the gateway stands in (server-side request
forgery). Names are resolved here and the connection goes to the very addresses that were checked, so a name cannot
change between the check and the call.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import NamedTuple

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WHOLE = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
"""IPv6 networks whose last 32 bits are the IPv4 address that is reached: mapped (RFC 4291, 2.5.5.2), translated
(RFC 2765, 2.1), NAT64 (RFC 6052, 2.1)."""
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""Bits 64 to 95 of an address whose last 32 bits are an IPv4 address (RFC 5214, 6.1)."""
_LAST = 0xFFFF_FFFF


class ForbiddenAddress(Exception):
    """The destination leads to an address that may not be called; the message names it."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks of a setting (`10.1.0.0/16`, `192.0.2.7`).

    :raises ValueError: for a text that is no network.
    """
    return tuple(ipaddress.ip_network(text) for text in texts)


def check(address: str, allowed: Sequence[Network]) -> None:
    """Accept a public address, or one of the networks allowed.

    :param address: an IPv4 or IPv6 address in text.
    :raises ForbiddenAddress: otherwise.
    """
    one = ipaddress.ip_address(address.partition("%")[0])
    if any(one in network for network in allowed if network.version == one.version):
        return
    carried = _carried(one)
    for inner in carried:
        check(str(inner), allowed)
    if not carried or _is_isatap(one):
        _check_public(one, address)


def _check_public(one: Address, address: str) -> None:
    special = _special()
    within = one.version == 4 or one in special.global_6
    if not within or any(one in network for network in special.blocks if network.version == one.version):
        raise ForbiddenAddress(address)


def _carried(one: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for, or goes through."""
    if isinstance(one, ipaddress.IPv4Address):
        return ()
    number = int(one)
    if any(one in network for network in _WHOLE) or _is_isatap(one):
        return (ipaddress.IPv4Address(number & _LAST),)
    if one in _SIX_TO_FOUR:
        return (ipaddress.IPv4Address(number >> 80 & _LAST),)
    if one in _TEREDO:
        # Its server, then its client, written inverted (RFC 4380, 4).
        return (ipaddress.IPv4Address(number >> 64 & _LAST), ipaddress.IPv4Address(~number & _LAST))
    return ()


def _is_isatap(one: Address) -> bool:
    return one.version == 6 and int(one) >> 32 & _LAST in _ISATAP


class _Special(NamedTuple):
    blocks: tuple[Network, ...]
    global_6: ipaddress.IPv6Network


@cache
def _special() -> _Special:
    """What the registries of IANA set apart: our own tables, since those of Python change with its version."""
    data = tomllib.loads(files(__package__).joinpath("data/special_addresses.toml").read_text("utf-8"))
    blocks = networks([*data["ipv4"]["special"], *data["ipv6"]["special"]])
    return _Special(blocks, ipaddress.IPv6Network(data["ipv6"]["global"]))


class Resolver:
    """Resolves names on a thread of its own, so that a name that hangs keeps nobody else waiting.

    :param allowed: private networks that may be called; None: any address may.
    """

    def __init__(self, allowed: Sequence[Network] | None) -> None:
        self._allowed = allowed
        self._thread = ThreadPoolExecutor(1, "resolve")

    async def resolve(self, host: str, port: int) -> list[str]:
        """Addresses of a host, all of them allowed.

        :param host: a name, or an address (an IPv6 one in its brackets or not).
        :raises ForbiddenAddress: when one of them may not be called; OSError: when the name has none.
        """
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        found = await asyncio.get_running_loop().run_in_executor(self._thread, _ask, bare, port)
        if self._allowed is not None:
            for address in found:
                check(address, self._allowed)
        return found

    def close(self) -> None:
        """Wait for nothing: a name that hangs ends with its thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _ask(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError as error:
        raise OSError("not a host name") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))
