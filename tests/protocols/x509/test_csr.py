"""A request has the form that the platform takes, and the name that the certificate will bear."""

from __future__ import annotations

import pytest

from ecluse.protocols.x509 import Unreadable, rfc4514
from ecluse.protocols.x509.csr import make_csr, organisation_subject
from tests.protocols.x509.bundle_kit import key_of, openssl


def test_openssl_accepts_the_request() -> None:
    subject = organisation_subject(
        "HÔPITAL DES 3 DAMES", "1750000000", "Client_ROC_WebServices_AMC", "Côte-d'Or (21)"
    )
    pem = make_csr(key_of("root"), subject)

    text = openssl(
        "req", "-verify", "-noout", "-text", "-nameopt", "multiline,utf8,-esc_msb", given=pem
    ).decode()

    assert "Signature Algorithm: sha256WithRSAEncryption" in text
    assert "Public-Key: (2048 bit)" in text
    names = [line.split("= ")[1] for line in text.splitlines() if "Name" in line or "Unit" in line]
    assert names == [
        "FR",
        "Côte-d'Or (21)",
        "HÔPITAL DES 3 DAMES",
        "1750000000",
        "Client_ROC_WebServices_AMC",
    ]


def test_the_strings_have_the_types_of_the_certificates() -> None:
    """PrintableString for the country, UTF-8 for the rest (IGC-Santé note §2)."""
    subject = organisation_subject("HOPITAL", "1750000000", "Service", "Paris (75)")
    der = openssl("req", "-outform", "DER", given=make_csr(key_of("root"), subject))
    listing = openssl("asn1parse", "-inform", "DER", given=der).decode()
    strings = [line.split("prim: ")[1].split() for line in listing.splitlines() if "STRING" in line]
    assert [words[0] for words in strings[:5]] == ["PRINTABLESTRING", *["UTF8STRING"] * 4]
    assert subject.encoded in der


def test_the_name_is_cut_as_the_platform_cuts_it() -> None:
    subject = organisation_subject(
        "AGENCE DES SYSTEMES D'INFORMATION PARTAGES DE SANTE", "318751275100020", "service; un, deux"
    )
    assert rfc4514(subject) == (
        "CN=service\\; un\\, deux,OU=318751275100020,O=AGENCE DES SYSTEMES D'INFORMATION PARTAG,C=FR"
    )


@pytest.mark.parametrize("service", ["", "x" * 65, "a\nb"])
def test_a_name_that_cannot_be_written_is_refused(service: str) -> None:
    with pytest.raises(Unreadable, match="cannot be written"):
        organisation_subject("HOPITAL", "1750000000", service)


def test_a_request_needs_an_rsa_key() -> None:
    subject = organisation_subject("HOPITAL", "1750000000", "Service")
    with pytest.raises(Unreadable, match="no private key"):
        make_csr(b"junk", subject)
    with pytest.raises(Unreadable, match="not an RSA key"):
        make_csr(openssl("genpkey", "-algorithm", "ED25519", "-outform", "DER"), subject)
