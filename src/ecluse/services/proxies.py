"""Whose address a request comes from, when TLS proxies stand in front of the pages.

Each proxy adds the address of its own caller at the end of X-Forwarded-For: read from the end, the first address that
is no declared proxy is the last one that somebody trustworthy saw. What stands before it is whatever the caller wrote.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HEADER = "X-Forwarded-For"
PEER = "ecluse.peer"
"""In the environment of WSGI, where no header of a client can write it: who holds the connection."""
_MOST = 50
"""Addresses read at most: nobody stands behind more proxies."""

_trusted: tuple[Network, ...] = ()


def use(networks: Sequence[str]) -> None:
    """Believe the proxies of these networks from now on.

    :param networks: addresses or networks, checked with the settings.
    """
    global _trusted
    _trusted = tuple([ipaddress.ip_network(one, strict=False) for one in networks])


def caller_of(peer: str, told: str) -> str:
    """The address of the caller.

    :param peer: who holds the connection; told: its X-Forwarded-For, or empty.
    :returns: an address; the peer's when it is no declared proxy, or tells nothing that can be read.
    """
    if not told or not _is_proxy(_address(peer)):
        return peer
    last = peer
    for one in reversed(told.split(",")[-_MOST:]):
        address = _address(one)
        if address is None:
            return last
        last = str(address)
        if not _is_proxy(address):
            return last
    return last


def _is_proxy(address: Address | None) -> bool:
    return address is not None and any(address in one for one in _trusted)


def _address(text: str) -> Address | None:
    """An address as proxies write it: alone, with a port, in brackets, or with the zone of a link."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
