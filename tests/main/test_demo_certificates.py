"""The certificates of the demonstration: made quickly, in a folder of its own, near enough to an end to be told."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from ecluse.main.configuration import load, write_default
from ecluse.main.demo_certificates import prepare, served
from ecluse.protocols.x509.crl import read_crl
from ecluse.protocols.x509.pkcs12 import read_pkcs12
from ecluse.simulators.pki import PASSWORD


def test_a_new_folder_gets_a_pki_and_the_settings_that_reach_it(tmp_path: Path) -> None:
    pki = prepare(tmp_path / "data")
    assert pki is not None and pki == prepare(tmp_path / "data")
    configuration = load(tmp_path / "data")
    assert configuration.certificates.allowed_networks == ("127.0.0.1",)
    assert [(one.name, one.tls_slot, one.mutual) for one in configuration.listeners] == [
        ("main", "", False),
        ("tls", "990000010", True),
    ]
    bundle = read_pkcs12((pki.folder / "certificates/demo-soon.p12").read_bytes(), PASSWORD)
    soon = bundle.certificate_of(bundle.keys[0])
    assert soon is not None and (soon.not_after - datetime.now(UTC)).days == 24
    assert "SIMULATION" in soon.rfc4514
    address = next(one for one in soon.crl_addresses if one.startswith("http:"))
    with served(pki), urllib.request.urlopen(address, timeout=10) as answer:
        assert read_crl(answer.read()).issuer == soon.issuer


def test_settings_of_somebody_are_left_alone(tmp_path: Path) -> None:
    assert write_default(tmp_path / "data")
    before = (tmp_path / "data/ecluse.toml").read_bytes()
    assert prepare(tmp_path / "data") is None
    assert (tmp_path / "data/ecluse.toml").read_bytes() == before
    assert not (tmp_path / "data/test-pki").exists()
