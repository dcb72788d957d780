"""What the certificates say is what IGC-Santé certificates say: names, extensions, criticality, to the byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from ecluse.simulators.pki.issued import Issued
from tests.pki_kit import TestPki
from tests.simulators.pki.openssl import openssl


@pytest.fixture(scope="module")
def kit() -> TestPki:
    return TestPki.make()


def _extensions(held: Issued | x509.Certificate) -> list[tuple[str, bool, str]]:
    """OID, criticality and DER of each; what depends on a key, an address or an instant is left out."""
    certificate = held.certificate if isinstance(held, Issued) else held
    return [
        (one.oid.dotted_string, one.critical, "" if one.oid.dotted_string in _VARIABLE else _value(one))
        for one in certificate.extensions
    ]


_VARIABLE = {
    "2.5.29.14",
    "2.5.29.35",
    "2.5.29.31",
    "2.5.29.46",
    "1.3.6.1.5.5.7.1.1",
    "2.5.29.16",
    "2.5.29.32",
}


def _value(extension: x509.Extension[x509.ExtensionType]) -> str:
    return extension.value.public_bytes().hex()


# As read on real test certificates of 2017 to 2022: order, criticality, DER values.
_HEAD = [("2.5.29.19", False, "3000"), ("2.5.29.14", False, ""), ("2.5.29.35", False, "")]
_TAIL = [
    ("2.5.29.31", False, ""),
    ("2.5.29.46", False, ""),
    ("1.3.6.1.5.5.7.1.1", False, ""),
    ("1.2.250.1.71.1.2.5", False, "040183"),
]


def test_an_auth_cli_has_the_extensions_of_its_family(kit: TestPki) -> None:
    assert _extensions(kit.auth_cli()) == [
        *_HEAD, ("2.5.29.15", True, "03020780"), ("2.5.29.32", False, ""),
        ("2.5.29.37", False, "300a06082b06010505070302"),
        *_TAIL,
    ]  # fmt: skip


def test_a_sign_has_the_extensions_of_its_family(kit: TestPki) -> None:
    assert _extensions(kit.sign()) == [
        *_HEAD, ("2.5.29.15", True, "030206c0"), ("2.5.29.32", False, ""),
        ("2.5.29.37", False, "300a06082b06010505070304"),
        ("2.5.29.16", False, ""), *_TAIL,
    ]  # fmt: skip


def test_a_server_has_the_extensions_of_its_family(kit: TestPki) -> None:
    assert _extensions(kit.serv(["a.example", "b.example"])) == [
        *_HEAD, ("2.5.29.15", True, "030205a0"), ("2.5.29.32", False, ""),
        ("2.5.29.37", False, "301406082b0601050507030106082b06010505070302"),
        ("2.5.29.17", False, "30168209612e6578616d706c658209622e6578616d706c65"), *_TAIL,
    ]  # fmt: skip


def test_a_conf_has_the_extensions_of_its_family(kit: TestPki) -> None:
    extensions = {oid: value for oid, _, value in _extensions(kit.conf())}
    assert (extensions["2.5.29.15"], extensions["2.5.29.37"]) == ("03020430", "300a06082b06010505070304")


def test_authorities_have_the_extensions_of_theirs(kit: TestPki) -> None:
    key_usage = ("2.5.29.15", True, "03020106")
    assert _extensions(kit.hierarchy.root.certificate) == [
        ("2.5.29.19", True, "30030101ff"), key_usage, ("2.5.29.32", False, ""), ("2.5.29.14", False, ""),
        ("2.5.29.35", False, ""),
    ]  # fmt: skip
    assert _extensions(kit.hierarchy.organisations.certificate) == [
        ("2.5.29.19", True, "30060101ff020100"), key_usage, ("2.5.29.32", False, ""), ("2.5.29.31", False, ""),
        ("2.5.29.14", False, ""), ("2.5.29.35", False, ""),
    ]  # fmt: skip
    assert kit.hierarchy.root.key.key_size == kit.hierarchy.organisations.key.key_size == 4096


def test_an_organisation_is_named_in_the_order_of_igc_sante(kit: TestPki) -> None:
    text = openssl("x509", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8", given=kit.sign().pem)
    assert text.strip() == (
        "subject=CN=Client_ROC_WebServices_AMC,OU=1990000028,O=CENTRE HOSPITALIER DE VALMONT SIMULATION,"
        "ST=Côte-d'Or (21),C=FR"
    )


def test_a_company_is_cut_to_forty_characters(kit: TestPki) -> None:
    long = kit.hierarchy.structure._replace(company="AGENCE DES SYSTEMES D'INFORMATION PARTAGES DE SANTE")
    subject = kit.auth_cli(structure=long).certificate.subject
    assert "O=AGENCE DES SYSTEMES D'INFORMATION PARTAG," in subject.rfc4514_string()


def test_a_company_of_wide_letters_is_cut_between_two_of_them(kit: TestPki) -> None:
    wide = kit.hierarchy.structure._replace(company="É" * 50)
    assert f"O={'É' * 32}," in kit.auth_cli(structure=wide).certificate.subject.rfc4514_string()


@pytest.mark.parametrize("password", ["é", "", "mot de passe très long " * 5, "clé 🔑"])
def test_a_p12_opens_with_any_password(kit: TestPki, password: str, tmp_path: Path) -> None:
    held = kit.auth_cli()
    file, word = tmp_path / "held.p12", tmp_path / "password"
    file.write_bytes(held.p12(password))
    word.write_text(f"{password}\n", "utf-8")
    text = openssl("pkcs12", "-in", file, "-nodes", "-passin", f"file:{word}")
    assert text.count("BEGIN CERTIFICATE") == 3 and text.count("BEGIN PRIVATE KEY") == 1


def test_the_last_rdn_of_a_person_holds_its_three_names(kit: TestPki) -> None:
    doctor, employee = kit.person(), kit.employee()
    last = {one.rfc4514_attribute_name: one.value for one in doctor.certificate.subject.rdns[-1]}
    assert set(last.values()) == {"899900000011", "MEDECIN-SIMULE", "ALIX"}
    text = openssl("x509", "-noout", "-text", "-nameopt", "RFC2253,-esc_msb,utf8", given=doctor.pem)
    assert "title=Médecin,C=FR" in text
    assert "TLS Web Client Authentication, Microsoft Smartcard Login" in text
    assert "UPN::899900000011@carte-cps.ecluse-test.invalid" in text
    private = {oid: value for oid, _, value in _extensions(doctor) if oid.startswith("1.2.250")}
    assert private == {
        "1.2.250.1.71.1.2.5": "040180", "1.2.250.1.71.1.2.2": "020100", "1.2.250.1.71.1.2.7": "02010a",
        "1.2.250.1.71.1.2.3": "1315" + b"8025000000/0000000001".hex(),
    }  # fmt: skip
    assert "OU=1990000028" in employee.certificate.subject.rfc4514_string()
    assert ("1.2.250.1.71.1.2.2", False, "020102") in _extensions(employee)


def test_a_certificate_lasts_three_years_and_its_key_is_that_of_the_national_ones(kit: TestPki) -> None:
    held = kit.sign()
    one = held.certificate
    assert one.not_valid_after_utc == one.not_valid_before_utc.replace(year=one.not_valid_before_utc.year + 3)
    assert isinstance(one.signature_hash_algorithm, hashes.SHA256)
    key = one.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert (key.key_size, key.public_numbers().e) == (2048, 65537)
    assert len(f"{one.serial_number:x}") == 32
    period = re.search(
        r"Private Key Usage Period: *\n(.*)", openssl("x509", "-noout", "-text", given=held.pem)
    )
    dates = re.findall(
        r"(?:Before|After) ?: (\w+ +\d+ [\d:]+ \d{4})", openssl("x509", "-noout", "-text", given=held.pem)
    )
    assert period and period[1].count(dates[0]) == 1 and period[1].count(dates[1]) == 1


def test_addresses_are_those_of_the_served_pki(kit: TestPki) -> None:
    text = openssl("x509", "-noout", "-text", given=kit.auth_cli().pem)
    assert re.findall(r"URI:(\S+)", text)[0] == "http://127.0.0.1:8089/CRL/ACI-ORG-ECLUSE-TEST.crl"
    assert "OCSP - URI:http://127.0.0.1:8089/ocsp" in text
    assert "CA Issuers - URI:http://127.0.0.1:8089/AC/ACI-ORG-ECLUSE-TEST.cer" in text
    assert (
        "Policy: 1.2.250.1.213.1.7.2.1.1.1.1\n                  CPS: http://127.0.0.1:8089/PC%20TEST" in text
    )
    assert (
        text.count("ldap://annuaire.ecluse-test.invalid/cn=TEST%20ECLUSE%20AC%20ELEMENTAIRE%20ORGANISATIONS,")
        == 2
    )


def test_no_name_can_be_taken_for_a_national_one(kit: TestPki) -> None:
    for authority in kit.hierarchy:
        name = authority.name.rfc4514_string()
        assert "O=ECLUSE-TEST" in name and "SIMULATION" in name and "TEST ECLUSE" in name
        assert not re.search(r"IGC-SANTE|ASIP|187512751|SESAM", name)
