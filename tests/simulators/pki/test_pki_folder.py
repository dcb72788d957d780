"""The folder of a test PKI: what is in it, who may read it, and what is never overwritten."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from ecluse.simulators.pki import (
    PASSWORD,
    AlreadyThere,
    Made,
    NotAPki,
    OrderRefused,
    Structure,
    catalogue,
    changing,
    init_test,
    read_hierarchy,
    revoke,
)  # fmt: skip
from tests.pki_kit import KeyRing
from tests.simulators.pki.conftest import NOW


def test_every_entry_of_the_catalogue_is_there_in_three_files(made: tuple[Path, Made]) -> None:
    folder, content = made
    index = json.loads((folder / "catalogue.json").read_bytes())
    assert (
        [one["name"] for one in index["certificates"]]
        == [one.name for one in catalogue()]
        == list(content.issued)
    )
    for one in index["certificates"]:
        chain, key, bundle = (folder / file for file in one["files"])
        assert chain.read_bytes() == content.issued[one["name"]].chain_pem
        assert key.read_bytes() == content.issued[one["name"]].key_pem
        assert bundle.stat().st_size > 2000
    loaded = pkcs12.load_pkcs12((folder / "certificates/accents.p12").read_bytes(), PASSWORD.encode())
    assert loaded.cert and loaded.cert.certificate == content.issued["accents"].certificate
    assert [one.certificate for one in loaded.additional_certs] == list(content.issued["accents"].chain)
    assert {one.expected for one in catalogue()} >= {
        "accepted", "revoked", "expired", "not_yet_valid", "unknown_authority", "signature", "path", "family",
        "crl_stale", "weak_key", "structure", "environment", "private_key_period", "key_mismatch", "host",
    }  # fmt: skip


def test_only_its_owner_reads_a_key(made: tuple[Path, Made]) -> None:
    folder = made[0]
    secret = [one for one in folder.rglob("*") if one.name.endswith((".key.pem", ".p12"))]
    assert len(secret) == 2 * len(catalogue()) + 8
    assert {stat.S_IMODE(one.stat().st_mode) for one in secret} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_readme_says_what_each_is_and_that_all_is_a_simulation(made: tuple[Path, Made]) -> None:
    text = (made[0] / "README.md").read_text("utf-8")
    assert text.startswith("# SIMULATION")
    for one in catalogue():
        assert f"| `{one.name}` | {one.offered_as} | {one.expected} | {one.text_fr} | {one.text_en} |" in text


def test_a_pki_is_replaced_only_when_asked(folder: Path) -> None:
    (folder / "mine.txt").write_text("kept")
    before = (folder / "trust/igc-sante.pem").read_bytes()
    with pytest.raises(AlreadyThere) as refused:
        init_test(folder, ["localhost"], NOW, new_key=KeyRing())
    assert str(folder) in refused.value.sentence.fr and "remplacer" in refused.value.sentence.fr
    assert (folder / "trust/igc-sante.pem").read_bytes() == before
    structure = Structure("375127510000000", "ÉTABLISSEMENT D’À CÔTÉ", "Paris (75)")
    content = init_test(folder, ["localhost"], NOW, structure, replace=True, new_key=KeyRing(5))
    subject = content.issued["org-sign"].certificate.subject.rfc4514_string()
    assert "OU=375127510000000,O=ÉTABLISSEMENT D’À CÔTÉ" in subject
    assert read_hierarchy(folder).structure == structure
    assert (folder / "trust/igc-sante.pem").read_bytes() != before
    assert (folder / "mine.txt").read_text() == "kept"
    assert not list(folder.glob(".new-*"))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(AlreadyThere):
        init_test(tmp_path, ["localhost"], NOW, replace=True, new_key=KeyRing())
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    "hosts", [[], ["bad name"], ["ok.example", "-x"], ["a" * 64], ["a..b"], ["x\n"], ["127.0.0.1"]]
)
def test_a_host_that_is_no_server_name_is_refused(tmp_path: Path, hosts: list[str]) -> None:
    with pytest.raises(OrderRefused):
        init_test(tmp_path / "igc", hosts, NOW, new_key=KeyRing())
    assert not (tmp_path / "igc").exists()


@pytest.mark.parametrize(
    "structure",
    [
        Structure("", "NOM", "Paris (75)"), Structure("1990000028", "", "Paris (75)"),
        Structure("1" * 65, "NOM", "Paris (75)"),
        Structure("1990000028", "NOM\n# FAUX", "Paris (75)"), Structure("1990000028", "NOM", "é" * 33),
    ],
)  # fmt: skip
def test_a_structure_that_no_name_can_hold_is_refused(tmp_path: Path, structure: Structure) -> None:
    with pytest.raises(OrderRefused):
        init_test(tmp_path / "igc", ["localhost"], NOW, structure, new_key=KeyRing())


def test_what_one_program_revokes_another_does_not_undo(folder: Path) -> None:
    first, second = read_hierarchy(folder), read_hierarchy(folder)
    with changing(folder, first):
        revoke(first, "org-sign", NOW)
    with changing(folder, second):
        revoke(second, "org-conf", NOW + timedelta(minutes=1))
    kept = read_hierarchy(folder).organisations
    names = {kept.issued[serial] for serial in kept.revoked}
    assert names == {"org-sign", "org-conf", "revoked-auth-cli", "revoked-sign"}
    assert kept.crl_number == 4  # two at the making, one per revocation


@pytest.mark.parametrize(
    "damage", ["pki.json", "authorities/ACR-ECLUSE-TEST.key.pem", "crl/ACI-AMC-ECLUSE-TEST.crl"]
)
def test_a_damaged_folder_is_told_as_such(folder: Path, damage: str) -> None:
    (folder / damage).unlink()
    with pytest.raises(NotAPki) as refused:
        read_hierarchy(folder)
    assert str(folder) in refused.value.sentence.en
