"""Posts to webhooks: TLS verified, redirects not followed, forbidden addresses not called, answers read in part."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from ecluse.transports.destinations import ForbiddenAddress, Network, Resolver, check

CONNECT_SECONDS = 5.0
_READ = 16_384
"""Bytes of an answer that are read, so that the connection can serve again; the rest is not waited for."""

Failure = Literal["", "forbidden", "unreachable", "tls", "timeout", "protocol"]


class Reply(NamedTuple):
    """What a destination answered. status: HTTP status, 0 when there was no answer; failure: why there was none.

    wait: seconds asked for by Retry-After, or 0; detail: one line for people, without address nor content.
    """

    status: int
    failure: Failure = ""
    wait: float = 0.0
    detail: str = ""


class _GuardedResolver(AbstractResolver):
    def __init__(self, allowed: Sequence[Network]) -> None:
        self._names = Resolver(allowed)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._names.resolve(host, port)
        ]

    async def close(self) -> None:
        """Leave a name that hangs to its thread."""
        self._names.close()


class WebhookClient:
    """One pool of connections; made and closed inside the event loop that uses it.

    :param allowed: private networks that may be called; authorities: PEM file of more certificate authorities, or
        empty; timeout: seconds for one whole exchange.
    """

    def __init__(self, allowed: Sequence[Network] = (), authorities: str = "", timeout: float = 15.0) -> None:
        self._allowed = allowed
        self._checked = ""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.hostname_checks_common_name = False
        if authorities:
            context.load_verify_locations(authorities)
        self._resolver = _GuardedResolver(allowed)
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            ssl=context,
            limit=0,
            limit_per_host=64,
            use_dns_cache=False,
            keepalive_timeout=30.0,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": "Ecluse"},
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post a body once. Never raises for what the destination or the network does."""
        try:
            self._check_literal(url)
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.content.read(_READ)
                return Reply(response.status, wait=_retry_after(response.headers.get("Retry-After", "")))
        except ForbiddenAddress:
            return Reply(0, "forbidden", detail="address not allowed")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError) as error:
            return Reply(0, "tls", detail=_reason(error))
        except TimeoutError:
            return Reply(0, "timeout", detail="no answer in time")
        except aiohttp.ClientConnectorError as error:
            return _unreachable(error)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(0, "protocol", detail=type(error).__name__)

    def _check_literal(self, url: str) -> None:
        """A host written as an address is not resolved: check it here, once, as it is always the same."""
        if url == self._checked:
            return
        host = URL(url).host or ""
        try:
            literals = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
        except OSError:
            pass
        else:
            for found in literals:
                check(str(found[4][0]), self._allowed)
        self._checked = url

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self._resolver.close()
        # aiohttp closes TLS transports at the next turns of the loop.
        await asyncio.sleep(0)


def _unreachable(error: aiohttp.ClientConnectorError) -> Reply:
    cause: Any = error
    while cause is not None:
        if isinstance(cause, ForbiddenAddress):
            return Reply(0, "forbidden", detail="address not allowed")
        cause = cause.__cause__ or cause.__context__
    return Reply(0, "unreachable", detail=error.os_error.strerror or type(error.os_error).__name__)


def _reason(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__)


def _retry_after(text: str) -> float:
    """Seconds of a Retry-After header in its form of a number; 0 for any other (RFC 9110, 10.2.3)."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0
