"""TLS contexts of our servers: 1.3, and the AEAD suites of 1.2 (design: settings, storage, trust).

A private key that comes from the store never touches a disk in clear: OpenSSL reads it from a file in memory that has
no name, encrypted with a password that lives as long as the call.
"""

from __future__ import annotations

import os
import secrets
import ssl
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
)

AEAD_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"

HandshakeFault = Literal["certificate", "issuer", "dates", "family", "revocation", "strength", "protocol"]
"""What a client failed at during the handshake: it gave no certificate; one of an unknown authority, out of its dates,
of another purpose than TLS clients, revoked, weak; or the two sides found no way to speak TLS together.
"""

_NO_CERTIFICATE = "PEER_DID_NOT_RETURN_A_CERTIFICATE"
_FAULTS: dict[int, HandshakeFault] = {
    9: "dates",
    10: "dates",
    23: "revocation",
    26: "family",
    66: "strength",
    67: "strength",
    68: "strength",
}
"""Results of verification of OpenSSL (X509_V_ERR_…, x509_vfy.h): not yet valid, expired, revoked, unsuitable purpose,
weak key of the certificate, of an authority, weak digest. The others are faults of the path."""


class KeptCertificate(NamedTuple):
    """What a server shows. chain: certificates (PEM), its own first; key: private key (PKCS#8, DER)."""

    chain: bytes
    key: bytes


def server_context(certificate: str, key: str, client_ca: str = "") -> ssl.SSLContext:
    """Context of a listening port, from files.

    :param certificate: PEM file, chain included; key: PEM file of the private key.
    :param client_ca: PEM file of the authorities whose clients are admitted; given, a client certificate is required.
    :raises OSError: (ssl.SSLError included) when a file is missing, unreadable or does not match.
    """
    context = _context()
    context.load_cert_chain(certificate, key)
    if client_ca:
        client_authorities(client_ca, context)
    return context


def kept_context(kept: KeptCertificate, authorities: tuple[bytes, ...] | None = None) -> ssl.SSLContext:
    """Context of a listening port whose certificate and key are in memory.

    :param authorities: certificates (DER) of the authorities whose clients are admitted; None: no certificate is asked.
    :raises OSError: (ssl.SSLError included) when they do not go together.
    """
    context = _context()
    _show(context, kept)
    without_tickets(context)
    require(context, authorities)
    return context


def without_tickets(context: ssl.SSLContext) -> None:
    """Have every connection show its certificates anew: those that a ticket remembers say nothing of their issuers."""
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0


def require(context: ssl.SSLContext, authorities: tuple[bytes, ...] | None) -> None:
    """Have a context ask its clients for a certificate of these authorities (DER); None: ask nothing."""
    if authorities is None:
        return
    context.verify_mode = ssl.CERT_REQUIRED
    if authorities:
        context.load_verify_locations(cadata=b"".join(authorities))


def client_authorities(file: str, context: ssl.SSLContext | None = None) -> None:
    """Have a context ask its clients for a certificate of the authorities of a PEM file; without one, try the file.

    :raises OSError: (ssl.SSLError included) when it cannot be read, or holds none.
    """
    context = context or _context()
    context.load_verify_locations(file)
    context.verify_mode = ssl.CERT_REQUIRED


def handshake_fault(error: ssl.SSLError) -> HandshakeFault:
    """What a client failed at, from the error of our side of the handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _FAULTS.get(error.verify_code, "issuer")
    return "certificate" if error.reason == _NO_CERTIFICATE else "protocol"


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(AEAD_1_2)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def _show(context: ssl.SSLContext, kept: KeptCertificate) -> None:
    password = secrets.token_hex(32)
    key = load_der_private_key(kept.key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )
    memory = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with open(memory, "wb", closefd=False) as file:
            file.write(kept.chain + key)
        context.load_cert_chain(f"/proc/self/fd/{memory}", password=password)
    finally:
        os.close(memory)
