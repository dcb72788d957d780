"""The authorities of the test hierarchy, and the OCSP responder that speaks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from ecluse.simulators.pki.authority import Authority, NewKey, new_authority, new_serial
from ecluse.simulators.pki.extensions import responder_extensions
from ecluse.simulators.pki.names import Addresses, Structure, authority_name
from ecluse.simulators.pki.profiles import years_after

STALE_SINCE = timedelta(days=30)
"""Age of the CRL of the authority that stopped publishing."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The authorities.

    root, organisations, persons: the range ELEMENTAIRE (persons issues the cards too, which IGC-Santé does from the
    ranges STANDARD and FORT); stale: an intermediate whose CRL is out of date; amc_root, amc: like the IGC OSI of the
    complementary insurers; unknown: a root that nobody trusts. responders: certificate of the OCSP responder by name of
    authority.
    """

    structure: Structure
    addresses: Addresses
    root: Authority
    organisations: Authority
    persons: Authority
    stale: Authority
    amc_root: Authority
    amc: Authority
    unknown: Authority
    responder_key: rsa.RSAPrivateKey
    responders: dict[str, x509.Certificate]

    @property
    def authorities(self) -> dict[str, Authority]:
        """Every authority by the name of its files."""
        return {one.short: one for one in self}

    def __iter__(self) -> Iterator[Authority]:
        yield from (self.root, self.organisations, self.persons, self.stale)
        yield from (self.amc_root, self.amc, self.unknown)

    def issuer_of(self, certificate: x509.Certificate) -> Authority:
        """The authority whose name a certificate bears as issuer. :raises KeyError: none of ours."""
        return {one.name: one for one in self}[certificate.issuer]

    def publish(self, now: datetime) -> None:
        """Publish every CRL."""
        for one in self:
            one.publish(now)


def new_hierarchy(structure: Structure, addresses: Addresses, now: datetime, new_key: NewKey) -> Hierarchy:
    """Make the authorities, and publish their first CRLs.

    :param new_key: makes the RSA keys; 4096 bits for the authorities, 2048 for the responder.
    """

    def made(short: str, words: str, issuer: Authority | None = None) -> Authority:
        return new_authority(short, f"TEST ECLUSE {words}", new_key(4096), addresses, now, issuer)

    root = made("ACR-ECLUSE-TEST", "AC RACINE ELEMENTAIRE")
    amc_root = made("ACR-AMC-ECLUSE-TEST", "AC RACINE AMC")
    hierarchy = Hierarchy(
        structure=structure,
        addresses=addresses,
        root=root,
        organisations=made("ACI-ORG-ECLUSE-TEST", "AC ELEMENTAIRE ORGANISATIONS", root),
        persons=made("ACI-PP-ECLUSE-TEST", "AC ELEMENTAIRE PERSONNES", root),
        stale=made("ACI-PERIMEE-ECLUSE-TEST", "AC A LA CRL PERIMEE", root),
        amc_root=amc_root,
        amc=made("ACI-AMC-ECLUSE-TEST", "AC SERVEUR AMC", amc_root),
        unknown=made("ACR-INCONNUE-ECLUSE-TEST", "AC RACINE INCONNUE"),
        responder_key=new_key(2048),
        responders={},
    )
    hierarchy.stale.publish(now - STALE_SINCE)
    hierarchy.stale.frozen = True
    renew_responders(hierarchy, now)
    hierarchy.publish(now)
    return hierarchy


def renew_responders(hierarchy: Hierarchy, now: datetime) -> None:
    """Give the OCSP responder a certificate of each issuing authority (RFC 6960 §4.2.2.2)."""
    for authority in (hierarchy.organisations, hierarchy.persons, hierarchy.stale, hierarchy.amc):
        key, serial = hierarchy.responder_key.public_key(), new_serial()
        begin = now.replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(authority_name("TEST ECLUSE REPONDEUR OCSP"))
            .issuer_name(authority.name)
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(begin)
            .not_valid_after(years_after(begin, 3))
        )
        for extension, critical in responder_extensions(key, authority):
            builder = builder.add_extension(extension, critical)
        hierarchy.responders[authority.short] = builder.sign(authority.key, hashes.SHA256())
        authority.issued[serial] = "ocsp"
