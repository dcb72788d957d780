"""Certificates are read whole from every form people have; hostile bytes raise `Unreadable` and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.x509 import Unreadable, read_certificate, read_certificates
from ecluse.protocols.x509.certificate import LARGEST
from ecluse.protocols.x509.crl import read_crl
from ecluse.protocols.x509.ocsp import read_response, request
from tests.pki_kit import TestPki

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KIT = TestPki.make(now=NOW)
SIGN = KIT.sign("Signature ; d'établissement")
AUTHORITIES = tuple(
    one.certificate.public_bytes(Encoding.DER) for one in (KIT.hierarchy.organisations, KIT.hierarchy.root)
)

REQUEST = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(SIGN.key, hashes.SHA256())


def test_an_organisation_certificate_says_everything() -> None:
    """Fields and extensions of an ORG SIGN certificate (IGC-Santé §1 to §3)."""
    one = read_certificate(SIGN.der)
    assert (one.version, one.serial) == (3, SIGN.certificate.serial_number)
    assert one.rfc4514.startswith(r"CN=Signature \; d'établissement,OU=")
    assert one.key_usage == {"digitalSignature", "nonRepudiation"}
    assert one.extended_key_usage == ("1.3.6.1.5.5.7.3.4",)
    assert one.private_key_usage_period is not None
    assert one.private_key_usage_period.not_before == one.not_before
    assert (one.public_key.kind, one.public_key.bits) == ("rsa", 2048)
    assert one.signature_algorithm == "1.2.840.113549.1.1.11"
    assert one.extension("1.2.250.1.71.1.2.5").value.hex()[:4] == "0401"  # type: ignore[union-attr]
    assert one.basic_constraints == (False, None)
    assert not one.is_authority


def test_the_fields_are_those_cryptography_reads() -> None:
    """Another reader sees the same dates, key, identifiers and addresses."""
    one, other = read_certificate(SIGN.der), SIGN.certificate
    assert (one.not_before, one.not_after) == (other.not_valid_before_utc, other.not_valid_after_utc)
    assert one.tbs == other.tbs_certificate_bytes
    assert one.signature == other.signature
    extensions = other.extensions
    assert one.subject_key_id == extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    key_id = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert one.authority_key_id is not None
    assert one.authority_key_id.key_id == key_id
    points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert list(one.crl_addresses) == [name.value for point in points for name in point.full_name or ()]
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    ocsp = [at.access_location.value for at in access if at.access_method.dotted_string.endswith("48.1")]
    assert list(one.ocsp_addresses) == ocsp
    policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.oid for policy in one.policies] == [
        each.policy_identifier.dotted_string for each in policies
    ]


def test_every_form_of_file() -> None:
    """PEM with text around, DER, PKCS#7 in DER and in PEM hold the same certificates, in order."""
    held = (SIGN.der, *AUTHORITIES)
    expected = tuple(read_certificate(one) for one in held)
    chain = b"Bag Attributes: \xe9\n" + b"subject=x\n".join(
        x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in held
    )
    assert read_certificates(chain) == expected
    assert read_certificates(chain.replace(b"\n", b"\r\n")) == expected
    assert read_certificates(SIGN.der) == expected[:1]
    bundle = [x509.load_der_x509_certificate(one) for one in held]
    for encoding in (Encoding.DER, Encoding.PEM):
        assert set(read_certificates(pkcs7.serialize_certificates(bundle, encoding))) == set(expected)


def test_pem_is_written_back() -> None:
    """What is exported is what openssl and others write."""
    assert read_certificate(SIGN.der).pem.encode() == SIGN.pem


def test_equality_is_that_of_the_bytes() -> None:
    """Two readings of a certificate are the same key of a dictionary."""
    assert {read_certificate(SIGN.der): 1}[read_certificates(SIGN.pem)[0]] == 1
    assert read_certificate(SIGN.der) != read_certificate(AUTHORITIES[0])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        SIGN.key_pem,
        SIGN.der + b"\x00",
        SIGN.der[:-1],
        b"0" * (LARGEST + 1),
        b"-----BEGIN CERTIFICATE-----\n@@@\n-----END CERTIFICATE-----\n",
        b"\x30\x80" + SIGN.der[4:] + b"\x00\x00",
        KIT.crl(),
    ],
    ids=["empty", "text", "key", "trailing", "cut", "large", "base64", "indefinite", "list"],
)
def test_what_is_no_certificate(content: bytes) -> None:
    """One error, with a sentence in each language for whoever chose the file."""
    with pytest.raises(Unreadable) as raised:
        read_certificates(content)
    assert raised.value.text_fr.endswith(".")
    assert raised.value.text_en.endswith(".")


def test_algorithms_inside_and_outside_must_be_the_same() -> None:
    """RFC 5280 §4.1.1.2: the outer algorithm is not signed, so it may say nothing else."""
    sha256, sha512 = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d01010d")
    at = SIGN.der.rindex(sha256)
    with pytest.raises(Unreadable):
        read_certificate(SIGN.der[:at] + sha512 + SIGN.der[at + len(sha256) :])


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """The content with a few bytes changed, cut, or doubled."""
    places = st.integers(0, len(content) - 1)

    def change(edits: list[tuple[int, int]]) -> bytes:
        mutable = bytearray(content)
        for at, byte in edits:
            mutable[at] = byte
        return bytes(mutable)

    changed = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4).map(change)
    cut = places.map(lambda at: content[:at])
    without = st.tuples(places, st.integers(1, 9)).map(lambda pair: content[: pair[0]] + content[sum(pair) :])
    return st.one_of(changed, cut, without)


CRL = KIT.crl()
READ = read_certificate(SIGN.der)
ISSUER = read_certificate(AUTHORITIES[0])
ANSWER = KIT.ocsp(request(READ, ISSUER, b"n" * 32))


@settings(max_examples=250, deadline=None)
@given(damaged(SIGN.der))
def test_a_damaged_certificate(content: bytes) -> None:
    """Whatever is damaged, it is read or refused; what is read can be shown."""
    try:
        one = read_certificate(content)
    except Unreadable:
        return
    assert one.rfc4514 + one.fingerprint + one.pem
    assert len(one.crl_addresses + one.ocsp_addresses + one.issuer_addresses) < 100


@settings(max_examples=200, deadline=None)
@given(damaged(CRL))
def test_a_damaged_list(content: bytes) -> None:
    """The same of a revocation list, looked into when it is read."""
    try:
        crl = read_crl(content)
    except Unreadable:
        return
    assert len(list(crl.entries)) == len(crl.entries)
    assert len(crl.entries.find(READ.serial)) <= len(crl.entries)


@settings(max_examples=200, deadline=None)
@given(damaged(ANSWER))
def test_a_damaged_answer(content: bytes) -> None:
    """The same of an OCSP answer."""
    try:
        answer = read_response(content, READ, ISSUER)
    except Unreadable:
        return
    assert answer.status in ("good", "revoked", "unknown")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bytes of nothing are refused, by every reader."""
    for read in (read_certificates, read_crl, lambda it: read_response(it, READ, ISSUER)):
        with pytest.raises(Unreadable):
            read(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"# Notice\n\nIMPORTANT : lisez ceci.\n", "un texte"),
        (KIT.crl(), "une liste de révocation"),
        (SIGN.key_pem, "une clé privée"),
        (SIGN.key_der, "une clé privée"),
        (REQUEST.public_bytes(Encoding.DER), "une demande de certificat"),
        (REQUEST.public_bytes(Encoding.PEM), "une demande de certificat"),
    ],
    ids=["text", "list", "key", "key-der", "request", "request-pem"],
)
def test_a_file_that_is_no_certificate_is_told_for_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_certificates(content)
    assert said in raised.value.text_fr
