"""An authority of the test hierarchy: issues, revokes, publishes its CRL, and knows what it issued."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ecluse.simulators.pki.extensions import authority_extensions, key_identifier, leaf_extensions
from ecluse.simulators.pki.names import Addresses, authority_name
from ecluse.simulators.pki.profiles import Profile, years_after

NewKey = Callable[[int], rsa.RSAPrivateKey]
"""Makes an RSA key of so many bits."""

ROOT_CRL_LIFE = timedelta(days=45)
CRL_LIFE = timedelta(days=6)


def new_rsa(bits: int) -> rsa.RSAPrivateKey:
    """A fresh RSA key, exponent 65537."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def new_serial() -> int:
    """A serial number of 16 bytes, like those of IGC-Santé."""
    return secrets.randbits(126) | 1 << 124


@dataclass(frozen=True, slots=True)
class Revocation:
    """A revocation. reason: None, as in the CRLs of IGC-Santé, or a reason of RFC 5280 §5.3.1."""

    at: datetime
    reason: x509.ReasonFlags | None = None


@dataclass(slots=True)
class Authority:
    """An authority.

    short: name of its files and addresses; issuer: None for a root; frozen: its CRL is never renewed;
    issued: name of each certificate by serial number; crl: last CRL published, DER.
    """

    short: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    addresses: Addresses
    issuer: Authority | None = None
    frozen: bool = False
    issued: dict[int, str] = field(default_factory=dict)
    revoked: dict[int, Revocation] = field(default_factory=dict)
    crl_number: int = 0
    crl: bytes = b""

    @property
    def name(self) -> x509.Name:
        """Its subject."""
        return self.certificate.subject

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Its certificate, then those of its issuers up to the root."""
        return (self.certificate, *(self.issuer.chain if self.issuer else ()))

    def issue(
        self,
        profile: Profile,
        public_key: rsa.RSAPublicKey,
        name: str,
        *,
        signed_with: rsa.RSAPrivateKey | None = None,
        serial: int | None = None,
    ) -> x509.Certificate:
        """Make a certificate and note it under `name`.

        :param signed_with: another key than ours, for a forged certificate, which is not noted.
        """
        serial = serial or new_serial()
        builder = (
            x509.CertificateBuilder()
            .subject_name(profile.subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(serial)
            .not_valid_before(profile.not_before)
            .not_valid_after(profile.not_after)
        )
        for extension, critical in leaf_extensions(profile, public_key, self, self.addresses):
            builder = builder.add_extension(extension, critical)
        if signed_with is None:
            self.issued[serial] = name
        return builder.sign(signed_with or self.key, hashes.SHA256())

    def revoke(self, serial: int, at: datetime, reason: x509.ReasonFlags | None = None) -> None:
        """Revoke for good; a second revocation changes nothing. The next CRL says it.

        :raises KeyError: this authority never issued that serial number.
        """
        if serial not in self.issued:
            raise KeyError(serial)
        self.revoked.setdefault(serial, Revocation(at.replace(microsecond=0), reason))

    def publish(self, now: datetime) -> bytes:
        """Publish a CRL with the next number; a frozen authority keeps the one it has."""
        if self.frozen and self.crl:
            return self.crl
        self.crl_number += 1
        self.crl = self.make_crl(now)
        return self.crl

    def make_crl(self, now: datetime, life: timedelta | None = None, number: int | None = None) -> bytes:
        """A CRL v2, DER, with AKI and CRLNumber only, valid 6 days (root: 45), as IGC-Santé makes them."""
        life = life or (CRL_LIFE if self.issuer else ROOT_CRL_LIFE)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(now)
            .next_update(now + life)
            .add_extension(key_identifier(self.certificate), critical=False)
            .add_extension(x509.CRLNumber(number or self.crl_number), critical=False)
        )
        for serial, revocation in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(revocation.at)
            if revocation.reason:
                entry = entry.add_extension(x509.CRLReason(revocation.reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def new_authority(
    short: str,
    common_name: str,
    key: rsa.RSAPrivateKey,
    addresses: Addresses,
    now: datetime,
    issuer: Authority | None = None,
) -> Authority:
    """Make an authority: a root for 20 years, or an intermediate (pathLen 0) until the day before its root.

    Authorities are five years old, so that expired certificates lie inside their life.
    """
    begin = datetime(now.year - 5, 1, 1, tzinfo=UTC)
    end = years_after(begin, 20) - (timedelta(days=1) if issuer else timedelta(0))
    name, serial = authority_name(common_name), new_serial()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.name if issuer else name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension, critical in authority_extensions(key.public_key(), issuer, addresses):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    if issuer:
        issuer.issued[serial] = short
    return Authority(short, certificate, key, addresses, issuer)
