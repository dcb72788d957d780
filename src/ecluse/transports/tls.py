"""TLS contexts of our servers: 1.3, and the AEAD suites of 1.2 (design: settings, storage, trust)."""

from __future__ import annotations

import ssl

AEAD_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"


def server_context(certificate: str, key: str, client_ca: str = "") -> ssl.SSLContext:
    """Context of a listening port.

    :param certificate: PEM file, chain included; key: PEM file of the private key.
    :param client_ca: PEM file of the authorities whose clients are admitted; given, a client certificate is required.
    :raises OSError: (ssl.SSLError included) when a file is missing, unreadable or does not match.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(AEAD_1_2)
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
