"""Certificates of the establishments: kept, used, watched; and those a sender is recognised by."""

from __future__ import annotations

from ecluse.services.certificates.fingerprints import (
    Certificate,
    CertificateFile,
    read_certificate,
    read_certificate_file,
    read_fingerprint,
)

__all__ = [
    "Certificate",
    "CertificateFile",
    "read_certificate",
    "read_certificate_file",
    "read_fingerprint",
]
