"""Private keys are read from what people have, matched with a certificate, and sign once they are parsed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ecluse.protocols.x509 import Unreadable
from ecluse.protocols.x509.bundle_words import WrongPassword
from ecluse.protocols.x509.keys import LARGEST_FILE, LoadedKey, matches, new_key, public_key_of, read_keys
from tests.protocols.x509.bundle_kit import key_of, key_pem, openssl, pair


@pytest.mark.parametrize(
    "options",
    [
        ("pkcs8", "-topk8", "-v2", "aes-256-cbc"),
        ("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"),
        ("pkcs8", "-topk8", "-scrypt"),
        ("pkcs8", "-topk8", "-outform", "DER"),
        ("rsa", "-aes256", "-traditional"),
    ],
    ids=["pbes2", "3des", "scrypt", "der", "old-pem"],
)
def test_an_encrypted_key(options: tuple[str, ...]) -> None:
    """Under its password, accents included; one neutral sentence under another, or none."""
    flag = "-passout"
    content = openssl(*options, flag, "pass:clé", given=key_pem(key_of("root")))
    assert read_keys(content, "clé") == (key_of("root"),)
    for wrong in ("cle", "", None):
        with pytest.raises(WrongPassword):
            read_keys(content, wrong)


@pytest.mark.parametrize("form", ["pkcs8", "traditional", "der", "traditional-der", "given-a-password"])
def test_a_key_in_clear(form: str) -> None:
    pem = key_pem(key_of("root"))
    content = {
        "pkcs8": pem,
        "traditional": openssl("pkey", "-traditional", given=pem),
        "der": key_of("root"),
        "traditional-der": openssl("pkey", "-traditional", "-outform", "DER", given=pem),
        "given-a-password": pem,
    }[form]
    assert read_keys(content, "useless" if form == "given-a-password" else None) == (key_of("root"),)


def test_every_key_of_a_file_among_other_things() -> None:
    """The file that a web server has: certificate, key, certificate, key."""
    one, other = pair("root"), pair("leaf", "intermediate")
    mixed = one.certificate.pem.encode() + key_pem(one.key) + b"# mine\n" + key_pem(other.key)
    assert read_keys(mixed) == (one.key, other.key)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"0\x03\x02\x01\x00",
        b"0\x80",
        b"-----BEGIN PRIVATE KEY-----\n$\n-----END PRIVATE KEY-----",
    ],
)
def test_what_is_no_key_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_keys(content)


def test_a_certificate_is_no_key() -> None:
    certificate = pair("root").certificate
    for content in (certificate.der, certificate.pem.encode()):
        with pytest.raises(Unreadable, match="no private key"):
            read_keys(content)


def test_a_key_file_that_asks_for_too_much_is_not_computed() -> None:
    """An iteration count of two thousand million would hold the process for an hour."""
    options = ("-topk8", "-outform", "DER", "-iter", "100000", "-passout", "pass:a")
    content = openssl("pkcs8", *options, given=key_pem(key_of("root")))
    patient = bytes.fromhex("02030186a0")
    assert content.count(patient) == 1
    with pytest.raises(Unreadable, match="excessive computation"):
        read_keys(content.replace(patient, bytes.fromhex("02037fffff")), "a")


def test_a_file_too_large_is_not_read() -> None:
    with pytest.raises(Unreadable, match=str(LARGEST_FILE)):
        read_keys(b"0" * (LARGEST_FILE + 1))


def test_a_key_matches_its_certificate_only() -> None:
    assert matches(key_of("root"), pair("root").certificate)
    assert not matches(key_of("leaf"), pair("root").certificate)
    assert not matches(b"not a key", pair("root").certificate)


def test_a_new_key_is_what_the_igc_sante_takes() -> None:
    public = openssl(
        "pkey", "-pubin", "-inform", "DER", "-text", "-noout", given=public_key_of(key_of("root"))
    )
    assert b"(2048 bit)" in public
    assert b"65537" in public
    with pytest.raises(Unreadable, match="2048"):
        new_key(1024)


def test_a_loaded_key_signs_as_openssl_verifies(tmp_path: Path) -> None:
    mine = pair("root")
    signer = LoadedKey(mine.key, mine.certificate)
    (tmp_path / "signature").write_bytes(signer.sign(b"jeton"))
    (tmp_path / "public.pem").write_bytes(
        openssl("x509", "-pubkey", "-noout", given=mine.certificate.pem.encode())
    )
    files = ("-verify", str(tmp_path / "public.pem"), "-signature", str(tmp_path / "signature"))
    assert openssl("dgst", "-sha256", *files, given=b"jeton") == b"Verified OK\n"
    assert signer.certificate == mine.certificate


def test_a_loaded_key_is_the_one_of_its_certificate() -> None:
    with pytest.raises(Unreadable, match="not the one of the certificate"):
        LoadedKey(key_of("leaf"), pair("root").certificate)


def test_only_rsa_keys_are_loaded() -> None:
    curve = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "DER")
    [key] = read_keys(curve)
    with pytest.raises(Unreadable, match="not an RSA key"):
        LoadedKey(key, pair("root").certificate)


def test_a_loaded_key_says_nothing_of_itself() -> None:
    mine = pair("root")
    assert repr(LoadedKey(mine.key, mine.certificate)) == f"<LoadedKey of {mine.certificate.fingerprint}>"


def test_a_file_of_beginnings_without_end_costs_no_more_than_its_size() -> None:
    """A block that never ends was looked for from each beginning: twice the size, four times the time."""
    begun = b"-----BEGIN PRIVATE KEY-----\n"

    def steps(count: int) -> float:
        start = time.process_time()
        with pytest.raises(Unreadable):
            read_keys(begun * count)
        return time.process_time() - start

    steps(10)
    assert steps(9000) < 3, "some 12 s of processor when it is quadratic"
