"""The TLS of a listener follows the store: its slot, its authorities, its lists; and keeps serving when it cannot."""

from __future__ import annotations

import contextlib
import logging
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.services.listening.kept import Follower
from ecluse.services.listening.securing import Tls
from ecluse.services.listening.source import TlsSource
from ecluse.services.listening.tally import Tally, file_of
from ecluse.simulators.pki.issued import Issued, pem
from ecluse.store.models.certificates import CrlKept, HeldCertificate
from tests.services.certificates.house import STORE, TODAY, House


def follower(house: House, **source: object) -> Follower:
    """A listener of the house, whose clients are those of the test IGC."""
    where = {"slot": house.place.finess, "store": STORE, "policy": "igc-sante"} | source
    return Follower([TlsSource("main", "test", **where)], house.settings, lambda: TODAY)  # type: ignore[arg-type]


def served(tls: Tls) -> list[bytes]:
    """The certificates that a client is shown, whatever it then does."""
    assert tls.context is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    here, there = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
    client = context.wrap_bio(*here)
    server = tls.context.wrap_bio(*there, server_side=True)
    for _ in range(3):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLError):
                side.do_handshake()
            there[0].write(here[1].read())
            here[0].write(there[1].read())
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in client._sslobj.get_unverified_chain()]  # type: ignore[attr-defined]


def install(house: House, held: Issued, place: str = "auto") -> None:
    done = house.give(held, "listener_server", place=place)
    assert done.kept, [one.text_en for one in done.verdict.failed if one.blocking]


def checks(tls: Tls, held: Issued) -> str | None:
    """The check that a client fails, None when it is admitted."""
    assert tls.judge is not None
    refused = tls.judge((held.der,)).refused
    return None if refused is None else refused.check


def test_a_slot_gives_the_certificate_with_its_issuer_and_a_rotation_is_followed(house: House) -> None:
    first, second = house.pki.serv(), house.pki.serv()
    install(house, first)
    one = follower(house)
    tls = one.look()["main"]
    assert served(tls)[0] == first.der
    assert len(served(tls)) == 2
    assert (
        tls.context is not None and tls.context.num_tickets == 0
    )  # every connection shows its certificates anew
    assert one.look() == {}
    install(house, second, "next")
    assert one.look() == {}
    assert house.ask("certificate.rotate", {"establishment": 1, "use": "listener_server"}).done
    assert served(one.look()["main"])[0] == second.der
    assert house.ask("certificate.rotate-back", {"establishment": 1, "use": "listener_server"}).done
    assert served(one.look()["main"])[0] == first.der


def test_no_file_ever_holds_the_key_in_clear(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held = house.pki.serv()
    install(house, held)
    seen: list[bytes] = []
    load = ssl.SSLContext.load_cert_chain

    def spy(self: ssl.SSLContext, file: str, *more: object, **given: object) -> None:
        assert str(Path(file).readlink()).startswith("/memfd:")
        seen.append(Path(file).read_bytes())
        load(self, file, *more, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    assert served(follower(house).look()["main"])
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in seen[0]
    assert b"BEGIN PRIVATE KEY" not in seen[0] and held.key_der not in seen[0]


def test_clients_are_judged_by_the_lists_as_they_come(house: House) -> None:
    install(house, house.pki.serv())
    client = house.pki.auth_cli()
    house.publish()
    house.refresh()
    one = follower(house, hard_fail=True)
    before = one.look()["main"]
    assert checks(before, client) is None
    assert checks(before, house.pki.unknown_authority()) == "issuer"
    house.pki.revoke(client, TODAY - timedelta(minutes=5))
    house.publish(TODAY + timedelta(seconds=1))
    house.refresh()
    after = one.look()["main"]
    assert checks(after, client) == "revocation"
    assert after.context is before.context


def test_an_authority_that_comes_is_believed_without_a_restart(house: House) -> None:
    install(house, house.pki.serv())
    stranger = house.pki.unknown_authority()
    one = follower(house)
    assert checks(one.look()["main"], stranger) == "issuer"
    house.trust(pem([house.pki.hierarchy.unknown.certificate]))
    assert checks(one.look()["main"], stranger) is None


def test_an_empty_slot_serves_nothing_and_serves_once_it_is_filled(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    one = follower(house)
    found = one.look()["main"]
    assert found.context is None
    assert "slot is empty" in found.missing.text_en
    one.look()
    said = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert len(said) == 1
    install(house, house.pki.serv())
    assert served(one.look()["main"])


def test_a_certificate_that_was_revoked_is_shown_no_longer(house: House) -> None:
    held = house.pki.serv()
    install(house, held)
    one = follower(house)
    assert served(one.look()["main"])
    fingerprint = house.pki_fingerprint(held.pem)
    revoked = {"fingerprint": fingerprint, "reason": "theft", "note": "", "at": None, "source": "operator"}
    assert house.ask("certificate.revoke", revoked).done
    assert one.look()["main"].context is None


def test_a_key_that_does_not_open_leaves_the_former_certificate_in_service(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = house.pki.serv(), house.pki.serv()
    install(house, first)
    one = follower(house)
    assert one.look()
    install(house, second, "current")
    (key,) = [file for file in house.store.secrets.rglob("*") if file.is_file()]
    kept = key.read_bytes()
    key.write_bytes(bytes(len(kept)))
    assert one.look() == {}
    assert "no TLS for a listener" in caplog.text
    key.write_bytes(kept)
    assert served(one.look()["main"])[0] == second.der


def test_files_beside_a_trust_store_are_read_again_when_asked(house: House, tmp_path: Path) -> None:
    first, second = house.pki.serv(), house.pki.serv()
    files = house.pki.files(tmp_path, first)
    one = follower(house, slot="", certificate=str(files.chain), key=str(files.key))
    assert served(one.look()["main"])[0] == first.der
    house.pki.files(tmp_path, second)
    assert one.look() == {}
    one.read_again()
    assert served(one.look()["main"])[0] == second.der


def test_the_authorities_of_a_file_are_judged_too(house: House, tmp_path: Path) -> None:
    install(house, house.pki.serv())
    file = tmp_path / "clients.pem"
    file.write_bytes(house.pki.authorities_pem)
    tls = follower(house, store="", client_ca=str(file)).look()["main"]
    assert tls.context is not None and tls.context.verify_mode is ssl.CERT_REQUIRED
    assert checks(tls, house.pki.auth_cli()) is None
    assert checks(tls, house.pki.sign()) == "family"
    assert checks(tls, house.pki.unknown_authority()) == "issuer"


@pytest.mark.parametrize("name", ["990000028", "CENTRE HOSPITALIER DE VALMONT", "1"])
def test_an_establishment_is_named_as_people_name_it(house: House, name: str) -> None:
    install(house, house.pki.serv())
    assert follower(house, slot=name).look()["main"].context is not None


def test_the_lists_that_clients_name_are_fetched(house: House) -> None:
    """The gateway may hold no certificate of their authority."""
    house.publish()
    install(house, house.pki.serv())
    client, one = house.pki.auth_cli(), follower(house, hard_fail=True)
    HeldCertificate.objects.update(state="retired")
    CrlKept.objects.all().delete()  # those that the import fetched
    assert house.refresh() == ["fetched"]
    tls = one.look()["main"]
    assert checks(tls, client) == "revocation"
    assert tls.judge is not None
    (house.store.data / "run").mkdir(exist_ok=True)
    tally = Tally(file_of(house.store.data / "run/writer.sock"))
    tally.watch(tls.judge((client.der,)).addresses)
    tally.save()
    assert sorted(house.refresh()) == ["fetched", "same"]
    assert checks(one.look()["main"], client) is None
