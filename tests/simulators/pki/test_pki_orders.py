"""What the platform does: a certificate for the key of a CSR, a CRL that says what was revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ecluse.simulators.pki import Order, OrderRefused, Structure, issue_from_csr, revoke
from tests.pki_kit import TestPki

KIT = TestPki.make()
OWNER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody else")])


def _csr(key: object, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(OWNER)
    return builder.sign(key, algorithm or hashes.SHA256()).public_bytes(Encoding.PEM)  # type: ignore[arg-type]


def test_the_platform_replaces_the_subject_and_keeps_the_key() -> None:
    csr, key = KIT.csr("whatever the CSR says")
    made = issue_from_csr(KIT.hierarchy, csr, Order("sign", "Client_ROC_WebServices_AMC"), KIT.now)
    assert made.subject == KIT.sign().certificate.subject
    assert made.public_key() == key.public_key()
    assert made.not_valid_before_utc == KIT.now
    made.verify_directly_issued_by(KIT.hierarchy.organisations.certificate)


def test_a_csr_in_der_serves_too_and_names_the_servers_of_the_order() -> None:
    pem, _ = KIT.csr()
    der = x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER)
    structure = Structure("1990000010", "AUTRE", "Ain (01)")
    made = issue_from_csr(
        KIT.hierarchy, der, Order("serv", hosts=["a.example", "b.example"], structure=structure), KIT.now
    )
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
    assert made.subject.rfc4514_string() == "CN=a.example,OU=1990000010,O=AUTRE,ST=Ain (01),C=FR"


@pytest.mark.parametrize(
    ("csr", "words"),
    [
        (b"", "lisible"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "lisible"),
        (bytes(70_000), "trop grand"),
        (_csr(KIT.new_key(1024)), "2048"),
        (_csr(KIT.new_key(4096)), "2048"),
        (_csr(ec.generate_private_key(ec.SECP256R1())), "2048"),
        (_csr(KIT.new_key(2048), hashes.SHA512()), "SHA-256"),
    ],
)  # fmt: skip
def test_a_csr_that_the_platform_refuses(csr: bytes, words: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        issue_from_csr(KIT.hierarchy, csr, Order("sign", "Service"), KIT.now)
    assert words in refused.value.sentence.fr


def test_a_csr_signed_by_another_key_is_refused() -> None:
    der = bytearray(x509.load_pem_x509_csr(KIT.csr()[0]).public_bytes(Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(OrderRefused) as refused:
        issue_from_csr(KIT.hierarchy, bytes(der), Order("sign", "Service"), KIT.now)
    assert "signée par sa clé" in refused.value.sentence.fr


@pytest.mark.parametrize(
    "order",
    [
        Order("sign"), Order("sign", "x" * 65), Order("sign", "é" * 33),
        Order("sign", "a\nb"), Order("serv"), Order("serv", hosts=["a b"]),
        Order("?", "a"),
    ],
)  # fmt: skip
def test_an_incomplete_order_is_refused(order: Order) -> None:
    with pytest.raises(OrderRefused):
        issue_from_csr(KIT.hierarchy, KIT.csr()[0], order, KIT.now)


def test_a_revocation_is_told_by_the_next_crl_and_is_final() -> None:
    kit = TestPki.make()
    before = x509.load_der_x509_crl(kit.hierarchy.organisations.crl)
    held = kit.sign()
    revoke(kit.hierarchy, f"{held.serial:x}", kit.now)
    revoke(kit.hierarchy, f"{held.serial:X}", kit.now + timedelta(days=1))
    crl = x509.load_der_x509_crl(kit.hierarchy.organisations.crl)
    [entry] = crl
    assert (entry.serial_number, entry.revocation_date_utc, len(entry.extensions)) == (
        held.serial,
        kit.now,
        0,
    )
    assert _number(crl) == _number(before) + 2
    assert crl.next_update_utc == kit.now + timedelta(days=7)


def test_what_was_never_issued_cannot_be_revoked() -> None:
    for asked in ("nobody", "", "0", "ff"):
        with pytest.raises(OrderRefused):
            revoke(KIT.hierarchy, asked, KIT.now)


def test_the_authority_of_the_stale_crl_never_publishes_again() -> None:
    kit = TestPki.make()
    stale = kit.hierarchy.stale
    before = stale.crl
    kit.hierarchy.publish(kit.now + timedelta(days=1))
    assert stale.crl == before
    next_update = x509.load_der_x509_crl(before).next_update_utc
    assert next_update == kit.now - timedelta(days=24)


def test_two_kits_of_the_same_seed_have_the_same_keys() -> None:
    keys = [TestPki.make(seed).hierarchy.root.key.public_key() for seed in (3, 3, 4)]
    assert keys[0] == keys[1] != keys[2]


def _number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
