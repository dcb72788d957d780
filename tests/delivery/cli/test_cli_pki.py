"""`ecluse pki` on a store: imported, listed, rotated, revoked, probed, and no secret shown on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecluse.simulators.pki.issued import Issued, pem
from tests.delivery.cli.pki_desk import Desk
from tests.store.databases import StorePlace

if TYPE_CHECKING:
    from tests.services.certificates.house import House

PASSWORD = b"Sesame-42\n"


@pytest.fixture
def desk(sqlite_store: StorePlace) -> Iterator[Desk]:
    """Somebody at the command line of a gateway whose test PKI publishes its lists."""
    from ecluse.store.access_turn import use_turn
    from ecluse.store.turn import Turn
    from tests.services.certificates.house import House

    house = House(sqlite_store)
    house.publish()
    yield Desk(house)
    house.close()
    use_turn(Turn(None))


def p12(folder: Path, held: Issued, name: str = "held") -> str:
    file = folder / f"{name}.p12"
    file.write_bytes(held.p12(PASSWORD.decode().strip()))
    return str(file)


def brought(desk: Desk, folder: Path, held: Issued, use: str, *more: str) -> str:
    """Imported; its fingerprint."""
    name = f"{use}-{held.serial:x}"
    found = desk.told(
        "import", p12(folder, held, name), "--use", use, "--password-stdin", *more, stdin=PASSWORD
    )
    return str(found["fingerprint"])


def test_a_certificate_is_imported_judged_and_listed(desk: Desk, tmp_path: Path) -> None:
    held = desk.house.pki.auth_cli()
    file = p12(tmp_path, held)
    done = desk.type(
        "import", file, "--establishment", "990000028", "--use", "dmp_tls", "--password-stdin", stdin=PASSWORD
    )
    assert done.exit_code == 0, done.output
    assert "✓ La clé privée est celle du certificat." in done.stdout
    assert held.fingerprint in done.stderr
    (listed,) = desk.told("list")["certificates"]
    assert (listed["family"], listed["uses"], listed["state"]) == ("ORG AUTH_CLI", ["dmp_tls"], "held")
    assert listed["fingerprint"] == held.fingerprint
    assert "days" in listed and listed["ladder"][0].keys() >= {"step", "at", "state"}


def test_no_password_and_no_key_is_ever_shown(desk: Desk, tmp_path: Path) -> None:
    held = desk.house.pki.auth_cli()
    file = p12(tmp_path, held)
    outputs = [
        desk.type("import", file, "--use", "dmp_tls", "--password-stdin", stdin=PASSWORD),
        desk.type("describe", file, "--password-stdin", stdin=PASSWORD),
        desk.type("show", held.fingerprint[:12], "--format", "json"),
        desk.type("list", "--format", "json"),
    ]
    for one in outputs:
        assert one.exit_code == 0, one.output
        assert "Sesame" not in one.output and "PRIVATE KEY" not in one.output


def test_a_wrong_password_says_one_neutral_thing(desk: Desk, tmp_path: Path) -> None:
    file = p12(tmp_path, desk.house.pki.auth_cli())
    said = {
        desk.type("import", file, "--use", "dmp_tls", "--password-stdin", stdin=typed).stderr
        for typed in (b"other\n", "autre é\n".encode())
    }
    (line,) = said
    assert line.count("\n") == 1
    assert "mot de passe ne convient pas" in line


def test_a_password_that_is_not_given_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    file = p12(tmp_path, desk.house.pki.auth_cli())
    said = {desk.type("import", file, "--use", "dmp_tls", "--password-stdin", stdin=b"").stderr}
    said |= {desk.type("import", file, "--use", "dmp_tls").stderr}
    (line,) = said
    assert line.count("\n") == 1
    assert "Aucun mot de passe n’a été donné" in line and "--password-stdin" in line


def test_a_refused_certificate_tells_what_to_do_and_is_not_kept(desk: Desk, tmp_path: Path) -> None:
    file = p12(tmp_path, desk.house.pki.sign())
    refused = desk.type("import", file, "--use", "dmp_tls", "--password-stdin", stdin=PASSWORD)
    assert refused.exit_code == 1
    assert "✗" in refused.stdout and "→" in refused.stdout
    assert desk.told("list", "--every")["certificates"] == []


def test_a_dry_run_keeps_nothing(desk: Desk, tmp_path: Path) -> None:
    file = p12(tmp_path, desk.house.pki.auth_cli())
    found = desk.told("import", file, "--use", "dmp_tls", "--dry-run", "--password-stdin", stdin=PASSWORD)
    assert (found["ok"], found["kept"]) == (True, False)
    assert desk.told("list")["certificates"] == []


def test_the_list_begins_with_the_soonest_end(desk: Desk, tmp_path: Path) -> None:
    pki = desk.house.pki
    later = brought(desk, tmp_path, pki.auth_cli(), "dmp_tls")
    soon = brought(desk, tmp_path, pki.auth_cli(not_after=pki.now + timedelta(days=20)), "roc_directory")
    assert [one["fingerprint"] for one in desk.told("list")["certificates"]] == [soon, later]
    text = desk.type("list").stdout
    assert text.index(soon[:16]) < text.index(later[:16])


def test_a_request_is_made_answered_and_its_key_found(desk: Desk, tmp_path: Path) -> None:
    from cryptography import x509

    out = tmp_path / "demande.pem"
    made = desk.told("csr", "--use", "roc_directory", "--out", str(out))
    asked = x509.load_pem_x509_csr(out.read_bytes())
    assert asked.is_signature_valid
    assert [one["id"] for one in desk.told("requests")["requests"]] == [made["id"]]
    assert desk.type("requests", "--show", made["id"]).stdout == out.read_text()
    again = desk.type("csr", "--use", "roc_directory", "--out", str(out))
    assert again.exit_code == 2

    held = answer(desk.house, out.read_bytes())
    certificate = tmp_path / "certificat.pem"
    certificate.write_bytes(held)
    found = desk.told("import", str(certificate), "--use", "roc_directory")
    assert (found["placed"], found["request"]) == ("current", made["id"])
    assert desk.told("requests")["requests"] == []


def answer(house: House, csr: bytes) -> bytes:
    from ecluse.simulators.pki import Order, certificate_pem, issue_from_csr

    order = Order("auth_cli", "Client_ROC_Annuaire_AMC")
    return certificate_pem(issue_from_csr(house.pki.hierarchy, csr, order, house.pki.now)) + pem(
        [house.pki.hierarchy.organisations.certificate]
    )


def test_a_slot_is_rotated_and_back(desk: Desk, tmp_path: Path) -> None:
    pki = desk.house.pki
    first = brought(desk, tmp_path, pki.auth_cli(not_after=pki.now + timedelta(days=90)), "dmp_tls")
    second = brought(desk, tmp_path, pki.auth_cli(), "dmp_tls")

    def slot() -> tuple[str, str, str]:
        (one,) = desk.told("slots")["slots"]
        return one["current"], one["next"], one["previous"]

    assert slot() == (first, second, "")
    assert desk.type("rotate", "--use", "dmp_tls").exit_code == 0
    assert slot() == (second, "", first)
    assert desk.type("rotate", "--use", "dmp_tls", "--back").exit_code == 0
    assert slot() == (first, second, "")
    assert desk.type("rotate", "--use", "insi").exit_code == 1
    assert second[:16] in desk.type("slots").stdout


def test_a_certificate_serves_another_use_only_where_it_suits(desk: Desk, tmp_path: Path) -> None:
    fingerprint = brought(desk, tmp_path, desk.house.pki.auth_cli(), "dmp_tls")
    assert desk.type("place", fingerprint[:12], "--use", "roc_directory").exit_code == 0
    assert desk.type("place", fingerprint[:12], "--use", "dmp_sign").exit_code == 1
    (listed,) = desk.told("list")["certificates"]
    assert listed["uses"] == ["dmp_tls", "roc_directory"]


def test_a_revocation_tells_what_stops_and_wants_a_yes(desk: Desk, tmp_path: Path) -> None:
    fingerprint = brought(desk, tmp_path, desk.house.pki.auth_cli(), "dmp_tls")
    asked = desk.type("revoke", fingerprint[:10], "--reason", "theft")
    assert asked.exit_code == 2
    assert "Plus aucune consultation ni alimentation du DMP" in asked.stderr
    done = desk.told("revoke", fingerprint[:10], "--reason", "theft", "--note", "poste 12", "--yes")
    assert done["stopped"] == ["dmp_tls"]
    (kept,) = desk.told("list", "--every")["certificates"]
    assert (kept["state"], kept["revocation"]["reason"], kept["uses"]) == ("revoked", "theft", [])
    assert desk.type("revoke", fingerprint, "--reason", "theft", "--yes").exit_code == 1


def test_a_revocation_stops_nothing_where_another_certificate_follows(desk: Desk, tmp_path: Path) -> None:
    fingerprint = brought(desk, tmp_path, desk.house.pki.auth_cli(), "dmp_tls")
    brought(desk, tmp_path, desk.house.pki.auth_cli(), "dmp_tls")
    done = desk.type("revoke", fingerprint[:10], "--reason", "content", "--yes")
    assert done.exit_code == 0 and "Ce qui s’arrête" not in done.stderr


def test_the_probe_counts_days_as_asked(desk: Desk, tmp_path: Path) -> None:
    pki = desk.house.pki
    brought(desk, tmp_path, pki.auth_cli(not_after=pki.now + timedelta(days=20, hours=1)), "dmp_tls")
    desk.house.refresh()
    asked: tuple[tuple[tuple[str, ...], int, str, str], ...] = (
        ((), 1, "warning", "!"),
        (("--warn", "10", "--critical", "2"), 0, "ok", "✓"),
        (("--warn", "25", "--critical", "21"), 1, "critical", "✗"),
    )
    for options, code, level, mark in asked:
        found = desk.told("check", *options, code=code)
        assert found["level"] == level, options
        lines = desk.type("check", *options).stdout.splitlines()
        assert lines[0].startswith(mark)
        assert len([line for line in lines if not line.startswith("    →")]) == max(found["troubles"], 1)


def test_the_probe_asks_no_network_unless_told(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = desk.house.pki.auth_cli()
    brought(desk, tmp_path, held, "dmp_tls")
    desk.house.refresh()
    desk.house.pki.revoke(held)
    desk.house.publish()
    with monkeypatch.context() as cut:
        cut.setattr("socket.socket.connect", _no_network)
        assert desk.type("check").exit_code == 0
    told = desk.told("check", "--online", code=1)
    assert told["items"][0]["about"] == "slot:1/dmp_tls"
    assert desk.told("list", "--every")["certificates"][0]["state"] == "revoked"


def _no_network(*_: object) -> None:
    raise AssertionError("the probe asked the network")


def test_critical_days_beyond_the_warning_are_a_mistake(desk: Desk) -> None:
    assert desk.type("check", "--warn", "5", "--critical", "10").exit_code == 2


def test_alerts_are_listed_dealt_with_and_put_in_a_calendar(desk: Desk, tmp_path: Path) -> None:
    from ecluse.services.certificates.alarms import give

    pki = desk.house.pki
    brought(desk, tmp_path, pki.auth_cli(not_after=pki.now + timedelta(days=6)), "dmp_tls")
    desk.house.refresh()
    give(desk.house.settings, desk.house.gate.now)
    (alarm,) = desk.told("alerts", code=1)["alerts"]
    assert alarm["level"] == "critical"
    file = tmp_path / "echeances.ics"
    assert desk.type("alerts", "--ics", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert desk.type("alerts", "--seen", str(alarm["id"])).exit_code == 0
    assert desk.told("alerts")["alerts"] == []


def test_an_alarm_that_waits_is_not_marked_as_dealt_with(desk: Desk, tmp_path: Path) -> None:
    from ecluse.services.certificates.alarms import give

    pki = desk.house.pki
    brought(desk, tmp_path, pki.auth_cli(not_after=pki.now + timedelta(days=100)), "dmp_tls")
    give(desk.house.settings, desk.house.gate.now)
    shown = desk.type("alerts").stdout
    assert shown.startswith("•") and "✓" not in shown


def test_an_authority_needs_its_fingerprint_and_may_leave(desk: Desk, tmp_path: Path) -> None:
    house = desk.house
    file = tmp_path / "amc.pem"
    file.write_bytes(house.pki.amc_pem)
    refused = desk.told("authority", "add", "igc-osi", str(file), code=1)["authorities"]
    assert [one["done"] for one in refused] == [False, False]
    typed = [word for one in refused for word in ("--fingerprint", one["fingerprint"])]
    added = desk.told("authority", "add", "igc-osi", str(file), *typed)["authorities"]
    assert [one["done"] for one in added] == [True, True]
    stores = {one["name"]: one for one in desk.told("authority", "list")["stores"]}
    assert len(stores["igc-osi"]["authorities"]) == 2
    assert "ACI-EL-ORG" in stores["igc-sante-production"]["missing"]
    gone = added[0]["fingerprint"]
    assert desk.type("authority", "remove", "igc-osi", gone).exit_code == 0
    assert desk.type("authority", "remove", "igc-osi", gone).exit_code == 1


def test_lists_are_fetched_on_demand_and_a_missing_one_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.house.lists.clear()
    brought(desk, tmp_path, desk.house.pki.auth_cli(), "dmp_tls")
    assert {one["state"] for one in desk.told("crl", "list", code=1)["lists"]} == {"missing"}
    desk.house.publish()
    assert {one["state"] for one in desk.told("crl", "refresh")["lists"]} == {"fetched"}
    assert {one["state"] for one in desk.told("crl", "list")["lists"]} == {"fresh"}
    desk.house.lists.clear()
    assert desk.type("crl", "refresh").exit_code == 1


def test_the_master_key_is_replaced_and_keys_still_sign(desk: Desk, tmp_path: Path) -> None:
    from ecluse.services.certificates import signer

    brought(desk, tmp_path, desk.house.pki.sign(), "dmp_sign")
    assert desk.type("rewrap").exit_code == 2
    found = desk.told("rewrap", "--yes")
    assert (found["finished"], found["secrets"]["private-key"]) == (True, 1)
    signer.forget()
    assert len(signer.signer(1, "dmp_sign").sign(b"x")) == 256


def test_an_unknown_establishment_is_told_with_those_there_are(desk: Desk) -> None:
    done = desk.type("csr", "--use", "dmp_tls", "--establishment", "123456789")
    assert done.exit_code == 2
    assert "990000028 (CENTRE HOSPITALIER DE VALMONT)" in done.stderr
