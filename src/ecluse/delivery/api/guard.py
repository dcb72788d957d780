"""Who asks: the bearer token of a request, the scopes it needs, and what the caller declares of itself.

Shared by REST and FHIR. Nothing here reads a cookie, so nothing here needs a CSRF token.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import time
from dataclasses import replace
from hashlib import sha256
from urllib.parse import unquote

from django.http import HttpRequest

from ecluse.delivery.api import problems
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.settings import current
from ecluse.services import access
from ecluse.services.access import Caller
from ecluse.services.proxies import PEER

ON_BEHALF_OF = "Ecluse-On-Behalf-Of"
"""Header by which a client says for whom it asks: kept in the trail, gives no right."""
_BEHALF = re.compile(r"[ -~]{1,600}")
_LONGEST_BEHALF = 200
_FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def now() -> int:
    """µs since 1970, UTC."""
    return time.time_ns() // 1000


def admit(request: HttpRequest, *scopes: str) -> Caller:
    """The caller of a request, who has all these scopes.

    :raises Problem: 401, 403 or 429, with what to do.
    """
    found = access.from_header(request.headers.get("Authorization", ""), now(), certificate(request))
    if isinstance(found, access.Denied):
        raise problems.slow_down(found.retry_after) if found.retry_after else Problem(found.code)
    if lacking := sorted(set(scopes) - found.scopes):
        names = ", ".join(lacking)
        raise Problem("scope-missing", f"Il manque : {names}.", f"Missing: {names}.")
    return replace(found, on_behalf_of=_on_behalf_of(request))


def _on_behalf_of(request: HttpRequest) -> str:
    """What the caller declares: visible characters of ASCII, the others percent-encoded in UTF-8 (RFC 3986)."""
    told = request.headers.get(ON_BEHALF_OF, "")
    name = unquote(told)
    if told and not (_BEHALF.fullmatch(told) and name.isprintable() and len(name) <= _LONGEST_BEHALF):
        raise Problem(
            "validation",
            f"L’en-tête {ON_BEHALF_OF} tient en 200 caractères imprimables ; les accents s’écrivent en %C3%A9.",
            f"The header {ON_BEHALF_OF} holds 200 printable characters at most; accents are written %C3%A9.",
            errors=[
                {
                    "where": f"header.{ON_BEHALF_OF}",
                    "type": "string_pattern_mismatch",
                    "what": "not printable",
                }
            ],
        )
    return name


def certificate(request: HttpRequest) -> str:
    """SHA-256 of the client's certificate in hexadecimal, as a trusted proxy tells it, or empty.

    The proxy gives either that fingerprint, or the certificate itself in PEM, percent-encoded or not (nginx:
    `$ssl_client_escaped_cert`; HAProxy: `%[ssl_c_der,sha2(256),hex]`).
    """
    settings = current()
    if not settings.certificate_header or not _trusted(_peer(request)):
        return ""
    told = request.headers.get(settings.certificate_header, "").strip()
    if _FINGERPRINT.fullmatch(told):
        return told.replace(":", "").lower()
    match = _PEM.search(unquote(told))
    if match is None:
        return ""
    try:
        der = base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error:
        return ""
    return sha256(der).hexdigest()


def _peer(request: HttpRequest) -> str:
    """Who holds the connection: the proxy itself, whose caller REMOTE_ADDR may name."""
    return str(request.META.get(PEER) or request.META.get("REMOTE_ADDR", ""))


def _trusted(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    networks = current().certificate_proxies
    return address.is_loopback or any(address in ipaddress.ip_network(one, strict=False) for one in networks)
