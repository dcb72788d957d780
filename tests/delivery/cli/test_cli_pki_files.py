"""`ecluse pki describe` and `verify`: a file of certificates, without any gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ecluse.simulators.pki.issued import Issued
from tests.delivery.cli.commands import invoke
from tests.pki_kit import TestPki

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    """A test PKI of that day."""
    return TestPki.make(now=NOW)


@pytest.fixture
def authorities(pki: TestPki, tmp_path: Path) -> str:
    """File of its authorities."""
    file = tmp_path / "ca.pem"
    file.write_bytes(pki.authorities_pem)
    return str(file)


def run(*arguments: str, stdin: bytes = b"", locale: str = "fr_FR.UTF-8") -> Result:
    return invoke(
        "pki", *arguments, stdin=stdin, locale=locale, clock=lambda: int(NOW.timestamp()) * 1_000_000
    )


def told(*arguments: str, code: int = 0, stdin: bytes = b"") -> Any:
    done = run(*arguments, "--format", "json", stdin=stdin)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def written(folder: Path, held: Issued) -> str:
    file = folder / "leaf.pem"
    file.write_bytes(held.chain_pem)
    return str(file)


def lists(folder: Path, pki: TestPki) -> list[str]:
    """Options for the lists of the root and of the organisations."""
    options = []
    for one in (pki.hierarchy.root, pki.hierarchy.organisations):
        file = folder / f"{one.short}.crl"
        file.write_bytes(pki.crl(one))
        options += ["--crl", str(file)]
    return options


def test_describe_says_all_of_an_organisation(pki: TestPki, tmp_path: Path) -> None:
    held = pki.sign()
    first, second = told("describe", written(tmp_path, held))["certificates"]
    assert (first["family"], first["environment"], second["family"]) == ("ORG SIGN", "test", "authority")
    assert first["structure"] == {"kind": "finess", "value": "990000028", "whole": "1990000028"}
    assert first["service"] == "Client_ROC_WebServices_AMC"
    assert first["subject"].startswith("CN=Client_ROC_WebServices_AMC,OU=1990000028,O=")
    assert (first["key_kind"], first["key_bits"], first["key"]) == ("rsa", 2048, False)
    assert first["fingerprint"] == held.fingerprint
    assert first["crl"][0].startswith("http://127.0.0.1:8089/")


@pytest.mark.parametrize(
    ("locale", "words"), [("fr_FR.UTF-8", ("Famille", "Émetteur")), ("C.UTF-8", ("Family", "Issuer"))]
)
def test_describe_speaks_both_languages(
    pki: TestPki, tmp_path: Path, locale: str, words: tuple[str, ...]
) -> None:
    text = run("describe", written(tmp_path, pki.auth_cli()), locale=locale).stdout
    assert all(word in text for word in words)


def test_describe_reads_standard_input_der_and_pkcs12(pki: TestPki, tmp_path: Path) -> None:
    held = pki.auth_cli()
    assert told("describe", "-", stdin=held.der)["certificates"][0]["fingerprint"] == held.fingerprint
    file = tmp_path / "held.p12"
    file.write_bytes(held.p12("sésame"))
    found = told("describe", str(file), "--password-stdin", stdin="sésame\r\n".encode())
    assert (found["kind"], found["keys"], found["certificates"][0]["key"]) == ("pkcs12", 1, True)
    both = run("describe", "-", "--password-stdin", stdin=b"x")
    assert both.exit_code == 2


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"\x30\x82\xff\xff", b"\x30\x80\x02\x01\x03" + bytes(200)]
)
def test_what_is_no_certificate_is_one_line(content: bytes) -> None:
    done = run("describe", "-", stdin=content)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_verify_accepts_what_is_good(pki: TestPki, tmp_path: Path, authorities: str) -> None:
    file = written(tmp_path, pki.auth_cli())
    found = told("verify", file, "--ca", authorities, *lists(tmp_path, pki), "--offline", "--use", "dmp_tls")
    assert found["ok"] and len(found["chain"]) == 3
    names = [one["name"] for one in found["checks"]]
    assert names == ["strength", "family", "environment", "issuer", "dates", "service-name", "revocation"]


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("revoked-sign", "revocation"),
        ("expired-auth-cli", "issuer"),
        ("forged-signature", "issuer"),
        ("unknown-authority", "issuer"),
        ("weak-key", "strength"),
    ],
)
def test_verify_refuses_with_what_to_do(
    pki: TestPki, tmp_path: Path, authorities: str, name: str, check: str
) -> None:
    file = written(tmp_path, pki.catalogued(name))
    found = told("verify", file, "--ca", authorities, *lists(tmp_path, pki), "--offline", code=1)
    wrong = {one["name"]: one for one in found["checks"] if not one["ok"]}
    assert wrong[check]["blocking"] and wrong[check]["remedy_fr"]


def test_verify_at_another_time_and_for_another_use(pki: TestPki, tmp_path: Path, authorities: str) -> None:
    file = written(tmp_path, pki.auth_cli())
    common = ("verify", file, "--ca", authorities, "--offline")
    assert told(*common)["ok"]
    late = (NOW + timedelta(days=1200)).date().isoformat()
    assert not told(*common, "--at", late, code=1)["ok"]
    wrong = told(*common, "--use", "dmp_sign", code=1)
    assert "family" in [one["name"] for one in wrong["checks"] if not one["ok"]]
    assert run(*common, "--at", "demain").exit_code == 2


def test_verify_offline_asks_nothing(
    pki: TestPki, tmp_path: Path, authorities: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refused)
    found = told("verify", written(tmp_path, pki.auth_cli()), "--ca", authorities, "--offline")
    (revocation,) = [one for one in found["checks"] if one["name"] == "revocation"]
    assert (revocation["ok"], revocation["blocking"]) == (False, False)
