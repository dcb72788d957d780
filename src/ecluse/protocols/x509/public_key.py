"""The public key of a certificate, as its SubjectPublicKeyInfo tells it.

Source: RFC 5280 §4.1.2.7; RFC 3279 §2.3 (RSA, DSA), RFC 5480 (elliptic curves), RFC 8410 (Edwards curves).
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import malformed

_KINDS = {
    "1.2.840.113549.1.1.1": "rsa",
    "1.2.840.113549.1.1.10": "rsa",
    "1.2.840.10045.2.1": "ec",
    "1.2.840.10040.4.1": "dsa",
    "1.3.101.112": "ed25519",
    "1.3.101.113": "ed448",
}
_CURVES = {
    "1.2.840.10045.3.1.1": 192,
    "1.3.132.0.33": 224,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.10": 256,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.36.3.3.2.8.1.1.7": 256,
    "1.3.36.3.3.2.8.1.1.11": 384,
    "1.3.36.3.3.2.8.1.1.13": 512,
}


class Algorithm(NamedTuple):
    """An AlgorithmIdentifier: dotted OID, and the DER of its parameters (empty when absent)."""

    oid: str
    parameters: bytes


class PublicKey(NamedTuple):
    """A public key.

    kind: `rsa`, `ec`, `dsa`, `ed25519`, `ed448`, else the dotted OID. bits: its size (0 when unknown).
    spki: DER of the SubjectPublicKeyInfo. key: the octets of its BIT STRING (a key identifier is their SHA-1).
    """

    kind: str
    bits: int
    spki: bytes
    algorithm: Algorithm
    key: bytes

    def with_parameters_of(self, issuer: PublicKey) -> PublicKey:
        """This key, with the parameters it inherits from the issuer's when it has none (RFC 5280 §6.1.4 (f))."""
        if self.algorithm.parameters or self.kind != "dsa" or issuer.kind != "dsa":
            return self
        oid = der.only(self.spki).reader().take().reader().take().der
        algorithm = der.write(der.SEQUENCE, oid + issuer.algorithm.parameters)
        spki = der.write(der.SEQUENCE, algorithm + der.write(der.BIT_STRING, b"\x00" + self.key))
        return read_public_key(der.only(spki))


def read_algorithm(element: der.Element) -> Algorithm:
    """The AlgorithmIdentifier that a SEQUENCE holds. Raises `Unreadable`."""
    if element.tag != der.SEQUENCE:
        raise malformed("AlgorithmIdentifier")
    reader = element.reader()
    oid = der.object_id(reader.take(der.OBJECT))
    parameters = reader.take().der if reader.more() else b""
    reader.done()
    return Algorithm(oid, parameters)


def read_public_key(element: der.Element) -> PublicKey:
    """The key of a SubjectPublicKeyInfo. Raises `Unreadable`."""
    if element.tag != der.SEQUENCE:
        raise malformed("SubjectPublicKeyInfo")
    reader = element.reader()
    algorithm = read_algorithm(reader.take())
    key = der.bits(reader.take(der.BIT_STRING))
    reader.done()
    kind = _KINDS.get(algorithm.oid, algorithm.oid)
    return PublicKey(kind, _size(kind, algorithm, key), element.der, algorithm, key)


def _size(kind: str, algorithm: Algorithm, key: bytes) -> int:
    """Size in bits: of the modulus, of the curve, of the prime."""
    if kind == "rsa":
        return der.integer(der.only(key, der.SEQUENCE).reader().take(der.INTEGER)).bit_length()
    if kind == "dsa" and algorithm.parameters[:1] == bytes((der.SEQUENCE,)):
        return der.integer(der.only(algorithm.parameters).reader().take(der.INTEGER)).bit_length()
    if kind == "ec" and algorithm.parameters[:1] == bytes((der.OBJECT,)):
        return _CURVES.get(der.object_id(der.only(algorithm.parameters)), 0)
    return {"ed25519": 256, "ed448": 448}.get(kind, 0)
