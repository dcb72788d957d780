"""What a certificate is said to be: family, environment, whom it names; and unknown where nothing tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.protocols.x509.extensions import Extension, KeyUsagePeriod, Policy
from ecluse.rules.certificates.describe import Period, describe, structure_of
from ecluse.rules.certificates.facts import (
    authorities,
    authority_of_fingerprint,
    authority_of_name,
    families,
    policies,
    structure_forms,
)
from ecluse.simulators.pki.names import DOCTOR, EMPLOYEE
from tests.pki_kit import TestPki

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEST_BIT = "1.2.250.1.71.1.2.5"


@pytest.fixture(scope="module")
def kit() -> TestPki:
    return TestPki.make(now=NOW)


def read(held: object) -> Certificate:
    return read_certificate(held.der)  # type: ignore[attr-defined]


def with_extension(certificate: Certificate, oid: str, value: bytes) -> Certificate:
    others = tuple(one for one in certificate.extensions if one.oid != oid)
    return replace(certificate, extensions=(*others, Extension(oid, False, value)))


def test_each_family(kit: TestPki) -> None:
    described = {
        name: describe(read(kit.catalogued(name))).family.id
        for name in (
            "org-auth-cli",
            "org-sign",
            "org-conf",
            "serv-ssl",
            "cps-auth",
            "cps-sign",
            "employee-card",
        )
    }
    assert described == {
        "org-auth-cli": "ORG AUTH_CLI",
        "org-sign": "ORG SIGN",
        "org-conf": "ORG CONF",
        "serv-ssl": "SERV SSL",
        "cps-auth": "person",
        "cps-sign": "person",
        "employee-card": "person",
    }


def test_a_family_says_how_sure_it_is(kit: TestPki) -> None:
    """ORG CONF was never seen: its usages are inferred."""
    assert describe(read(kit.sign())).confidence == "observed"
    assert describe(read(kit.conf())).confidence == "inferred"


def test_an_authority(kit: TestPki) -> None:
    said = describe(read_certificate(der_of(kit)))
    assert said.family.id == "authority"
    assert (said.structure, said.service_name, said.authority) == (None, "", None)


def der_of(kit: TestPki) -> bytes:
    return kit.hierarchy.organisations.certificate.public_bytes(Encoding.DER)


def test_usages_of_no_family_are_unknown(kit: TestPki) -> None:
    odd = read(kit.auth_cli())
    known = replace(odd.known, key_usage=frozenset({"keyAgreement"}))
    assert describe(replace(odd, known=known)).family.id == "unknown"


def test_a_server_without_structure_is_of_elsewhere(kit: TestPki) -> None:
    """A public authority names no French structure: nobody may take it for a SERV SSL."""
    server, other = read(kit.serv()), read(kit.person())
    said = describe(replace(server, subject=server.issuer, issuer=other.issuer))
    assert said.family.id == "other server"


def test_what_an_organisation_certificate_names(kit: TestPki) -> None:
    said = describe(read(kit.auth_cli("Client_ROC_Annuaire_AMC")))
    assert said.structure is not None
    assert (said.structure.kind, said.structure.value, said.structure.whole) == (
        "finess",
        "990000028",
        "1990000028",
    )
    assert said.service_name == "Client_ROC_Annuaire_AMC"
    assert said.department == "Côte-d'Or (21)"
    assert said.subject == (
        "CN=Client_ROC_Annuaire_AMC,OU=1990000028,O=CENTRE HOSPITALIER DE VALMONT SIMULATION,"
        "ST=Côte-d'Or (21),C=FR"
    )
    assert said.environment == "test"
    assert said.crl_addresses[0].startswith("http://127.0.0.1")
    assert len(said.ocsp_addresses) == len(said.issuer_addresses) == 1


def test_a_professional_and_an_employee(kit: TestPki) -> None:
    doctor, employee = describe(read(kit.person())).person, describe(read(kit.employee())).person
    assert doctor is not None
    assert employee is not None
    assert (doctor.kind, "8" + doctor.number) == ("rpps", DOCTOR.identifier)
    assert doctor.profession == 10
    assert (employee.kind, f"3{employee.structure}/{employee.number}") == (
        "finess-employee",
        EMPLOYEE.identifier,
    )
    card = describe(read(kit.employee())).card
    assert card is not None
    assert card.kind == "CPE"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1750712184", "finess", "750712184"),
        ("10B0057881", "finess", "0B0057881"),
        ("2187512751", "siren", "187512751"),
        ("318751275100020", "siret", "18751275100020"),
        ("499700237045007", "rpps-rang", "99700237045007"),
        ("0751234560", "adeli", "751234560"),
        ("5750712184", "finess-ej", "750712184"),
        ("40AB12", "national-structure", "AB12"),
        ("41AB12", "ror", "AB12"),
    ],
)
def test_the_type_digit_of_a_structure(text: str, kind: str, value: str) -> None:
    found = structure_of(text)
    assert found is not None
    assert (found.kind, found.value, found.whole) == (kind, value, text)


@pytest.mark.parametrize(
    "text", ["", "1", "IGC-SANTE", "0002 187512751", "175071218", "17507121845", "1٧50712184"]
)
def test_what_is_no_structure(text: str) -> None:
    assert structure_of(text) is None


def test_marks_that_contradict_one_another_leave_the_environment_unknown(kit: TestPki) -> None:
    said = describe(with_extension(read(kit.auth_cli()), TEST_BIT, bytes.fromhex("040103")))
    assert (said.environment, said.contradictory) == ("unknown", True)


@pytest.mark.parametrize("value", ["", "0401", "040199", "020183", "0402838383"])
def test_a_test_bit_that_says_nothing_is_not_guessed(kit: TestPki, value: str) -> None:
    said = describe(with_extension(read(kit.auth_cli()), TEST_BIT, bytes.fromhex(value)))
    assert "extension" not in [mark.where for mark in said.marks]


def test_an_unknown_policy_is_said_to_be_unknown(kit: TestPki) -> None:
    one = read(kit.auth_cli())
    known = replace(one.known, policies=(Policy("1.2.3", ()), Policy("1.2.250.1.213.1.7.2.1.1.1.1", ())))
    said = describe(replace(one, known=known))
    assert said.unknown_policies == ("1.2.3",)
    assert [policy.environment for policy in said.policies] == ["test"]


def test_an_unknown_extension_is_said_to_be_unknown(kit: TestPki) -> None:
    said = describe(with_extension(read(kit.employee()), "1.2.3.4", b"\x05\x00"))
    assert said.unknown_extensions == ("1.2.3.4",)
    assert TEST_BIT in {one.oid for one in said.private_extensions}


def test_the_period_in_which_a_key_signs_is_inside_the_validity(kit: TestPki) -> None:
    """ORG SIGN of 2016 to 2019 last a month longer than their key may sign."""
    one = read(kit.catalogued("private-key-period-over"))
    said = describe(one)
    assert said.signing.end < NOW < one.not_after
    wide = KeyUsagePeriod(datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))
    one = replace(one, known=replace(one.known, private_key_usage_period=wide))
    assert describe(one).signing == Period(one.not_before, one.not_after)


def test_national_authorities_are_known_by_fingerprint_only() -> None:
    """The seven certificates that could be read; the others have a name and no fingerprint."""
    known = {one.short for one in authorities() if one.fingerprint}
    assert known == {
        "ACR-EL",
        "ACI-EL-ORG",
        "ACR-EL-TEST",
        "ACI-EL-ORG-TEST",
        "ACI-EL-PP-TEST",
        "ACR-ST-TEST",
        "ACI-ST-PP-TEST",
    }
    root = authority_of_fingerprint("2d9e22ca19f777c6b745257c723ecb8df3c35fa6f1f6ec36b83600c97346967f")
    assert root is not None
    assert (root.short, root.anchor, root.environment) == ("ACR-EL", True, "production")
    assert authority_of_fingerprint("") is None
    assert authority_of_name("AC IGC-SANTE FORT PERSONNES") is not None


def test_every_fact_names_its_source() -> None:
    for fact in (*families().values(), *policies().values(), *structure_forms(), *authorities()):
        assert fact.source, fact  # type: ignore[attr-defined]
