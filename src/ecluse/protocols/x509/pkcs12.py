"""Reads a PKCS #12 file: its keys, its certificates, and what is worth knowing about it.

Files of the IGC-Santé platform have certificate bags in clear beside a key bag in 3DES; those that people export again
have anything else. The structure is read first, so that nothing is computed for a file that asks for too much; the
cryptographic library then opens it. It opens the first key bag it meets and no other: one that was counted is put
before all the rest, so that a bag hidden inside encrypted contents, whose cost nobody could count, is never opened.
Source: RFC 7292; IGC-Santé note §7.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    pkcs12,
)

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.ber import definite
from ecluse.protocols.x509.bundle_words import Note, OldProtection, note, refusal, wrong_password
from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.errors import malformed, oversized, reading
from ecluse.protocols.x509.keys import LARGEST_FILE, bears, public_key_of, spellings
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.pkcs12_mac import Password, holds, made, ways
from ecluse.protocols.x509.protection import PBMAC1, Protection, check_cost, read_protection

_DATA, _ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_KEY_BAG, _SHROUDED_BAG = "1.2.840.113549.1.12.10.1.1", "1.2.840.113549.1.12.10.1.2"
_OBJECT_DATA = bytes.fromhex("06092a864886f70d010701")
_OBJECT_KEY_BAG = bytes.fromhex("060b2a864886f70d010c0a0101")
_MOST_BAGS = 64

_RC2_40_KEY = base64.b64decode(
    "MFcwGwYKKoZIhvcNAQwBBjANBAgRtVIxI91V2AIBAQQ4F5MaAt2Vbw3OaccY4VxRyRaTMUnRSOPm3IHk7U/fzPy6pm5F4xvm5wwMZ3Y3tHErCdOf"
    "4h7RIFs="
)
"""A throw-away key under RC2 of 40 bits, password `a`: tells whether the library of this machine still opens such."""


@dataclass(frozen=True)
class Bundle:
    """What a PKCS #12 file holds.

    keys: each as PKCS #8 in DER and in clear, in the order of the file. certificates: that of the first key, its
    issuers upward, those of the other keys likewise, then the rest. notes: what is worth telling.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    certificates: tuple[Certificate, ...]
    notes: tuple[Note, ...] = ()

    def certificate_of(self, key: bytes) -> Certificate | None:
        """The certificate of one of its keys, found by the public key."""
        public_key = public_key_of(key)
        return next((one for one in self.certificates if bears(one, public_key)), None)

    def issuers_of(self, certificate: Certificate) -> tuple[Certificate, ...]:
        """The authorities above a certificate, its issuer first, as far as the file goes."""
        return _above(certificate, self.certificates)


class _Parts(NamedTuple):
    """The structure in clear. bags: the DER of each visible key bag; bare: one of them is not encrypted; whole: what
    the MAC is of; contents: the DER of each part of it; mac: None when there is none.
    """

    protections: list[Protection]
    bags: list[bytes]
    bare: bool
    whole: bytes
    contents: list[bytes]
    mac: der.Element | None


def is_pkcs12(content: bytes) -> bool:
    """Whether a file looks like one: a SEQUENCE that begins with an INTEGER (PFX, RFC 7292 §4); a certificate begins
    with another SEQUENCE.
    """
    if content[:1] != b"\x30" or len(content) < 8:
        return False
    length = content[1]
    at = 2 + (length & 0x7F if length > 0x80 else 0)
    return content[at : at + 1] == b"\x02"


def read_pkcs12(content: bytes, password: str | None) -> Bundle:
    """What a PKCS #12 file holds, once opened by its password.

    :param password: None or empty: none; the two are tried. Accents are tried as each kind of program wrote them.
    Raises `WrongPassword` (one neutral message), `OldProtection`, or `Unreadable`.
    """
    if len(content) > LARGEST_FILE:
        raise oversized(LARGEST_FILE)
    with reading("PKCS#12"):
        content = definite(content)
        parts = _parts(content)
    check_cost(parts.protections)
    rc2 = any(one.rc2 for one in parts.protections)
    if rc2 and not opens_rc2():
        raise refusal("old-protection", OldProtection)
    said, opened = _open(parts, password)
    keys = _keys(parts, opened, said)
    certificates = _certificates(opened)
    leaves = [[one for one in certificates if bears(one, key.public_key)] for key in keys]
    notes = _notes(leaves, certificates, parts, rc2)
    return Bundle(tuple(key.pkcs8 for key in keys), _arranged(leaves, certificates), notes)


@cache
def opens_rc2() -> bool:
    """Whether the library of this machine still opens what RC2 protects (never in FIPS mode)."""
    try:
        load_der_private_key(_RC2_40_KEY, b"a")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _parts(content: bytes) -> _Parts:
    """The structure of the file (RFC 7292 §4). Raises `Unreadable`."""
    reader = der.only(content, der.SEQUENCE).reader()
    if der.integer(reader.take(der.INTEGER)) != 3:
        raise malformed("PFX version")
    safe = _content(reader.take(der.SEQUENCE))
    if safe.kind != _DATA:
        raise malformed("authSafe")
    protections, bags, bare = [], [], False
    mac = reader.optional(der.SEQUENCE)
    if mac is not None:
        protections.append(_mac_protection(mac))
    whole = der.only(safe.value, der.OCTET_STRING).content
    contents = der.items(der.only(definite(whole), der.SEQUENCE))
    for one in contents[:_MOST_BAGS]:
        inside = _content(one)
        if inside.kind == _ENCRYPTED:
            protections.append(_encrypted_protection(inside.value))
        elif inside.kind == _DATA:
            found, clear = _key_bags(der.only(inside.value, der.OCTET_STRING).content, protections)
            bags += found
            bare = bare or clear
    if len(contents) > _MOST_BAGS or len(bags) > _MOST_BAGS:
        raise malformed("AuthenticatedSafe")
    return _Parts(protections, bags, bare, whole, [one.der for one in contents], mac)


class _Content(NamedTuple):
    """A ContentInfo: its type, and the DER of what its [0] holds."""

    kind: str
    value: bytes


def _content(element: der.Element) -> _Content:
    reader = element.reader()
    kind = der.object_id(reader.take(der.OBJECT))
    return _Content(kind, reader.take(0xA0).content)


def _mac_protection(element: der.Element) -> Protection:
    """MacData: iterations beside the digest, or inside its parameters (RFC 9579)."""
    reader = element.reader()
    identifier = reader.take(der.SEQUENCE).reader().take(der.SEQUENCE)
    if der.object_id(identifier.reader().take(der.OBJECT)) == PBMAC1:
        return read_protection(identifier)
    reader.take(der.OCTET_STRING)
    iterations = reader.optional(der.INTEGER)
    return Protection("mac", 1 if iterations is None else der.count(iterations))


def _encrypted_protection(value: bytes) -> Protection:
    """EncryptedData of RFC 2315 §13: version, then type, algorithm, bytes."""
    reader = der.only(value, der.SEQUENCE).reader()
    reader.take(der.INTEGER)
    inside = reader.take(der.SEQUENCE).reader()
    inside.take(der.OBJECT)
    return read_protection(inside.take(der.SEQUENCE))


def _key_bags(content: bytes, protections: list[Protection]) -> tuple[list[bytes], bool]:
    """Key bags of a SafeContents in clear, and whether one of them is not encrypted; adds their protections."""
    bags, bare = [], False
    for bag in der.items(der.only(definite(content), der.SEQUENCE)):
        reader = bag.reader()
        kind, value = der.object_id(reader.take(der.OBJECT)), reader.take(0xA0)
        if kind == _SHROUDED_BAG:
            key = der.only(value.content, der.SEQUENCE).reader()
            protections.append(read_protection(key.take(der.SEQUENCE)))
        if kind in (_KEY_BAG, _SHROUDED_BAG):
            bags.append(bag.der)
            bare = bare or kind == _KEY_BAG
    return bags, bare


def _open(parts: _Parts, password: str | None) -> tuple[Password, pkcs12.PKCS12KeyAndCertificates]:
    """The opened file, and how the password that opened it is said."""
    first = _safe_contents(parts.bags[0] if parts.bags else _decoy())
    for said in (one for spelled in spellings(password) for one in ways(spelled)):
        with reading("PKCS#12"):
            if parts.mac is not None and not holds(parts.mac, parts.whole, said):
                continue
        try:
            return said, pkcs12.load_pkcs12(_file_of(parts, said, first, *parts.contents), said.utf8)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    raise wrong_password(given=bool(password))


class _Key(NamedTuple):
    """A private key, and its public one, told while it is open: parsing it again would be slow."""

    pkcs8: bytes
    public_key: bytes


def _keys(parts: _Parts, opened: pkcs12.PKCS12KeyAndCertificates, said: Password) -> list[_Key]:
    """Every key: the library gives the first one only, so that with several each bag is opened in a file of its own."""
    if len(parts.bags) < 2:
        return [_key(opened)] if parts.bags else []
    found = []
    for bag in parts.bags:
        try:
            alone = _file_of(parts, said, _safe_contents(bag))
            found.append(_key(pkcs12.load_pkcs12(alone, said.utf8)))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise wrong_password() from error
    return list(dict.fromkeys(found))


def _key(opened: pkcs12.PKCS12KeyAndCertificates) -> _Key:
    key = opened.key
    if key is None:
        raise malformed("PKCS8ShroudedKeyBag")
    return _Key(
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def _safe_contents(bag: bytes) -> bytes:
    """A part of a file, in clear, of one bag."""
    return _data(der.write(der.SEQUENCE, bag))


def _data(content: bytes) -> bytes:
    octets = der.write(der.OCTET_STRING, content)
    return der.write(der.SEQUENCE, _OBJECT_DATA + der.write(0xA0, octets))


def _file_of(parts: _Parts, said: Password, *contents: bytes) -> bytes:
    """A PKCS #12 file of some parts, with a MAC when the one they come from has one: an empty password is said in two
    ways, and the MAC tells the library which.
    """
    whole = der.write(der.SEQUENCE, b"".join(contents))
    mac = made(whole, said) if parts.mac is not None else b""
    return der.write(der.SEQUENCE, der.write_integer(3) + _data(whole) + mac)


@cache
def _decoy() -> bytes:
    """A key bag in clear that stands first in a file without any, for the library to open no other."""
    key = generate_private_key(SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return der.write(der.SEQUENCE, _OBJECT_KEY_BAG + der.write(0xA0, key))


def _certificates(opened: pkcs12.PKCS12KeyAndCertificates) -> tuple[Certificate, ...]:
    bags = ([] if opened.cert is None else [opened.cert]) + list(opened.additional_certs)
    if len(bags) > _MOST_BAGS:
        raise malformed("CertBag")
    encoded = dict.fromkeys(one.certificate.public_bytes(Encoding.DER) for one in bags)
    return tuple(read_certificate(one) for one in encoded)


def _arranged(
    leaves: list[list[Certificate]], certificates: tuple[Certificate, ...]
) -> tuple[Certificate, ...]:
    """Each key's certificate and its issuers first: a file has its bags in any order (IGC-Santé note §7)."""
    order: dict[Certificate, None] = {}
    for mine in leaves:
        for leaf in mine:
            order.update(dict.fromkeys((leaf, *_above(leaf, certificates))))
    order.update(dict.fromkeys(certificates))
    return tuple(order)


def _above(certificate: Certificate, among: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    found: list[Certificate] = []
    while not certificate.is_self_issued:
        issuer = next((one for one in among if same_name(one.subject, certificate.issuer)), None)
        if issuer is None or issuer in found:
            break
        found.append(issuer)
        certificate = issuer
    return tuple(found)


def _notes(
    leaves: list[list[Certificate]], certificates: tuple[Certificate, ...], parts: _Parts, rc2: bool
) -> tuple[Note, ...]:
    """What is worth telling. leaves: the certificates of each key."""
    issued = [leaf for mine in leaves for leaf in mine if not leaf.is_self_issued]
    present = {
        "no-key": not leaves,
        "several-keys": len(leaves) > 1,
        "key-without-certificate": [] in leaves,
        "missing-intermediate": any(not _above(leaf, certificates) for leaf in issued),
        "old-protection": rc2,
        "bare-key": parts.bare,
        "no-integrity": parts.mac is None,
    }
    return tuple(note(code) for code, true in present.items() if true)
