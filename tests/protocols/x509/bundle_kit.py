"""Throw-away keys and certificates, and the files that openssl makes of them, for the tests of keys and bundles."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ecluse.protocols.x509 import Certificate, read_certificate
from tests.pki_kit import throw_away_keys

PLATFORM = ("-certpbe", "NONE", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1")
"""Options of openssl that give the structure seen in the files of the IGC-Santé platform."""


class Pair(NamedTuple):
    """A key (PKCS #8 in DER) and its certificate."""

    key: bytes
    certificate: Certificate


NAMES = ("root", "intermediate", "leaf")


def private_key(name: str) -> RSAPrivateKey:
    """The key of this name."""
    return throw_away_keys()[2048][NAMES.index(name)]


@cache
def key_of(name: str) -> bytes:
    """The same, PKCS #8 in DER."""
    return private_key(name).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@cache
def pair(name: str, issuer: str = "") -> Pair:
    """A certificate of this CN, signed by the authority of that name (itself when empty)."""
    holder, above = private_key(name), private_key(issuer or name)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(holder.public_key())
        .serial_number(len(name) + 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1000))
        .sign(above, SHA256())
    )
    return Pair(key_of(name), read_certificate(built.public_bytes(Encoding.DER)))


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """What openssl writes on its output."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def key_pem(key: bytes) -> bytes:
    """The key in PEM, in clear."""
    return openssl("pkey", "-inform", "DER", given=key)


def p12(
    folder: Path, password: str, main: Pair, *others: Certificate, options: tuple[str, ...] = ()
) -> bytes:
    """A PKCS #12 file made by openssl."""
    (folder / "key.pem").write_bytes(key_pem(main.key))
    pem = [one.pem for one in (*others, main.certificate)]
    (folder / "all.pem").write_text("".join(pem))
    files = ("-inkey", str(folder / "key.pem"), "-in", str(folder / "all.pem"))
    return openssl("pkcs12", "-export", *files, "-passout", f"pass:{password}", *options)
