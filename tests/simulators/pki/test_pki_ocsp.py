"""The OCSP responder, in memory: what it answers, and what it answers to nonsense."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.simulators.pki.issued import Issued
from tests.pki_kit import TestPki

KIT = TestPki.make()
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
MALFORMED, UNAUTHORIZED = ocsp.OCSPResponseStatus.MALFORMED_REQUEST, ocsp.OCSPResponseStatus.UNAUTHORIZED


def _request(
    held: Issued, nonce: bytes | None = None, algorithm: hashes.HashAlgorithm | None = None
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        held.certificate, held.chain[0], algorithm or hashes.SHA1()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def _ask(request: bytes) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(KIT.ocsp(request))


def test_a_certificate_is_good_until_it_is_revoked() -> None:
    held = KIT.sign()
    good = _ask(_request(held))
    assert (good.certificate_status, good.serial_number) == (GOOD, held.serial)
    assert good.this_update_utc == KIT.now and good.next_update_utc == KIT.now + timedelta(hours=1)
    KIT.revoke(held, KIT.now - timedelta(days=1), x509.ReasonFlags.key_compromise)
    revoked = _ask(_request(held))
    assert revoked.certificate_status == REVOKED
    assert revoked.revocation_time_utc == KIT.now - timedelta(days=1)
    assert revoked.revocation_reason == x509.ReasonFlags.key_compromise


def test_a_forged_certificate_is_unknown() -> None:
    assert _ask(_request(KIT.catalogued("forged-signature"))).certificate_status == UNKNOWN


@pytest.mark.parametrize("make", [KIT.auth_cli, KIT.person, lambda: KIT.catalogued("amc-server")])
def test_each_authority_has_its_responder_signing(make: object) -> None:
    assert callable(make)
    held = make()
    found = _ask(_request(held, algorithm=hashes.SHA256()))
    assert found.certificate_status == GOOD
    [responder] = found.certificates
    assert responder.issuer == held.certificate.issuer
    responder.verify_directly_issued_by(held.chain[0])
    assert found.signature_hash_algorithm is not None
    KIT.hierarchy.responder_key.public_key().verify(
        found.signature, found.tbs_response_bytes, padding.PKCS1v15(), found.signature_hash_algorithm
    )


@pytest.mark.parametrize("length", [1, 16, 32, 128])
def test_the_nonce_comes_back(length: int) -> None:
    nonce = bytes(range(length))
    found = _ask(_request(KIT.auth_cli(), nonce))
    assert found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


@pytest.mark.parametrize("nonce", [b"", bytes(129)])
def test_a_nonce_of_a_wrong_length_is_refused(nonce: bytes) -> None:
    assert _ask(_request(KIT.auth_cli(), nonce)).response_status == MALFORMED


def test_another_pki_is_not_spoken_for() -> None:
    assert _ask(_request(TestPki.make(seed=9).auth_cli())).response_status == UNAUTHORIZED
    assert _ask(_request(KIT.unknown_authority())).response_status == UNAUTHORIZED


def test_a_negative_serial_number_is_malformed() -> None:
    held = KIT.auth_cli()
    serial = held.serial.to_bytes(16, "big")
    request = _request(held)
    assert request.count(serial) == 1
    assert _ask(request.replace(serial, b"\xff" + serial[1:])).response_status == MALFORMED


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_malformed(noise: bytes) -> None:
    assert _ask(noise).response_status == MALFORMED


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_request_gets_an_answer(place: int, byte: int) -> None:
    request = bytearray(_REQUEST)
    request[place % len(request)] = byte
    assert _ask(bytes(request)).response_status in {
        MALFORMED,
        UNAUTHORIZED,
        ocsp.OCSPResponseStatus.SUCCESSFUL,
    }


_REQUEST = _request(KIT.auth_cli(), bytes(16))


def test_a_request_too_large_is_malformed() -> None:
    assert _ask(_REQUEST + bytes(9000)).response_status == MALFORMED
