"""A gateway that takes CPx cards, and the proxy in front of it, for tests in process."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding
from django.core.cache import cache
from django.test import Client

from ecluse.protocols.x509.crl import read_crl
from ecluse.services.certificates.crls import micros
from ecluse.simulators.pki.issued import Issued
from ecluse.store.models.certificates import CertificateAuthority, CrlKept
from tests.delivery.console.conftest import Gateway, browser
from tests.pki_kit import TestPki

PROXY, VISITOR = "10.0.0.5", "192.0.2.7"
HERE = "/connexion/carte/"


@dataclass
class Cards:
    """A gateway that takes the cards of a test PKI, and the proxy in front of it. other: a PKI that nobody trusts."""

    gateway: Gateway
    pki: TestPki
    other: TestPki

    def trust(self, *left_out: str) -> None:
        """Import the authorities and their lists, but these lists."""
        for one in (self.pki.hierarchy.root, self.pki.hierarchy.persons):
            held = one.certificate
            der = der_of(held)
            CertificateAuthority.objects.get_or_create(
                store="igc-sante-test", fingerprint=fingerprint_of(der),
                defaults={
                    "der": der, "subject": held.subject.rfc4514_string(), "anchor": held.subject == held.issuer,
                    "not_after": 0, "origin": "declared", "added": 0, "added_by": "tests",
                },
            )  # fmt: skip
            if one.short in left_out:
                CrlKept.objects.filter(address__contains=one.short).delete()
                continue
            self.publish(one)

    def publish(self, authority: Any) -> None:
        """A new list of an authority, at hand."""
        read = read_crl(self.pki.crl(authority))
        assert read.next_update is not None and read.number is not None
        CrlKept.objects.update_or_create(
            address=self.pki.hierarchy.addresses.crl(authority.short),
            defaults={
                "der": read.der, "issuer": str(read.issuer), "number": f"{read.number:x}",
                "this_update": micros(read.this_update), "next_update": micros(read.next_update),
            },
        )  # fmt: skip

    def show(
        self, held: Issued | str, visitor: Client | None = None, peer: str = PROXY, **posted: str
    ) -> Any:
        """What the page answers to a card that the proxy hands on as nginx does."""
        told = held if isinstance(held, str) else quote(held.pem.decode(), safe="")
        headers = {"x-client-certificate": told} if told else {}
        cache.clear()
        return (visitor or browser()).post(
            HERE, posted, REMOTE_ADDR=peer, headers={**headers, "x-forwarded-for": VISITOR}
        )


def der_of(certificate: Any) -> bytes:
    return bytes(certificate.public_bytes(Encoding.DER))


def fingerprint_of(der: bytes) -> str:
    return sha256(der).hexdigest()
