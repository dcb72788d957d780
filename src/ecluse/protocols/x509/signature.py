"""Who signed: a certificate, a revocation list, an OCSP answer, against a public key.

Source: RFC 5280 §4.1.1.3; RFC 4055 (RSA), RFC 5758 and RFC 3279 (ECDSA, DSA), RFC 8410 (Edwards curves).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.errors import Unreadable, malformed, reading
from ecluse.protocols.x509.public_key import Algorithm, PublicKey, read_algorithm

_PSS, _MGF1 = "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
_LONGEST_SALT = 512

_ALGORITHMS = {
    "1.2.840.113549.1.1.4": ("rsa", "md5"),
    "1.2.840.113549.1.1.5": ("rsa", "sha1"),
    "1.2.840.113549.1.1.14": ("rsa", "sha224"),
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    "1.2.840.10045.4.1": ("ec", "sha1"),
    "1.2.840.10045.4.3.1": ("ec", "sha224"),
    "1.2.840.10045.4.3.2": ("ec", "sha256"),
    "1.2.840.10045.4.3.3": ("ec", "sha384"),
    "1.2.840.10045.4.3.4": ("ec", "sha512"),
    "1.2.840.10040.4.3": ("dsa", "sha1"),
    "2.16.840.1.101.3.4.3.1": ("dsa", "sha224"),
    "2.16.840.1.101.3.4.3.2": ("dsa", "sha256"),
    "1.3.101.112": ("ed25519", "sha512"),
    "1.3.101.113": ("ed448", "shake256"),
}
"""Kind of key and digest of each signature algorithm that is verified here."""

_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Signed(Protocol):
    """Anything that carries a signature over a part of itself."""

    @property
    def tbs(self) -> bytes:
        """The part that is signed."""
        ...

    @property
    def algorithm(self) -> Algorithm:
        """How it is signed."""
        ...

    @property
    def signature(self) -> bytes:
        """The signature."""
        ...


class Scheme(NamedTuple):
    """A signature algorithm, understood. kind: of the key. digest: `sha256`… salt: length, for RSA-PSS only."""

    kind: str
    digest: str
    mask_digest: str | None = None
    salt: int = 0


def scheme(algorithm: Algorithm) -> Scheme | None:
    """What a signature algorithm asks for; None when it is not one that is verified here."""
    if algorithm.oid == _PSS:
        try:
            with reading("RSASSA-PSS-params"):
                return _pss(algorithm.parameters)
        except Unreadable:
            return None
    known = _ALGORITHMS.get(algorithm.oid)
    return None if known is None else Scheme(*known)


def _pss(parameters: bytes) -> Scheme:
    """RSASSA-PSS-params (RFC 4055 §3.1), defaults included; any trailer but the first is refused."""
    reader = der.only(parameters, der.SEQUENCE).reader()
    digest, mask, salt, trailer = (reader.optional(tag) for tag in (0xA0, 0xA1, 0xA2, 0xA3))
    reader.done()
    name = "sha1" if digest is None else _DIGESTS[read_algorithm(der.only(digest.content)).oid]
    mask_name = "sha1"
    if mask is not None:
        generator = read_algorithm(der.only(mask.content))
        if generator.oid != _MGF1:
            raise malformed("MaskGenAlgorithm")
        mask_name = _DIGESTS[read_algorithm(der.only(generator.parameters)).oid]
    length = 20 if salt is None else der.count(der.only(salt.content, der.INTEGER))
    if length > _LONGEST_SALT or (trailer is not None and der.count(der.only(trailer.content)) != 1):
        raise malformed("RSASSA-PSS-params")
    return Scheme("rsa", name, mask_name, length)


def signed_by(one: Signed, issuer: Certificate) -> bool:
    """True when the key of this certificate made the signature. Names, dates and rights are judged elsewhere."""
    return signed_with(one, issuer.public_key)


def signed_with(one: Signed, key: PublicKey) -> bool:
    """True when this key made the signature; an unknown algorithm, or a key unfit for it, is False."""
    wanted = scheme(one.algorithm)
    if wanted is None or wanted.kind != key.kind or not one.signature:
        return False
    try:
        return _verify(_load(key.spki), one, wanted)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False


@lru_cache(maxsize=256)
def _load(spki: bytes) -> object:
    """The key object: loading costs more than verifying, and authorities are few."""
    return serialization.load_der_public_key(spki)


def _verify(key: object, one: Signed, wanted: Scheme) -> bool:
    """Verifies with the primitive of the key; raises InvalidSignature when it does not."""
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(one.signature, one.tbs)
        return True
    digest = _HASHES[wanted.digest]
    if isinstance(key, rsa.RSAPublicKey):
        fill: padding.AsymmetricPadding = padding.PKCS1v15()
        if wanted.mask_digest is not None:
            fill = padding.PSS(padding.MGF1(_HASHES[wanted.mask_digest]), wanted.salt)
        key.verify(one.signature, one.tbs, fill, digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(one.signature, one.tbs, ec.ECDSA(digest))
    elif isinstance(key, dsa.DSAPublicKey):
        key.verify(one.signature, one.tbs, digest)
    else:
        return False
    return True
