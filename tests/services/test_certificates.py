"""Certificates and fingerprints, as people and TLS give them."""

from __future__ import annotations

import ssl
from hashlib import sha256
from pathlib import Path

import pytest

from ecluse.services.certificates import read_certificate, read_certificate_file, read_fingerprint
from tests.main.certificates import make_pems

DIGEST = "0123456789abcdef" * 4
COLONS = ":".join(DIGEST[place : place + 2].upper() for place in range(0, 64, 2))


@pytest.mark.parametrize(
    "text", [DIGEST, f"sha256:{DIGEST}", COLONS, f"SHA256:{COLONS}", f" {DIGEST.upper()}\n"]
)
def test_a_fingerprint_in_every_usual_form(text: str) -> None:
    assert read_fingerprint(text) == DIGEST


@pytest.mark.parametrize(
    "text", ["", "sha256:", DIGEST[:-1], DIGEST + "0", f"sha1:{DIGEST}", "g" * 64, f"{DIGEST[:-1]}٣"]
)
def test_what_is_no_fingerprint(text: str) -> None:
    assert read_fingerprint(text) is None


def test_a_file_and_a_handshake_give_the_same_certificate(tmp_path: Path) -> None:
    pem = make_pems(tmp_path).certificate.read_text()
    der = ssl.PEM_cert_to_DER_cert(pem)
    for content in (pem.encode(), b"friendlyName: GAM\n" + pem.encode(), der):
        assert read_certificate_file(content).certificate == read_certificate(der)
    assert read_certificate(der) == (sha256(der).hexdigest(), "CN=localhost")


def test_a_certificate_that_cannot_be_read_keeps_its_fingerprint() -> None:
    assert read_certificate(b"\x30\x03abc") == (sha256(b"\x30\x03abc").hexdigest(), "")
