"""A certificate with its key and its chain, in the forms people and programs exchange them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ecluse.simulators.pki.authority import Authority
from ecluse.simulators.pki.p12 import platform_p12
from ecluse.simulators.pki.profiles import Profile


@dataclass(frozen=True, slots=True)
class Issued:
    """What somebody holds. chain: certificates of the authorities, issuer first, root last."""

    name: str
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def der(self) -> bytes:
        """The certificate, DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate alone, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """What a TLS program presents: the certificate, then the authorities without the root, PEM."""
        return self.pem + pem(one for one in self.chain if one.subject != one.issuer)

    @property
    def key_der(self) -> bytes:
        """The key in clear, PKCS#8 DER."""
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def key_pem(self) -> bytes:
        """The key in clear, PKCS#8 PEM."""
        return key_pem(self.key)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in small hexadecimal digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def serial(self) -> int:
        """Its serial number."""
        return self.certificate.serial_number

    def p12(self, password: str) -> bytes:
        """Everything in a PKCS#12 like those of the platform."""
        return platform_p12(self.key, self.certificate, self.chain, password)

    def with_key(self, key: rsa.RSAPrivateKey) -> Issued:
        """The same certificate beside another key, which is not its own."""
        return replace(self, key=key)

    def alone(self) -> Issued:
        """The same certificate, without its authorities."""
        return replace(self, chain=())


def issue(
    authority: Authority,
    profile: Profile,
    key: rsa.RSAPrivateKey,
    name: str,
    *,
    signed_with: rsa.RSAPrivateKey | None = None,
) -> Issued:
    """Have an authority issue a certificate for a key."""
    certificate = authority.issue(profile, key.public_key(), name, signed_with=signed_with)
    return Issued(name, certificate, key, authority.chain)


def pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """Several certificates, PEM."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def key_pem(key: rsa.RSAPrivateKey) -> bytes:
    """A key in clear, PKCS#8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
