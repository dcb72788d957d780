"""The MAC of a PKCS #12 file: verified here, so that a file may be opened part by part once it is known to be whole.

Source: RFC 7292 §4 (MacData) and appendix B (derivation), RFC 9579 (PBMAC1).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import malformed
from ecluse.protocols.x509.protection import PBMAC1

_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
}
_HMACS = {f"1.2.840.113549.2.{number}": name for number, name in {
    7: "sha1", 8: "sha224", 9: "sha256", 10: "sha384", 11: "sha512",
}.items()}  # fmt: skip
_PBKDF2 = "1.2.840.113549.1.5.12"
_MAC_KEY = b"\x03"
"""What a key is derived for (RFC 7292 §B.3)."""
_LONGEST_KEY = 64
_SHA256 = bytes.fromhex("300d06096086480165030402010500")


class Password(NamedTuple):
    """One way to say a password. utf8: None when there is none; bmp: as the derivation of PKCS #12 takes it."""

    utf8: bytes | None
    bmp: bytes


def ways(spelled: bytes | None) -> tuple[Password, ...]:
    """A spelling as programs say it: no password at all is nothing, or an empty string and its end."""
    if not spelled:
        return Password(None, b""), Password(None, b"\0\0")
    return (Password(spelled, spelled.decode("utf-8").encode("utf-16-be") + b"\0\0"),)


def holds(mac: der.Element, content: bytes, password: Password) -> bool:
    """Whether a MacData is that of a content, under a password. Raises `Unreadable`."""
    reader = mac.reader()
    digest_info = reader.take(der.SEQUENCE).reader()
    identifier, expected = digest_info.take(der.SEQUENCE), digest_info.take(der.OCTET_STRING).content
    salt = reader.take(der.OCTET_STRING).content
    told = reader.optional(der.INTEGER)
    oid = der.object_id(identifier.reader().take(der.OBJECT))
    if oid == PBMAC1:
        return hmac.compare_digest(_pbmac1(identifier, content, password), expected)
    name = _known(_DIGESTS, oid)
    key = _derived(name, password.bmp, salt, 1 if told is None else der.count(told))
    return hmac.compare_digest(hmac.digest(key, content, name), expected)


def made(content: bytes, password: Password) -> bytes:
    """A MacData for a content, of one iteration: for a file that stays in memory."""
    salt = bytes(8)
    digest = hmac.digest(_derived("sha256", password.bmp, salt, 1), content, "sha256")
    info = der.write(der.SEQUENCE, _SHA256 + der.write(der.OCTET_STRING, digest))
    return der.write(der.SEQUENCE, info + der.write(der.OCTET_STRING, salt))


def _derived(name: str, bmp: bytes, salt: bytes, iterations: int) -> bytes:
    """A key as long as the digest (RFC 7292 §B.2: one block of it is enough)."""
    block = hashlib.new(name, usedforsecurity=False).block_size
    found = _MAC_KEY * block + _repeated(salt, block) + _repeated(bmp, block)
    for _ in range(max(1, iterations)):
        found = hashlib.new(name, found, usedforsecurity=False).digest()
    return found


def _repeated(text: bytes, block: int) -> bytes:
    """A text repeated to fill whole blocks; nothing stays nothing."""
    if not text:
        return b""
    length = -(-len(text) // block) * block
    return (text * (length // len(text) + 1))[:length]


def _pbmac1(identifier: der.Element, content: bytes, password: Password) -> bytes:
    reader = identifier.reader()
    reader.take(der.OBJECT)
    schemes = reader.take(der.SEQUENCE).reader()
    derivation, use = schemes.take(der.SEQUENCE).reader(), schemes.take(der.SEQUENCE).reader()
    if der.object_id(derivation.take(der.OBJECT)) != _PBKDF2:
        raise malformed("PBMAC1")
    inside = derivation.take(der.SEQUENCE).reader()
    salt, iterations = inside.take(der.OCTET_STRING).content, der.count(inside.take(der.INTEGER))
    told, prf = inside.optional(der.INTEGER), inside.optional(der.SEQUENCE)
    length = 0 if told is None else der.count(told)
    if not 0 < length <= _LONGEST_KEY or iterations < 1:
        raise malformed("PBMAC1")
    named = "sha1" if prf is None else _known(_HMACS, der.object_id(prf.reader().take(der.OBJECT)))
    key = hashlib.pbkdf2_hmac(named, password.utf8 or b"", salt, iterations, length)
    return hmac.digest(key, content, _known(_HMACS, der.object_id(use.take(der.OBJECT))))


def _known(names: dict[str, str], oid: str) -> str:
    if oid not in names:
        raise malformed("MacData")
    return names[oid]
