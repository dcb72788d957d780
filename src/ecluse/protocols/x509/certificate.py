"""Certificates: read from what people have (PEM, DER, PKCS#7 bundles), each with everything it says.

Source: RFC 5280 §4.1; RFC 7468 (PEM); RFC 2315 §9.1 (PKCS#7 SignedData, certificates only).
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ecluse.protocols.x509 import der
from ecluse.protocols.x509 import extensions as ext
from ecluse.protocols.x509.errors import Unreadable, malformed, oversized, reading
from ecluse.protocols.x509.general_names import GeneralName
from ecluse.protocols.x509.names import Name, read_name, rfc4514, same_name
from ecluse.protocols.x509.other_files import other_file
from ecluse.protocols.x509.public_key import Algorithm, PublicKey, read_algorithm, read_public_key

LARGEST = 1_000_000
"""Bytes of the largest file of certificates that is read: a bundle of a whole hierarchy takes a tenth of it."""

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_PEM = re.compile(
    rb"-----BEGIN (?P<label>CERTIFICATE|X509 CERTIFICATE|TRUSTED CERTIFICATE|PKCS7|CMS)-----"
    rb"(?P<text>[^-]*)-----END (?P=label)-----"
)


@dataclass(frozen=True)
class Certificate:
    """A certificate of RFC 5280. Two are equal when their bytes are.

    der, tbs: the whole encoding, and the part that is signed. not_before, not_after: aware, UTC, both included.
    algorithm: of the signature. extensions: all of them, raw; `known`: what those of RFC 5280 say.
    """

    der: bytes = field(repr=False)
    version: int = field(compare=False)
    serial: int = field(compare=False)
    subject: Name = field(compare=False)
    issuer: Name = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    public_key: PublicKey = field(compare=False, repr=False)
    extensions: tuple[ext.Extension, ...] = field(compare=False, repr=False)
    known: ext.Known = field(compare=False, repr=False)
    algorithm: Algorithm = field(compare=False, repr=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, lower-case hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def rfc4514(self) -> str:
        """The subject as a SAML issuer holds it."""
        return rfc4514(self.subject)

    @property
    def signature_algorithm(self) -> str:
        """Dotted OID of the signature's algorithm."""
        return self.algorithm.oid

    @property
    def pem(self) -> str:
        """The PEM text (RFC 7468), one trailing end of line."""
        return to_pem(self.der, "CERTIFICATE")

    @property
    def basic_constraints(self) -> ext.BasicConstraints | None:
        """Whether it is an authority, None when it does not say."""
        return self.known.basic_constraints

    @property
    def is_authority(self) -> bool:
        """True when it says that it may issue certificates."""
        return self.known.basic_constraints is not None and self.known.basic_constraints.ca

    @property
    def is_self_issued(self) -> bool:
        """True when subject and issuer are the same name (RFC 5280 §3.2): a root, or a key roll-over."""
        return same_name(self.subject, self.issuer)

    @property
    def key_usage(self) -> frozenset[str] | None:
        """Words of RFC 5280 §4.2.1.3 (`digitalSignature`, `nonRepudiation`…), None without the extension."""
        return self.known.key_usage

    @property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """Dotted OIDs, None without the extension."""
        return self.known.extended_key_usage

    @property
    def subject_alternative_names(self) -> tuple[GeneralName, ...]:
        """Its other names."""
        return self.known.subject_alternative_names

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The DNS names among its other names."""
        return tuple(one.text for one in self.known.subject_alternative_names if one.kind == "dns")

    @property
    def subject_key_id(self) -> bytes | None:
        """Identifier of its key."""
        return self.known.subject_key_id

    @property
    def authority_key_id(self) -> ext.AuthorityKeyId | None:
        """Which key signed it."""
        return self.known.authority_key_id

    @property
    def policies(self) -> tuple[ext.Policy, ...]:
        """Its policies, none without the extension."""
        return self.known.policies or ()

    @property
    def private_key_usage_period(self) -> ext.KeyUsagePeriod | None:
        """When its private key may sign, None when the validity alone counts."""
        return self.known.private_key_usage_period

    @property
    def crl_addresses(self) -> tuple[str, ...]:
        """Addresses of the revocation list, in order (HTTP and LDAP as written)."""
        return _addresses(self.known.distribution_points)

    @property
    def delta_addresses(self) -> tuple[str, ...]:
        """Addresses of the delta list."""
        return _addresses(self.known.freshest)

    @property
    def ocsp_addresses(self) -> tuple[str, ...]:
        """Addresses of the OCSP responder."""
        return self._access(ext.ACCESS_OCSP)

    @property
    def issuer_addresses(self) -> tuple[str, ...]:
        """Addresses where the issuer's certificate is published."""
        return self._access(ext.ACCESS_CA_ISSUERS)

    def extension(self, oid: str) -> ext.Extension | None:
        """The extension of this dotted OID as it is written, known or private."""
        return next((one for one in self.extensions if one.oid == oid), None)

    def _access(self, wanted: str) -> tuple[str, ...]:
        return tuple(at.text for method, at in self.known.access if method == wanted and at.kind == "uri")


def _addresses(points: tuple[ext.DistributionPoint, ...]) -> tuple[str, ...]:
    return tuple(name.text for point in points for name in point.full_name if name.kind == "uri")


def to_pem(encoded: bytes, label: str) -> str:
    """PEM text of a DER value, 64 characters a line (RFC 7468 §2)."""
    text = binascii.b2a_base64(encoded, newline=False).decode("ascii")
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def read_certificate(content: bytes) -> Certificate:
    """The one certificate in DER. Raises `Unreadable`."""
    if len(content) > LARGEST:
        raise oversized(LARGEST)
    with reading("Certificate"):
        whole = der.only(content, der.SEQUENCE).reader()
        tbs, outer, signature = whole.take(der.SEQUENCE), whole.take(), whole.take(der.BIT_STRING)
        whole.done()
        return _read(content, tbs, read_algorithm(outer), der.signature(signature))


def _read(content: bytes, tbs: der.Element, outer: Algorithm, signature: bytes) -> Certificate:
    reader = tbs.reader()
    version = reader.optional(0xA0)
    number = 1 if version is None else der.count(der.only(version.content, der.INTEGER)) + 1
    serial = der.integer(reader.take(der.INTEGER))
    algorithm = read_algorithm(reader.take())
    issuer = read_name(reader.take())
    validity = reader.take(der.SEQUENCE).reader()
    not_before, not_after = der.instant(validity.take()), der.instant(validity.take())
    validity.done()
    subject = read_name(reader.take())
    public_key = read_public_key(reader.take())
    reader.optional(0x81), reader.optional(0x82)  # unique identifiers, obsolete: RFC 5280 §4.1.2.8
    block = reader.optional(0xA3)
    reader.done()
    if algorithm != outer or number > 3:  # RFC 5280 §4.1.1.2, §4.1.2.1
        raise malformed("signature" if number <= 3 else "version")
    extensions = () if block is None else ext.read_extensions(der.only(block.content, der.SEQUENCE))
    return Certificate(
        der=content,
        version=number,
        serial=serial,
        subject=subject,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        public_key=public_key,
        extensions=extensions,
        known=ext.read_known(extensions),
        algorithm=algorithm,
        tbs=tbs.der,
        signature=signature,
    )


def read_certificates(content: bytes) -> tuple[Certificate, ...]:
    """Every certificate of a file, in its order: PEM (several, any text between), DER, or PKCS#7 (`.p7b`).

    Raises `Unreadable` when there is none, or when one of them cannot be read.
    """
    if len(content) > LARGEST:
        raise oversized(LARGEST)
    blocks = list(_PEM.finditer(content))
    other = None if blocks else other_file(content)
    if other is not None:
        raise other
    if not blocks and b"-----BEGIN" in content:
        raise _no_certificate()
    with reading("Certificate"):
        if not blocks:
            return _read_der(content)
        return tuple(one for block in blocks for one in _read_der(from_base64(block["text"])))


def from_base64(text: bytes) -> bytes:
    """Octets of the body of a PEM block; headers of old files (RFC 1421) are refused. Raises `Unreadable`."""
    try:
        return binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error as error:
        raise malformed("base64") from error


def _read_der(content: bytes) -> tuple[Certificate, ...]:
    """A certificate, or those of a PKCS#7 bundle: the first element inside tells which."""
    first = der.only(content, der.SEQUENCE).reader().take()
    if first.tag != der.OBJECT:
        return (read_certificate(content),)
    if der.object_id(first) != _SIGNED_DATA:
        raise _no_certificate()
    body = der.items(der.only(content))[1]
    bundled = next((one for one in der.items(der.only(body.content, der.SEQUENCE)) if one.tag == 0xA0), None)
    if bundled is None or not bundled.content:
        raise _no_certificate()
    return tuple(read_certificate(one.der) for one in der.items(bundled))


def _no_certificate() -> Unreadable:
    return Unreadable(
        "Ce fichier ne contient aucun certificat. Fournissez un certificat PEM (.pem, .crt), DER (.cer, .der) "
        "ou un ensemble PKCS#7 (.p7b).",
        "This file holds no certificate. Give a PEM (.pem, .crt), DER (.cer, .der) or PKCS#7 (.p7b) file.",
    )
