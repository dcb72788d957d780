"""Knock at a port: does it accept connections, and which TLS does it speak. Nothing is sent but the handshake."""

from __future__ import annotations

import socket
import ssl
import time
from typing import NamedTuple


class Knock(NamedTuple):
    """What came of it. seconds: until the connection, or the handshake, was there; tls: version, or empty; cipher: name
    of the suite; certificate: that of the server (DER), or empty; refused: why it did not answer, in the words of the
    system, or empty.
    """

    seconds: float
    tls: str = ""
    cipher: str = ""
    certificate: bytes = b""
    refused: str = ""


def knock(host: str, port: int, *, tls: bool, patience: float = 3.0) -> Knock:
    """Connect, shake hands when the port speaks TLS, and leave.

    The certificate is not verified: it is given back to be looked at. A port that asks for the client's certificate
    completes the handshake of TLS 1.3 before it looks at it.

    :param patience: seconds to wait.
    """
    began = time.monotonic()
    try:
        with socket.create_connection((host, port), patience) as connection:
            if not tls:
                return Knock(time.monotonic() - began)
            with _context().wrap_socket(connection, server_hostname=host) as secured:
                suite = secured.cipher()
                return Knock(
                    time.monotonic() - began,
                    secured.version() or "",
                    suite[0] if suite is not None else "",
                    secured.getpeercert(binary_form=True) or b"",
                )
    except OSError as error:
        return Knock(time.monotonic() - began, refused=error.strerror or str(error) or type(error).__name__)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
