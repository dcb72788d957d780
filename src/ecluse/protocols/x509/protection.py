"""How a key or a bag is protected by a password, read before anything is computed, so that no file costs too much.

Source: RFC 8018 appendix A (PBES1, PBES2, PBKDF2), RFC 7292 appendix C (PKCS #12 PBE), RFC 7914 §7 (scrypt),
RFC 9579 (PBMAC1).
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.bundle_words import refusal

PBES2 = "1.2.840.113549.1.5.13"
PBMAC1 = "1.2.840.113549.1.5.14"
_PBKDF2 = "1.2.840.113549.1.5.12"
_SCRYPT = "1.3.6.1.4.1.11591.4.11"
_RC2 = frozenset({"1.2.840.113549.1.12.1.5", "1.2.840.113549.1.12.1.6", "1.2.840.113549.3.2"})
"""PKCS #12 PBE with 128 and 40 bits, and the cipher itself inside PBES2."""

DEAREST = 4_000_000
"""Iterations that one file may ask for, all its parts added: the ordinary ones ask for 2,048 to 600,000 each."""
_SCRYPT_MEMORY = 64 * 1024 * 1024
_SCRYPT_PARALLEL = 16


class Protection(NamedTuple):
    """One protection by password. algorithm: OID of the scheme; cost: iterations; rc2: its cipher is RC2."""

    algorithm: str
    cost: int
    rc2: bool = False


def read_protection(identifier: der.Element) -> Protection:
    """The protection that an AlgorithmIdentifier describes. Raises `Unreadable`."""
    reader = identifier.reader()
    oid = der.object_id(reader.take(der.OBJECT))
    if not reader.more():
        return Protection(oid, 0)
    parameters = reader.take()
    if oid in (PBES2, PBMAC1):
        return _schemes(oid, parameters)
    if parameters.tag != der.SEQUENCE:
        return Protection(oid, 0)
    inside = parameters.reader()
    inside.take(der.OCTET_STRING)
    return Protection(oid, der.count(inside.take(der.INTEGER)), oid in _RC2)


def _schemes(oid: str, parameters: der.Element) -> Protection:
    """PBES2 and PBMAC1: a derivation of the key, then a cipher or a MAC."""
    reader = parameters.reader()
    derivation, use = reader.take(der.SEQUENCE), reader.take(der.SEQUENCE)
    cipher = der.object_id(use.reader().take(der.OBJECT))
    return Protection(oid, _derivation_cost(derivation), cipher in _RC2)


def _derivation_cost(derivation: der.Element) -> int:
    reader = derivation.reader()
    oid = der.object_id(reader.take(der.OBJECT))
    if oid not in (_PBKDF2, _SCRYPT):
        return 0  # the library refuses it in its turn
    inside = reader.take(der.SEQUENCE).reader()
    inside.take()  # salt
    first = der.count(inside.take(der.INTEGER))
    if oid == _PBKDF2:
        return first
    block, parallel = der.count(inside.take(der.INTEGER)), der.count(inside.take(der.INTEGER))
    if 128 * first * block > _SCRYPT_MEMORY or parallel > _SCRYPT_PARALLEL:
        raise refusal("too-costly")
    return first * parallel


def check_cost(protections: list[Protection]) -> None:
    """Refuse a file whose opening would take too long. Raises `Unreadable`."""
    if sum(one.cost for one in protections) > DEAREST:
        raise refusal("too-costly")


def encrypted_key_protection(content: bytes) -> Protection | None:
    """How the DER of a private key is protected (EncryptedPrivateKeyInfo, RFC 5958 §3); None: it is in clear."""
    parts = der.items(der.only(content, der.SEQUENCE))
    if [one.tag for one in parts] != [der.SEQUENCE, der.OCTET_STRING]:
        return None
    return read_protection(parts[0])
