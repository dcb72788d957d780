"""PKCS#12 files built like those of the IGC-Santé platform, which no library writes.

Two plain contents: the certificates, not encrypted; the key, shrouded with 3DES. MAC with SHA-1, 2048 iterations;
`localKeyID` on key and leaf, no friendlyName, authorities without attributes (RFC 7292; seen on platform files).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes

ITERATIONS = 2048

_DATA = "1.2.840.113549.1.7.1"
_SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2"
_CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3"
_X509 = "1.2.840.113549.1.9.22.1"
_LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
_SHA1_3DES = "1.2.840.113549.1.12.1.3"
_SHA1 = "1.3.14.3.2.26"
_KEY, _IV, _MAC = 1, 2, 3
_SEQUENCE, _SET, _OCTETS, _EXPLICIT = 0x30, 0x31, 0x04, 0xA0


def platform_p12(
    key: rsa.RSAPrivateKey,
    leaf: x509.Certificate,
    authorities: Iterable[x509.Certificate],
    password: str,
) -> bytes:
    """A PKCS#12 with the key, its certificate and the authorities, in the shape of a platform file."""
    own = hashlib.sha1(_der(leaf), usedforsecurity=False).digest()
    attributes = _tlv(_SET, _seq(_oid(_LOCAL_KEY_ID), _tlv(_SET, _tlv(_OCTETS, own))))
    certificates = [_bag(_CERTIFICATE_BAG, _certificate(leaf), attributes)]
    certificates += [_bag(_CERTIFICATE_BAG, _certificate(one)) for one in authorities]
    shrouded = _bag(_SHROUDED_KEY_BAG, _shrouded(key, password), attributes)
    safe = _seq(_content(_seq(*certificates)), _content(_seq(shrouded)))
    return _seq(_integer(3), _content(safe), _mac(safe, password))


def _shrouded(key: rsa.RSAPrivateKey, password: str) -> bytes:
    clear = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt = secrets.token_bytes(8)
    cipher = Cipher(
        TripleDES(_derive(_KEY, password, salt, 24)), modes.CBC(_derive(_IV, password, salt, 8))
    ).encryptor()
    padder = padding.PKCS7(64).padder()
    sealed = cipher.update(padder.update(clear) + padder.finalize()) + cipher.finalize()
    algorithm = _seq(_oid(_SHA1_3DES), _seq(_tlv(_OCTETS, salt), _integer(ITERATIONS)))
    return _seq(algorithm, _tlv(_OCTETS, sealed))


def _mac(safe: bytes, password: str) -> bytes:
    salt = secrets.token_bytes(8)
    digest = hmac.new(_derive(_MAC, password, salt, 20), safe, hashlib.sha1).digest()
    algorithm = _seq(_oid(_SHA1), _tlv(0x05))
    return _seq(_seq(algorithm, _tlv(_OCTETS, digest)), _tlv(_OCTETS, salt), _integer(ITERATIONS))


def _derive(purpose: int, password: str, salt: bytes, length: int) -> bytes:
    """Key derivation of RFC 7292 appendix B.2, with SHA-1 (blocks of 64 bytes)."""
    block = 64
    secret = (password + "\0").encode("utf-16-be")
    inner = bytearray(_stretched(salt, block) + _stretched(secret, block))
    made = b""
    while len(made) < length:
        digest = bytes([purpose]) * block + bytes(inner)
        for _ in range(ITERATIONS):
            digest = hashlib.sha1(digest, usedforsecurity=False).digest()
        made += digest
        step = int.from_bytes(_stretched(digest, block)[:block], "big") + 1
        for start in range(0, len(inner), block):
            part = int.from_bytes(inner[start : start + block], "big") + step
            inner[start : start + block] = (part % (1 << 8 * block)).to_bytes(block, "big")
    return made[:length]


def _stretched(text: bytes, block: int) -> bytes:
    """A text repeated to fill whole blocks."""
    length = block * -(-len(text) // block)
    return (text * (length // len(text) + 1))[:length]


def _bag(kind: str, value: bytes, attributes: bytes = b"") -> bytes:
    return _seq(_oid(kind), _tlv(_EXPLICIT, value), attributes)


def _certificate(one: x509.Certificate) -> bytes:
    return _seq(_oid(_X509), _tlv(_EXPLICIT, _tlv(_OCTETS, _der(one))))


def _content(value: bytes) -> bytes:
    return _seq(_oid(_DATA), _tlv(_EXPLICIT, _tlv(_OCTETS, value)))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _seq(*parts: bytes) -> bytes:
    return _tlv(_SEQUENCE, *parts)


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *others = (int(part) for part in dotted.split("."))
    return _tlv(0x06, *(_base128(part) for part in (40 * first + second, *others)))


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def _tlv(tag: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    if len(value) < 0x80:
        return bytes((tag, len(value))) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + value
