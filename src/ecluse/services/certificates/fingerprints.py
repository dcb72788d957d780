"""Client certificates: what a sender is recognised by on a connection with mutual TLS.

The fingerprint is the SHA-256 of the whole certificate (DER), as `openssl x509 -noout -fingerprint -sha256` prints it.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from ecluse.services.columns import column

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as Parsed

_FINGERPRINT = re.compile(r"(?:sha256:)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.ASCII | re.IGNORECASE)


class Certificate(NamedTuple):
    """fingerprint: SHA-256 in lower hexadecimal; subject: distinguished name (RFC 4514), empty when unreadable."""

    fingerprint: str
    subject: str


class CertificateFile(NamedTuple):
    """The certificate of a file, and until when it is valid."""

    certificate: Certificate
    valid_until: datetime


def read_certificate(der: bytes) -> Certificate:
    """A certificate as it came in a TLS handshake; never raises: the fingerprint alone is enough to recognise it."""
    from cryptography.x509 import load_der_x509_certificate

    try:
        subject = _subject(load_der_x509_certificate(der))
    except Exception:  # OpenSSL accepted it; a stricter reader may not, each in its own way
        subject = ""
    return Certificate(sha256(der).hexdigest(), subject)


def read_certificate_file(content: bytes) -> CertificateFile:
    """The first certificate of a file, PEM or DER.

    :raises ValueError: when there is none.
    """
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

    found = (load_pem_x509_certificate if b"-----BEGIN" in content else load_der_x509_certificate)(content)
    der = found.public_bytes(Encoding.DER)
    return CertificateFile(Certificate(sha256(der).hexdigest(), _subject(found)), found.not_valid_after_utc)


def read_fingerprint(text: str) -> str | None:
    """A SHA-256 fingerprint in lower hexadecimal, from `sha256:…` or the form of openssl (`AB:CD:…`); else None."""
    found = _FINGERPRINT.fullmatch(text.strip())
    return None if found is None else found[1].replace(":", "").lower()


def _subject(certificate: Parsed) -> str:
    return column(certificate.subject.rfc4514_string())
