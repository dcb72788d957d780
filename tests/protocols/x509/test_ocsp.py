"""An OCSP request is one that another program understands, and its answer is read as it was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ecluse.protocols.x509 import Unreadable, read_certificate
from ecluse.protocols.x509.ocsp import LARGEST, read_response, request
from tests.pki_kit import TestPki

NOW = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
KIT = TestPki.make(now=NOW)
HELD = KIT.auth_cli()
LEAF = read_certificate(HELD.der)
ISSUER = read_certificate(KIT.hierarchy.organisations.certificate.public_bytes(Encoding.DER))
NONCE = bytes(range(32))


def test_the_request_is_understood() -> None:
    """cryptography reads the same identifier as the one it would write, and the nonce."""
    asked = ocsp.load_der_ocsp_request(request(LEAF, ISSUER, NONCE))
    theirs = ocsp.OCSPRequestBuilder().add_certificate(
        HELD.certificate, KIT.hierarchy.organisations.certificate, asked.hash_algorithm
    )
    same = theirs.add_extension(x509.OCSPNonce(NONCE), critical=False).build()
    assert asked.public_bytes(Encoding.DER) == same.public_bytes(Encoding.DER)
    assert request(LEAF, ISSUER) == theirs.build().public_bytes(Encoding.DER)


def test_a_good_answer() -> None:
    """Status, dates, responder, its certificate and the nonce."""
    answer = read_response(KIT.ocsp(request(LEAF, ISSUER, NONCE)), LEAF, ISSUER)
    assert (answer.status, answer.revoked_at, answer.nonce) == ("good", None, NONCE)
    assert (answer.this_update, answer.next_update) == (NOW, NOW + timedelta(hours=1))
    assert answer.responder.key_hash is not None
    assert [one.extended_key_usage for one in answer.certificates] == [("1.3.6.1.5.5.7.3.9",)]
    assert answer.unknown_critical == frozenset()


def test_a_revoked_answer() -> None:
    """Date and reason of the revocation."""
    held = KIT.sign()
    KIT.revoke(held, NOW - timedelta(days=2), x509.ReasonFlags.superseded)
    leaf = read_certificate(held.der)
    answer = read_response(KIT.ocsp(request(leaf, ISSUER)), leaf, ISSUER)
    assert (answer.status, answer.revoked_at, answer.reason) == (
        "revoked",
        NOW - timedelta(days=2),
        "superseded",
    )


def test_an_answer_about_another_certificate() -> None:
    """It says nothing of ours, whatever it says."""
    other = read_certificate(KIT.sign().der)
    with pytest.raises(Unreadable, match="certID"):
        read_response(KIT.ocsp(request(other, ISSUER)), LEAF, ISSUER)
    same_serial_elsewhere = read_certificate(KIT.hierarchy.persons.certificate.public_bytes(Encoding.DER))
    with pytest.raises(Unreadable, match="certID"):
        read_response(KIT.ocsp(request(LEAF, ISSUER)), LEAF, same_serial_elsewhere)


def test_a_responder_that_declines() -> None:
    """Its own word is in the message."""
    with pytest.raises(Unreadable, match="malformedRequest"):
        read_response(KIT.ocsp(b"not a request"), LEAF, ISSUER)


@pytest.mark.parametrize("content", [b"", b"<html>", HELD.der, b"0" * (LARGEST + 1)])
def test_what_is_no_answer(content: bytes) -> None:
    """A page of a proxy, for instance."""
    with pytest.raises(Unreadable):
        read_response(content, LEAF, ISSUER)
