"""Certificates for tests, made for the occasion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Pems(NamedTuple):
    """PEM files: a certificate signed by itself, its key, and the key of nothing."""

    certificate: Path
    key: Path
    other_key: Path


def make_pems(folder: Path, valid: timedelta = timedelta(days=1)) -> Pems:
    """Write them in a folder. valid: from now, less than nothing for a certificate that expired."""
    pems = Pems(folder / "certificate.pem", folder / "key.pem", folder / "other_key.pem")
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + valid)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pems.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    for path, one in ((pems.key, key), (pems.other_key, other)):
        path.write_bytes(
            one.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return pems
