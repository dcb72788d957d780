"""Before a certificate is accepted: each check fails for its own reason, and says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ecluse.protocols.x509 import Certificate, read_certificate, read_certificates
from ecluse.protocols.x509.keys import matches
from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.judge import CHECKS, Check, Evidence, Expected, Verdict, judge
from ecluse.rules.certificates.path import validate
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Status
from ecluse.rules.certificates.slots import reserved_names, uses, uses_of_family
from ecluse.simulators.pki.issued import Issued
from tests.pki_kit import TestPki

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SLOTS = {"auth_cli": "dmp_tls", "sign": "dmp_sign", "serv": "listener_server"}


@pytest.fixture(scope="module")
def kit() -> TestPki:
    return TestPki.make(now=NOW)


def expected(use: str, **changes: object) -> Expected:
    base = Expected(uses()[use], "test", frozenset({"1990000028"}), NOW, hosts=frozenset({"localhost"}))
    return replace(base, **changes)  # type: ignore[arg-type]


def evidence(kit: TestPki, held: Issued, state: str = "good") -> Evidence:
    certificate = read_certificate(held.der)
    authorities = read_certificates(kit.authorities_pem)
    path = validate(certificate, authorities[1:], authorities[:1], NOW)
    status = Status(certificate, state, at=NOW)  # type: ignore[arg-type]
    mine = held.name != "key-mismatch" or matches(held.key_der, certificate)  # parsing a key is slow
    return Evidence(mine, path, (status,))


def verdict(kit: TestPki, held: Issued, use: str, state: str = "good", **changes: object) -> Verdict:
    return judge(read_certificate(held.der), expected(use, **changes), evidence(kit, held, state))


def failed(one: Verdict) -> set[str]:
    return {check.name for check in one.failed}


@pytest.mark.parametrize(
    ("name", "use", "checks"),
    [
        ("org-auth-cli", "dmp_tls", set()),
        ("org-auth-cli", "roc_directory", set()),
        ("org-sign", "dmp_sign", set()),
        ("org-sign", "roc_services", set()),
        ("org-insi-auto", "insi", set()),
        ("org-insi-manu", "insi", set()),
        ("serv-ssl", "listener_server", set()),
        ("accents", "dmp_sign", set()),
        ("special-characters", "dmp_sign", set()),
        ("expired-auth-cli", "dmp_tls", {"issuer", "dates"}),
        ("expired-sign", "dmp_sign", {"issuer", "dates", "signing"}),
        ("not-yet-valid", "dmp_tls", {"issuer", "dates"}),
        ("unknown-authority", "dmp_tls", {"issuer"}),
        ("forged-signature", "dmp_tls", {"issuer"}),
        ("wrong-family-sign", "dmp_tls", {"family"}),
        ("wrong-family-auth-cli", "dmp_sign", {"family"}),
        ("weak-key", "dmp_tls", {"strength", "issuer"}),
        ("other-structure", "dmp_tls", {"structure"}),
        ("key-mismatch", "dmp_tls", {"key"}),
        ("private-key-period-over", "dmp_sign", {"signing"}),
        ("server-of-another-host", "listener_server", {"names"}),
        ("server-without-names", "listener_server", {"names"}),
    ],
)
def test_the_catalogue(kit: TestPki, name: str, use: str, checks: set[str]) -> None:
    """Certificates of the test PKI, good and bad: what is found wrong, and nothing else."""
    found = verdict(kit, kit.catalogued(name), use)
    assert failed(found) - {"service-name"} == checks
    assert found.ok == (not checks)


@pytest.mark.parametrize(
    "name", ["person-for-organisation", "without-structure", "malformed-structure", "production-marks"]
)
def test_what_is_not_an_organisation_of_this_environment_is_refused(kit: TestPki, name: str) -> None:
    wanted = {
        "person-for-organisation": {"family", "structure"},
        "without-structure": {"family", "structure"},
        "malformed-structure": {"family", "structure"},
        "production-marks": {"environment"},
    }
    found = verdict(kit, kit.catalogued(name), "dmp_tls")
    assert not found.ok
    assert wanted[name] <= failed(found)


def test_a_person_is_told_that_hers_is_not_wanted(kit: TestPki) -> None:
    [family] = [one for one in verdict(kit, kit.person(), "dmp_tls").failed if one.name == "family"]
    assert family.text_en.startswith("This certificate is that of a natural person")
    assert "administrateur technique" in family.remedy_fr


def test_every_failure_says_what_to_do_in_both_languages(kit: TestPki) -> None:
    """With nothing left to fill in, and every check named once."""
    for name in ("expired-sign", "other-structure", "wrong-family-auth-cli", "production-marks"):
        found = verdict(kit, kit.catalogued(name), "dmp_sign", "revoked")
        assert [one.name for one in found.checks] == [one for one in CHECKS if one != "names"]
        for check in found.failed:
            assert all(text and "{" not in text for text in check[3:])
        for check in found.checks:
            assert check.text_fr != check.text_en


def test_the_two_environments_never_mix(kit: TestPki) -> None:
    found = verdict(kit, kit.auth_cli(), "dmp_tls", environment="production")
    [check] = found.failed
    assert (check.name, check.blocking) == ("environment", True)
    assert check.text_fr == "C’est un certificat de test, et cette passerelle est en production."


def test_the_name_of_insi_is_imposed_and_reserved(kit: TestPki) -> None:
    """desir_560 otherwise; and a certificate of INSi serves nothing else."""
    assert failed(verdict(kit, kit.auth_cli("insi-auto"), "insi")) == {"service-name"}
    assert failed(verdict(kit, kit.auth_cli("INSI-MANU"), "roc_directory")) == {"service-name"}
    assert not verdict(kit, kit.auth_cli("INSI-MANU"), "dmp_tls").ok


def test_a_name_that_is_only_advised_is_told_and_accepted(kit: TestPki) -> None:
    found = verdict(kit, kit.auth_cli("Autre"), "roc_directory")
    assert found.ok
    [check] = found.failed
    assert (check.name, check.blocking) == ("service-name", False)
    assert "Client_ROC_Annuaire_AMC" in check.text_fr


def test_an_unknown_revocation_refuses_a_signature_and_only_warns_a_link(kit: TestPki) -> None:
    signs, opens = kit.sign(), kit.auth_cli()
    assert not verdict(kit, signs, "dmp_sign", "unknown").ok
    assert verdict(kit, opens, "dmp_tls", "unknown").ok
    assert verdict(kit, signs, "dmp_sign", "unknown", hard_fail=False).ok
    assert not verdict(kit, opens, "dmp_tls", "unknown", hard_fail=True).ok
    assert failed(verdict(kit, opens, "dmp_tls", "unknown")) == {"revocation"}


def test_a_revoked_certificate_is_refused_everywhere(kit: TestPki) -> None:
    for held, use in ((kit.sign(), "dmp_sign"), (kit.auth_cli(), "dmp_tls")):
        found = verdict(kit, held, use, "revoked", hard_fail=False)
        assert not found.ok
        assert "01/06/2026 à 12:00 UTC" in text(found, "revocation").text_fr
        assert "2026-06-01 12:00 UTC" in text(found, "revocation").text_en


def text(found: Verdict, name: str) -> Check:
    return next(one for one in found.checks if one.name == name)


def test_nothing_found_is_not_a_good_sign(kit: TestPki) -> None:
    """No key, no authority asked, no list: each is said."""
    certificate: Certificate = read_certificate(kit.sign().der)
    found = judge(certificate, expected("dmp_sign", structures=frozenset()), Evidence(None, None))
    assert failed(found) >= {"key", "issuer", "structure", "revocation"}
    assert not found.ok


def test_a_name_with_a_star_is_that_of_one_label(kit: TestPki) -> None:
    server = kit.serv(["*.hopital.test"])
    for host, fits in (("porte.hopital.test", True), ("hopital.test", False), ("a.b.hopital.test", False)):
        found = verdict(kit, server, "listener_server", hosts=frozenset({host}))
        assert ("names" not in failed(found)) is fits


def test_the_names_of_the_slots() -> None:
    """Reproduced exactly: ANS, procédure ROC v3.0.0."""
    assert uses()["roc_directory"].service_names == ("Client_ROC_Annuaire_AMC",)
    assert uses()["roc_services"].service_names == ("Client_ROC_WebServices_AMC",)
    assert reserved_names() == {"INSI-AUTO", "INSI-MANU"}
    assert [use.id for use in uses_of_family("ORG SIGN")] == ["dmp_sign", "roc_services"]
    assert tuple(uses()) == (
        "dmp_tls", "dmp_sign", "roc_directory", "roc_services", "insi", "mssante", "psc", "listener_server"
    )  # fmt: skip


def test_insurers_are_not_judged_with_our_own_authorities() -> None:
    """Two trust stores, never merged (certificats ROC §6)."""
    assert {use.peers for use in uses().values() if use.id.startswith("roc")} == {"igc-osi"}
    assert uses()["dmp_tls"].peers == "igc-sante"


def test_every_word_of_a_check_exists() -> None:
    outcomes = data("judgements")
    assert set(outcomes) == set(CHECKS)
    for cases in outcomes.values():
        for body in cases.values():
            assert ("remedy_fr" in body) == ("remedy_en" in body)


def test_the_revocation_of_a_chain_that_is_not_valid_is_not_examined(kit: TestPki) -> None:
    """And asks nothing: the check of the issuer says what to do."""
    for path in (None, Refusal("expired", "fr", "en", "fr", "en", "RFC 5280 §6.1")):
        certificate = read_certificate(kit.sign().der)
        found = text(judge(certificate, expected("dmp_sign"), Evidence(True, path)), "revocation")
        assert not found.ok
        assert found.text_fr.startswith("La révocation n’a pas été examinée")
        assert (found.remedy_fr, found.remedy_en) == ("", "")
