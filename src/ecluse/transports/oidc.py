"""The way to an OpenID Connect provider: short HTTPS exchanges, bounded in time and in size, that follow nothing.

A redirect is an error, answers are read up to a limit and never decompressed, proxies of the environment are ignored,
certificates are verified; the gateway shows its own certificate when it has one (RFC 8705).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import NamedTuple, Self
from urllib.parse import urlencode

import httpx

from ecluse.protocols.oidc import FormRequest, ProviderSilent, is_secure

LIMIT = 512 * 1024
"""Bytes of an answer: userinfo of a professional with many activities has some tens of thousands."""
_FORM = "application/x-www-form-urlencoded"


class OidcReply(NamedTuple):
    """What a provider answered: status of HTTP, Content-Type, body."""

    status: int
    media_type: str
    body: bytes


class OidcHttp:
    """Exchanges with one provider, from any thread.

    :param authorities: PEM file of more certificate authorities, or empty; certificate, key: PEM files of the gateway's
        own certificate for mutual TLS, or empty; timeout: seconds for one whole exchange; limit: bytes of an answer.
    :raises OSError: (ssl.SSLError included) when one of the files cannot be used.
    """

    def __init__(
        self,
        authorities: str = "",
        certificate: str = "",
        key: str = "",
        *,
        timeout: float = 10.0,
        limit: int = LIMIT,
    ) -> None:
        self._timeout = timeout
        self._limit = limit
        self._client = httpx.Client(
            verify=_context(authorities, certificate, key),
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Ecluse", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read(self, address: str) -> bytes:
        """A document of the provider.

        :raises ProviderSilent: no answer, or one that is not 200.
        """
        reply = self.fetch(address)
        if reply.status != 200:
            raise ProviderSilent("provider-status", str(reply.status))
        return reply.body

    def fetch(self, address: str, bearer: str = "") -> OidcReply:
        """GET an address.

        :param bearer: access token to show, or empty.
        :raises ProviderSilent: no usable answer; any status but a redirect is one.
        """
        headers = {"Accept": "application/json, application/jwt"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return self._exchange("GET", address, headers, None)

    def post(self, request: FormRequest) -> OidcReply:
        """POST a form.

        :raises ProviderSilent: no usable answer; any status but a redirect is one.
        """
        headers = {"Accept": "application/json", "Content-Type": _FORM}
        if request.authorization:
            headers["Authorization"] = request.authorization
        return self._exchange("POST", request.address, headers, urlencode(request.form).encode())

    def _exchange(self, method: str, address: str, headers: dict[str, str], body: bytes | None) -> OidcReply:
        if not is_secure(address):
            raise ProviderSilent("metadata-insecure")
        ends = time.monotonic() + self._timeout
        try:
            with self._client.stream(method, address, headers=headers, content=body) as response:
                if 300 <= response.status_code < 400:
                    raise ProviderSilent("provider-redirect", str(response.status_code))
                media_type = response.headers.get("Content-Type", "")
                return OidcReply(response.status_code, media_type, self._take(response.iter_raw(), ends))
        except httpx.TimeoutException:
            raise ProviderSilent("provider-timeout") from None
        except httpx.ConnectError as error:
            raise ProviderSilent("provider-tls" if _is_tls(error) else "provider-unreachable") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderSilent("provider-tls" if _is_tls(error) else "provider-unreachable") from None

    def _take(self, parts: Iterable[bytes], ends: float) -> bytes:
        """The bytes of an answer, as long as they stay within the limits: an answer may come byte after byte."""
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._limit:
                raise ProviderSilent("provider-oversized", f"{self._limit} bytes")
            if time.monotonic() > ends:
                raise ProviderSilent("provider-timeout")
        return bytes(body)


def _context(authorities: str, certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    if authorities:
        context.load_verify_locations(authorities)
    if certificate:
        context.load_cert_chain(certificate, key or None)
    return context


def _is_tls(error: BaseException) -> bool:
    """Whether TLS is at the origin of an error: httpx keeps the first cause in the chain."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
