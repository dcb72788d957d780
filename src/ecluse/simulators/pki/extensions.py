"""Extensions of the certificates, in the order and with the criticality of IGC-Santé's own (test ones of 2022)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from ecluse.simulators.pki.names import Addresses, ldap_address
from ecluse.simulators.pki.profiles import Profile

ANY_POLICY = "2.5.29.32.0"
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
NOBODY_KNOWS = x509.ObjectIdentifier("1.2.250.1.999.3.99.1")
"""An extension invented for the catalogue."""

_USAGES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign"
    " encipher_only decipher_only"
).split()
Extension = tuple[x509.ExtensionType, bool]
"""An extension and whether it is critical."""


class Issuer(Protocol):
    """What the extensions need of the issuing authority."""

    short: str
    certificate: x509.Certificate

    @property
    def name(self) -> x509.Name:
        """Its subject."""


def authority_extensions(
    public_key: rsa.RSAPublicKey, issuer: Issuer | None, addresses: Addresses
) -> Iterator[Extension]:
    """Extensions of a root (issuer None) or of an intermediate (pathLen 0)."""
    own = x509.SubjectKeyIdentifier.from_public_key(public_key)
    yield x509.BasicConstraints(ca=True, path_length=0 if issuer else None), True
    yield key_usage("key_cert_sign", "crl_sign"), True
    yield policies(ANY_POLICY, addresses), False
    if issuer:
        yield crl_points(issuer, addresses), False
    yield own, False
    yield key_identifier(issuer.certificate) if issuer else _same_key(own), False


def leaf_extensions(
    profile: Profile, public_key: rsa.RSAPublicKey, issuer: Issuer, addresses: Addresses
) -> Iterator[Extension]:
    """Extensions of a certificate that an authority issues."""
    family = profile.family
    if profile.authority:
        yield x509.BasicConstraints(ca=True, path_length=None), True
    else:
        yield x509.BasicConstraints(ca=False, path_length=None), False
    yield x509.SubjectKeyIdentifier.from_public_key(public_key), False
    yield key_identifier(issuer.certificate), False
    yield key_usage(*family.key_usage), True
    yield policies(profile.policy, addresses), False
    if family.extended:
        yield x509.ExtendedKeyUsage(family.extended), False
    if names := alternative_names(profile):
        yield x509.SubjectAlternativeName(names), False
    if family.signs:
        until = profile.private_key_until or profile.not_after
        yield x509.PrivateKeyUsagePeriod(_naive(profile.not_before), _naive(until)), False
    yield crl_points(issuer, addresses), False
    yield x509.FreshestCRL([_point(ldap(issuer, "deltarevocationlist"))]), False
    yield access(issuer, addresses), False
    for oid, value in profile.marks:
        yield x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), False
    if profile.unknown_critical:
        yield x509.UnrecognizedExtension(NOBODY_KNOWS, b"\x05\x00"), True


def responder_extensions(public_key: rsa.RSAPublicKey, issuer: Issuer) -> Iterator[Extension]:
    """Extensions of a delegated OCSP responder (RFC 6960 §4.2.2.2): nobody asks whether it is revoked."""
    yield x509.BasicConstraints(ca=False, path_length=None), False
    yield x509.SubjectKeyIdentifier.from_public_key(public_key), False
    yield key_identifier(issuer.certificate), False
    yield key_usage("digital_signature"), True
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False
    yield x509.OCSPNoCheck(), False


def key_usage(*usages: str) -> x509.KeyUsage:
    """A key usage by the names of its bits."""
    return x509.KeyUsage(**{name: name in usages for name in _USAGES})


def key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """AKI of what an authority signs: its key identifier only."""
    return _same_key(issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value)


def policies(policy: str, addresses: Addresses) -> x509.CertificatePolicies:
    """One policy with its CPS URI."""
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(policy), [addresses.policy])]
    )


def crl_points(issuer: Issuer, addresses: Addresses) -> x509.CRLDistributionPoints:
    """Two points: HTTP then LDAP."""
    return x509.CRLDistributionPoints(
        [_point(addresses.crl(issuer.short)), _point(ldap(issuer, "certificaterevocationlist"))]
    )


def ldap(issuer: Issuer, attribute: str) -> str:
    """LDAP address of a list of an authority."""
    return ldap_address(issuer.name, issuer.certificate.issuer, attribute)


def access(issuer: Issuer, addresses: Addresses) -> x509.AuthorityInformationAccess:
    """OCSP, then the certificate of the issuer."""
    return x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri(addresses.ocsp)),
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, _uri(addresses.authority(issuer.short))
            ),
        ]
    )


def alternative_names(profile: Profile) -> list[x509.GeneralName]:
    """subjectAltName: server names, Windows account (UPN) or mailbox."""
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in profile.dns]
    if profile.upn:
        account = profile.upn.encode()
        names.append(x509.OtherName(UPN, bytes((0x0C, len(account))) + account))
    if profile.email:
        names.append(x509.RFC822Name(profile.email))
    return names


def _same_key(identifier: x509.SubjectKeyIdentifier) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _point(address: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([_uri(address)], None, None, None)


def _uri(address: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(address)


def _naive(moment: datetime) -> datetime:
    """In UTC without saying so: what the library takes here."""
    return moment.astimezone(UTC).replace(tzinfo=None)
