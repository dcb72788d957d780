"""Which addresses the gateway may call: none of this machine nor of private networks, unless a setting allows them.

An address that a subscriber chooses must not become a way into the network the gateway stands in (server-side request
forgery). Names are resolved here and the connection goes to the very addresses that were checked, so a name cannot
change between the check and the call.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_CARRYING = (ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("::/96"))
"""IPv6 networks that stand for IPv4 addresses in ways that depend on the network: never public here."""


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
    inner = _inner(one)
    if inner is not one:
        check(str(inner), allowed)
        return
    if (
        not one.is_global
        or one.is_multicast
        or any(one in network for network in _CARRYING if one.version == 6)
    ):
        raise ForbiddenAddress(address)


def _inner(one: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(one, ipaddress.IPv4Address):
        return one
    if one in _NAT64:
        return ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
    return one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None) or one


async def resolve(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """Addresses of a host, all of them allowed.

    :raises ForbiddenAddress: when one of them may not be called; OSError: when the name has none.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    found = await asyncio.get_running_loop().getaddrinfo(bare, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        check(address, allowed)
    return addresses
