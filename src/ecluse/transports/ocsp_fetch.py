"""Ask an OCSP responder over HTTP (RFC 6960 appendix A.1: POST), under the same rules as `transports.crl_fetch`."""

from __future__ import annotations

from collections.abc import Sequence

from ecluse.transports.crl_fetch import exchange
from ecluse.transports.destinations import Network

MOST_BYTES = 64 * 1024
SECONDS = 10.0


def ask(address: str, request: bytes, allowed: Sequence[Network] = (), *, seconds: float = SECONDS) -> bytes:
    """The answer of a responder, not verified.

    :param address: `http:`, as a certificate gives it; request: OCSPRequest (DER); allowed: private networks that may
        be called.
    :raises NotFetched: and why.
    """
    headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
    return exchange("POST", address, request, headers, allowed, most=MOST_BYTES, seconds=seconds)
