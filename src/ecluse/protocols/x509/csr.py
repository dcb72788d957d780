"""The request that a platform turns into a certificate: PKCS #10, RSA and SHA-256, in PEM.

The platform takes the public key and imposes the name from its directory: the subject here only carries the key
[inferred: IGC-Santé note §6]. It follows the layout of the certificates all the same (§2).
Source: RFC 2986; RFC 5280 appendix A.1 (bounds of the texts).
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.bundle_words import refusal
from ecluse.protocols.x509.keys import SMALLEST_RSA
from ecluse.protocols.x509.names import (
    COMMON_NAME,
    COUNTRY,
    ORGANIZATION,
    ORGANIZATIONAL_UNIT,
    STATE,
    Attribute,
    Name,
    write_name,
)

LONGEST_ORGANIZATION = 40
"""Characters of a raison sociale in the certificates seen; the platform cuts it there."""
_UTF8, _PRINTABLE = 0x0C, 0x13
_BOUNDS = {COUNTRY: 2, STATE: 128, ORGANIZATION: 64, ORGANIZATIONAL_UNIT: 64, COMMON_NAME: 64}


def organisation_subject(organisation: str, structure: str, service: str, department: str = "") -> Name:
    """The name that the certificate of an organisation bears: C, ST, O, OU, CN, one attribute each.

    :param organisation: raison sociale, cut to 40 characters. structure: identifier with its type digit
        (`1` + FINESS…). service: "service applicatif". department: as `Paris (75)`; empty: left out.
    Raises `Unreadable` when a text is empty or too long.
    """
    parts = [
        (COUNTRY, "FR"),
        (STATE, department.strip()),
        (ORGANIZATION, organisation.strip()[:LONGEST_ORGANIZATION].rstrip()),
        (ORGANIZATIONAL_UNIT, structure.strip()),
        (COMMON_NAME, service.strip()),
    ]
    return write_name(tuple((_attribute(oid, text),) for oid, text in parts if text or oid != STATE))


def _attribute(oid: str, text: str) -> Attribute:
    if not text:
        raise refusal("not-subject", reason="« ».")
    if len(text) > _BOUNDS[oid] or any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        raise refusal("not-subject", reason=f"« {text[:80]!r} » (1–{_BOUNDS[oid]}).")
    tag = _PRINTABLE if oid == COUNTRY else _UTF8
    return Attribute(oid, text, der.write(tag, text.encode("utf-8")))


def make_csr(key: bytes, subject: Name) -> bytes:
    """A PKCS #10 request in PEM, signed with SHA-256 by the key, which does not leave.

    :param key: RSA of 2048 bits at least, PKCS #8 in DER. Raises `Unreadable` for another key.
    """
    try:
        loaded = load_der_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise refusal("no-private-key") from error
    if not isinstance(loaded, rsa.RSAPrivateKey) or loaded.key_size < SMALLEST_RSA:
        raise refusal("not-rsa")
    builder = x509.CertificateSigningRequestBuilder().subject_name(_library_name(subject))
    return builder.sign(loaded, SHA256()).public_bytes(Encoding.PEM)


def _library_name(name: Name) -> x509.Name:
    """The same name for the library, which writes a country as PrintableString and the rest in UTF-8."""
    return x509.Name(
        [
            x509.RelativeDistinguishedName(
                [x509.NameAttribute(x509.ObjectIdentifier(one.oid), one.value) for one in rdn]
            )
            for rdn in name.rdns
        ]
    )
