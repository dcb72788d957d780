"""OCSP: asks an authority's responder about one certificate, and reads what it answers.

Whether the answer may be believed (who signed it, how fresh it is) is decided in `rules/certificates/revocation`.
Source: RFC 6960 §4; RFC 5019 §2 (the request every responder understands); RFC 9654 (nonce).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509 import extensions as ext
from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.crl_entries import CODES
from ecluse.protocols.x509.errors import Unreadable, malformed, oversized, reading
from ecluse.protocols.x509.names import Name, read_name
from ecluse.protocols.x509.public_key import Algorithm, read_algorithm

LARGEST = 200_000
"""Bytes of the largest answer that is read: one status, a signature and some certificates."""

_BASIC, _NONCE = "1.3.6.1.5.5.7.48.1.1", "1.3.6.1.5.5.7.48.1.2"
_BASIC_NONCE_DER = bytes.fromhex("06092b0601050507300102")
_SHA1_DER = bytes.fromhex("300906052b0e03021a0500")
_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_REFUSALS = {1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized"}
_MOST_CERTIFICATES = 8


class Responder(NamedTuple):
    """Who says that it answers: its name, or the SHA-1 of its key."""

    name: Name | None
    key_hash: bytes | None


@dataclass(frozen=True)
class OcspAnswer:
    """What a responder says of one certificate; nothing is verified yet.

    status: `good`, `revoked` or `unknown`. revoked_at, reason: when it is revoked. next_update: None when the responder
    always has newer. certificates: those it sent to be recognised. nonce: the one of the request, when it repeats it.
    """

    der: bytes = field(repr=False)
    status: str = field(compare=False)
    revoked_at: datetime | None = field(compare=False)
    reason: str = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    produced_at: datetime = field(compare=False)
    responder: Responder = field(compare=False)
    certificates: tuple[Certificate, ...] = field(compare=False, repr=False)
    nonce: bytes | None = field(compare=False)
    unknown_critical: frozenset[str] = field(compare=False)
    algorithm: Algorithm = field(compare=False, repr=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)


def request(certificate: Certificate, issuer: Certificate, nonce: bytes = b"") -> bytes:
    """The DER of an OCSPRequest about one certificate. nonce: random octets (RFC 9654 asks for 32), none when empty.

    SHA-1 only names the issuer here, as RFC 5019 §2.1.1 requires: nothing rests on its strength.
    """
    name = der.write(der.OCTET_STRING, hashlib.sha1(issuer.subject.encoded, usedforsecurity=False).digest())
    key = der.write(der.OCTET_STRING, hashlib.sha1(issuer.public_key.key, usedforsecurity=False).digest())
    about = der.write(der.SEQUENCE, _SHA1_DER + name + key + der.write_integer(certificate.serial))
    body = der.write(der.SEQUENCE, der.write(der.SEQUENCE, about))
    if nonce:
        value = der.write(der.OCTET_STRING, der.write(der.OCTET_STRING, nonce))
        body += der.write(0xA2, der.write(der.SEQUENCE, der.write(der.SEQUENCE, _BASIC_NONCE_DER + value)))
    return der.write(der.SEQUENCE, der.write(der.SEQUENCE, body))


def read_response(content: bytes, certificate: Certificate, issuer: Certificate) -> OcspAnswer:
    """What an OCSPResponse says of this certificate. issuer: the certificate of its issuer.

    Raises `Unreadable`, also when the responder declines or speaks of other certificates only.
    """
    if len(content) > LARGEST:
        raise oversized(LARGEST)
    with reading("OCSPResponse"):
        reader = der.only(content, der.SEQUENCE).reader()
        status = der.integer(reader.take(der.ENUMERATED))
        if status:
            raise _declined(_REFUSALS.get(status, str(status)))
        inside = der.only(reader.take(0xA0).content, der.SEQUENCE).reader()
        reader.done()
        if der.object_id(inside.take(der.OBJECT)) != _BASIC:
            raise malformed("responseType")
        basic = der.only(inside.take(der.OCTET_STRING).content, der.SEQUENCE)
        inside.done()
        return _basic(content, basic, certificate, issuer)


def _declined(status: str) -> Unreadable:
    return Unreadable(
        f"Le répondeur OCSP ne répond pas sur ce certificat ({status}). Réessayez, ou fiez-vous à la liste (CRL).",
        f"The OCSP responder does not answer about this certificate ({status}). Try again, or use the list (CRL).",
    )


def _basic(content: bytes, basic: der.Element, certificate: Certificate, issuer: Certificate) -> OcspAnswer:
    reader = basic.reader()
    tbs, algorithm, signature = reader.take(der.SEQUENCE), reader.take(), reader.take(der.BIT_STRING)
    sent = reader.optional(0xA0)
    reader.done()
    data = tbs.reader()
    if (version := data.optional(0xA0)) is not None and der.integer(der.only(version.content)) != 0:
        raise malformed("version")
    responder, produced = _responder(data.take()), der.instant(data.take(der.GENERALIZED_TIME))
    answers, block = data.take(der.SEQUENCE), data.optional(0xA1)
    data.done()
    one = _about(answers, certificate, issuer)
    extensions = () if block is None else ext.read_extensions(der.only(block.content, der.SEQUENCE))
    nonce = next((each.value for each in extensions if each.oid == _NONCE), None)
    return OcspAnswer(
        der=content,
        status=one.status,
        revoked_at=one.revoked_at,
        reason=one.reason,
        this_update=one.this_update,
        next_update=one.next_update,
        produced_at=produced,
        responder=responder,
        certificates=_certificates(sent),
        nonce=None if nonce is None else ext.octets(nonce),
        unknown_critical=one.critical
        | {each.oid for each in extensions if each.critical and each.oid != _NONCE},
        algorithm=read_algorithm(algorithm),
        tbs=tbs.der,
        signature=der.signature(signature),
    )


def _certificates(sent: der.Element | None) -> tuple[Certificate, ...]:
    found = () if sent is None else der.items(der.only(sent.content, der.SEQUENCE))
    if len(found) > _MOST_CERTIFICATES:
        raise malformed("certs")
    return tuple(read_certificate(one.der) for one in found)


def _responder(element: der.Element) -> Responder:
    if element.tag == 0xA1:
        return Responder(read_name(der.only(element.content)), None)
    if element.tag == 0xA2:
        return Responder(None, der.only(element.content, der.OCTET_STRING).content)
    raise malformed("responderID")


class _Single(NamedTuple):
    """One SingleResponse."""

    status: str
    revoked_at: datetime | None
    reason: str
    this_update: datetime
    next_update: datetime | None
    critical: frozenset[str]


def _about(answers: der.Element, certificate: Certificate, issuer: Certificate) -> _Single:
    """The answer about this certificate among those given; the last word when it is spoken of twice."""
    found = None
    for one in der.items(answers):
        reader = one.reader()
        if _designates(reader.take(der.SEQUENCE), certificate, issuer):
            single = _single(reader)
            if found is None or single.this_update > found.this_update:
                found = single
    if found is None:
        raise _declined("certID")
    return found


def _designates(identifier: der.Element, certificate: Certificate, issuer: Certificate) -> bool:
    """True when a CertID is that of the certificate."""
    reader = identifier.reader()
    digest = _DIGESTS.get(read_algorithm(reader.take()).oid)
    name, key = reader.take(der.OCTET_STRING).content, reader.take(der.OCTET_STRING).content
    serial = der.integer(reader.take(der.INTEGER))
    reader.done()
    if digest is None or serial != certificate.serial:
        return False
    names = hashlib.new(digest, certificate.issuer.encoded, usedforsecurity=False).digest()
    keys = hashlib.new(digest, issuer.public_key.key, usedforsecurity=False).digest()
    return name == names and key == keys


def _single(reader: der.Reader) -> _Single:
    state = reader.take()
    this_update = der.instant(reader.take(der.GENERALIZED_TIME))
    following, block = reader.optional(0xA0), reader.optional(0xA1)
    reader.done()
    status = {0x80: "good", 0xA1: "revoked", 0x82: "unknown"}.get(state.tag)
    if status is None:
        raise malformed("certStatus")
    revoked_at, reason = _revoked(state) if status == "revoked" else (None, "")
    extensions = () if block is None else ext.read_extensions(der.only(block.content, der.SEQUENCE))
    critical = frozenset(one.oid for one in extensions if one.critical)
    following_at = (
        None if following is None else der.instant(der.only(following.content, der.GENERALIZED_TIME))
    )
    return _Single(status, revoked_at, reason, this_update, following_at, critical)


def _revoked(state: der.Element) -> tuple[datetime, str]:
    reader = state.reader()
    at, reason = der.instant(reader.take(der.GENERALIZED_TIME)), reader.optional(0xA0)
    reader.done()
    code = 0 if reason is None else der.integer(der.only(reason.content, der.ENUMERATED))
    if code not in CODES:
        raise malformed("CRLReason")
    return at, CODES[code]
