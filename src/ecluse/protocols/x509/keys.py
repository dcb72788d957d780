"""Private keys: made, read from a file, matched with a certificate, used to sign.

Source: RFC 5958 (PKCS #8), RFC 8017 (RSA), RFC 7468 §10-11 (PEM); IGC-Santé: RSA 2048, SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
)

from ecluse.protocols.x509.bundle_words import refusal, wrong_password
from ecluse.protocols.x509.errors import Unreadable, oversized
from ecluse.protocols.x509.protection import check_cost, encrypted_key_protection

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from ecluse.protocols.x509.certificate import Certificate

LARGEST_FILE = 256 * 1024
"""Bytes of a file of keys; a real one takes under 20 kB."""
SMALLEST_RSA = 2048
_EXPONENT = 65537
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]+(?:-(?!----)[^-]*)*)-----END \1-----")
_MOST_KEYS = 16
_LONGEST_PASSWORD = 1023
"""Bytes of UTF-8; the library takes no more."""


class Signer(Protocol):
    """Whatever signs in the name of a certificate: a key kept in the store, or a token that never gives its own."""

    @property
    def certificate(self) -> Certificate:
        """The certificate whose key signs."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Signature of these bytes: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2)."""
        ...


class LoadedKey:
    """A private key of the store, parsed once: parsing costs some forty milliseconds, a signature less than one."""

    __slots__ = ("_certificate", "_hash", "_key", "_padding")

    def __init__(self, key: bytes, certificate: Certificate) -> None:
        """:param key: PKCS #8 in DER. Raises `Unreadable` when it is no RSA key, or not the certificate's."""
        loaded = _load(key)
        if not isinstance(loaded, rsa.RSAPrivateKey) or loaded.key_size < SMALLEST_RSA:
            raise refusal("not-rsa")
        if _spki(loaded) != _known_spki(certificate.public_key.spki):
            raise refusal("foreign-key")
        self._key = loaded
        self._certificate = certificate
        self._padding = padding.PKCS1v15()
        self._hash = SHA256()

    @property
    def certificate(self) -> Certificate:
        """The certificate whose key signs."""
        return self._certificate

    def sign(self, data: bytes) -> bytes:
        """Signature of these bytes: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2)."""
        return self._key.sign(data, self._padding, self._hash)

    def __repr__(self) -> str:
        """Never the key: a log may hold this."""
        return f"<LoadedKey of {self._certificate.fingerprint}>"


def new_key(bits: int = SMALLEST_RSA) -> bytes:
    """A new RSA private key, exponent 65537, as PKCS #8 in DER and in clear: to be sealed at once.

    :param bits: size of the modulus, 2048 at least.
    """
    if bits < SMALLEST_RSA:
        raise refusal("not-rsa")
    return _pkcs8(rsa.generate_private_key(_EXPONENT, bits))


def read_keys(content: bytes, password: str | None = None) -> tuple[bytes, ...]:
    """The private keys of a file, each as PKCS #8 in DER and in clear.

    :param content: PEM (PKCS #8, RSA or EC, encrypted or not, among other blocks) or DER. password: None: none.
    Raises `WrongPassword` with one neutral message, `Unreadable` for anything else.
    """
    if len(content) > LARGEST_FILE:
        raise oversized(LARGEST_FILE)
    blocks = list(_BLOCK.finditer(content))
    if len(blocks) > _MOST_KEYS:
        raise oversized(LARGEST_FILE)
    if blocks:
        return tuple(_from_pem(one[0], one[1], one[2], password) for one in blocks)
    if not content.startswith(b"0"):  # the tag of a SEQUENCE
        raise refusal("no-private-key")
    return (_from_der(content, password),)


def public_key_of(key: bytes) -> bytes:
    """The SubjectPublicKeyInfo, in DER, of a private key (PKCS #8 in DER)."""
    return _spki(_load(key))


def matches(key: bytes, certificate: Certificate) -> bool:
    """True when a private key (PKCS #8 in DER) is the one of this certificate."""
    try:
        return bears(certificate, public_key_of(key))
    except Unreadable:
        return False


def bears(certificate: Certificate, public_key: bytes) -> bool:
    """True when the certificate holds this public key (as `public_key_of` gives it: parsing a private key is slow)."""
    return public_key == _known_spki(certificate.public_key.spki)


def spellings(password: str | None) -> list[bytes | None]:
    """The bytes that a password may have been when the file was made; the first is the likeliest.

    An accent travels composed or not, and old programs took each byte of UTF-8 for a character (PKCS #12 wants a
    BMPString: RFC 7292 appendix B.1). Empty when no file can have this password.
    """
    if not password:
        return [None]
    texts = [unicodedata.normalize("NFC", password), password, unicodedata.normalize("NFD", password)]
    texts.append(texts[0].encode("utf-8", "replace").decode("latin-1"))
    written = dict.fromkeys(text.encode("utf-8", "replace") for text in texts)
    return [one for one in written if b"\0" not in one and len(one) <= _LONGEST_PASSWORD]


def _from_pem(block: bytes, label: bytes, body: bytes, password: str | None) -> bytes:
    if label == b"ENCRYPTED PRIVATE KEY":
        try:
            inside = base64.b64decode(b"".join(body.split()), validate=True)
        except binascii.Error as error:
            raise wrong_password() from error
        return _from_der(inside, password)
    if b"ENCRYPTED" in body[:200]:  # the way of OpenSSL before PKCS #8: no iteration to bound
        return _pkcs8(_opened(lambda secret: load_pem_private_key(block, secret), password))
    return _pkcs8(_opened(lambda _: load_pem_private_key(block, None), None))


def _from_der(content: bytes, password: str | None) -> bytes:
    protection = encrypted_key_protection(content)
    if protection is None:
        return _pkcs8(_load(content))
    check_cost([protection])
    return _pkcs8(_opened(lambda secret: load_der_private_key(content, secret), password))


class _Loader(Protocol):
    def __call__(self, secret: bytes | None, /) -> PrivateKeyTypes: ...


def _opened(load: _Loader, password: str | None) -> PrivateKeyTypes:
    """The key, under the first spelling of the password that opens it."""
    for secret in spellings(password):
        try:
            return load(secret)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    raise wrong_password(given=bool(password))


def _load(key: bytes) -> PrivateKeyTypes:
    try:
        return load_der_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise refusal("no-private-key") from error


def _pkcs8(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _spki(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _known_spki(written: bytes) -> bytes:
    """A public key as the library writes it: an issuer may write its algorithm otherwise (NULL parameters or none)."""
    try:
        return load_der_public_key(written).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return written
