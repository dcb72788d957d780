"""Lists of revocation fetched ahead, and what a revocation that an authority tells does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.protocols.x509.certificate import read_certificate
from ecluse.rules.certificates.revocation import Status
from ecluse.services.certificates import alarms, crls, standing
from ecluse.services.certificates.checking import check
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.signer import read_chain
from ecluse.services.certificates.standing import examine
from ecluse.services.certificates.trust import import_authorities, trust_store
from ecluse.services.listening.tally import Tally, file_of
from ecluse.services.queries import certificates, certificates_watch
from ecluse.simulators.pki.issued import pem
from ecluse.store.models.certificates import (
    CertificateAlarm,
    CertificateRevocation,
    CertificateSlot,
    CrlKept,
    HeldCertificate,
)
from tests.services.certificates.house import STORE, TODAY, House


def test_a_revocation_told_by_the_authority_takes_the_certificate_out(house: House) -> None:
    held = house.pki.auth_cli()
    house.publish()
    assert house.give(held).kept
    house.refresh()
    assert [one.checked_status for one in examine(house.settings, house.ask, house.gate.now)] == ["good"]
    house.pki.revoke(held, TODAY - timedelta(minutes=5))
    house.publish()
    house.refresh()
    examine(house.settings, house.ask, house.gate.now, force=True)
    row = CertificateRevocation.objects.get()
    assert (row.source, row.reason) == ("crl", "told")
    assert HeldCertificate.objects.get().state == "revoked"
    assert CertificateSlot.objects.get().current_id is None
    assert examine(house.settings, house.ask, house.gate.now, force=True) == ()


def test_a_list_is_kept_only_when_a_known_authority_signed_it_and_it_is_not_older(house: House) -> None:
    house.publish()
    assert house.give(house.pki.auth_cli()).kept
    CrlKept.objects.all().delete()  # those that the import fetched
    assert sorted(house.refresh()) == ["fetched", "fetched"]
    assert sorted(house.refresh()) == ["same", "same"]
    short = house.pki.hierarchy.organisations.short
    good = bytes(CrlKept.objects.get(address__contains=f"/{short}.").der)
    for wrong in (
        house.pki.crl(house.pki.hierarchy.unknown),
        house.pki.crl(at=TODAY - timedelta(days=3)),
        b"<html>",
        b"",
    ):
        house.lists[short] = wrong
        assert "failed" in house.refresh()
        row = CrlKept.objects.get(address__contains=f"/{short}.")
        assert bytes(row.der) == good and row.error_fr and row.failing_since
    house.publish()
    house.refresh()
    assert CrlKept.objects.get(address__contains=f"/{short}.").failing_since == 0


def test_private_networks_are_closed_unless_a_setting_opens_them(house: House) -> None:
    house.publish()
    assert house.give(house.pki.auth_cli()).kept
    closed = replace(house.settings, allowed_networks=())
    told = crls.refresh(closed, house.gate.now, force=True)
    assert {one.state for one in told} == {"failed"} and "allowed_networks" in told[0].text_fr


def test_lists_are_asked_again_by_the_clock_and_sooner_after_a_failure(house: House) -> None:
    assert house.give(house.pki.auth_cli()).kept
    now, minute = house.gate.now, 60_000_000
    assert {one.state for one in crls.refresh(house.settings, now)} == {"failed"}
    assert {one.state for one in crls.refresh(house.settings, now + 5 * minute)} == {"waiting"}
    house.publish()
    assert {one.state for one in crls.refresh(house.settings, now + 11 * minute)} == {"fetched"}
    assert {one.state for one in crls.refresh(house.settings, now + 60 * minute)} == {"waiting"}
    assert {one.state for one in crls.refresh(house.settings, now + 72 * minute)} == {"same"}


def test_an_authority_enters_a_store_by_its_fingerprint_alone(house: House) -> None:
    other = pem([house.pki.hierarchy.unknown.certificate])
    (refused,) = import_authorities(house.ask, STORE, other)
    assert not refused.done and refused.fingerprint in refused.text_fr
    (refused,) = import_authorities(house.ask, STORE, other, "0" * 64)
    assert not refused.done
    (refused,) = import_authorities(house.ask, STORE, house.pki.auth_cli().pem, refused.fingerprint)
    assert not refused.done, "no authority"
    before = len(trust_store(STORE).anchors)
    (done,) = import_authorities(house.ask, STORE, other, house.pki_fingerprint(other))
    assert done.done and len(trust_store(STORE).anchors) == before + 1
    assert not trust_store("igc-osi").anchors, "one store per target"
    asked = {"store": STORE, "fingerprint": done.fingerprint}
    assert house.ask("authority.remove", asked).done and len(trust_store(STORE).anchors) == before


@pytest.mark.parametrize("short", ["ACR-EL", "ACI-EL-ORG"])
def test_a_production_authority_never_enters_the_test_store(house: House, short: str) -> None:
    from ecluse.services.certificates.trust import published

    assert short in published("igc-sante-production").values()
    assert not set(published("igc-sante-production")) & set(published("igc-sante-test"))


def test_a_list_is_kept_only_at_the_address_of_those_it_is_about(house: House) -> None:
    """Whoever is on the way may swap lists that are all rightly signed: the one that revokes must not go away so."""
    authorities = house.pki.hierarchy
    house.publish()
    assert house.give(house.pki.auth_cli()).kept
    house.refresh()
    short = authorities.organisations.short
    good = bytes(CrlKept.objects.get(address__contains=f"/{short}.").der)
    later = TODAY + timedelta(minutes=2)
    for wrong in (
        house.pki.crl(authorities.root, later),
        authorities.organisations.make_crl(later, number=1),
        house.pki.crl(at=TODAY + timedelta(hours=1)),
    ):
        house.lists[short] = wrong
        assert "failed" in house.refresh()
        row = CrlKept.objects.get(address__contains=f"/{short}.")
        assert bytes(row.der) == good and row.error_fr
    house.lists[short] = house.pki.crl(at=later)
    assert "fetched" in house.refresh()


def test_a_wrong_list_kept_before_gives_way_to_the_right_one(house: House) -> None:
    house.publish()
    assert house.give(house.pki.auth_cli()).kept
    house.refresh()
    short = house.pki.hierarchy.organisations.short
    swapped = house.pki.crl(house.pki.hierarchy.root, TODAY + timedelta(minutes=1))
    CrlKept.objects.filter(address__contains=f"/{short}.").update(
        der=swapped, fetched=house.gate.now + 1, this_update=house.gate.now + 60_000_000
    )
    assert "fetched" in house.refresh()
    assert all(one.scope is None for one in crls.kept())
    assert len({str(one.issuer) for one in crls.kept()}) == 2


def test_lists_that_nothing_names_any_more_stay_for_a_month(house: House) -> None:
    """Those of the clients are named by a file that may be lost: their lists must not go with it."""
    house.publish()
    held = house.pki.auth_cli()
    assert house.give(held).kept
    house.refresh()
    assert CrlKept.objects.count() == 2
    HeldCertificate.objects.update(state="retired")
    day = 86_400_000_000
    crls.refresh(house.settings, house.gate.now + day)
    assert CrlKept.objects.count() == 2
    crls.refresh(house.settings, house.gate.now + 32 * day)
    assert CrlKept.objects.count() == 1, "that of the root, which the authorities name"


def test_the_entries_of_a_list_are_read_only_once_it_is_known_to_be_signed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.give(house.pki.auth_cli()).kept
    house.publish()
    short = house.pki.hierarchy.organisations.short
    house.lists[short] = house.lists[short][:-1] + bytes([house.lists[short][-1] ^ 1])
    monkeypatch.setattr(crls, "read_crl", lambda _: pytest.fail("read before its signature was checked"))
    house.lists[house.pki.hierarchy.root.short] = b""
    assert house.refresh() == ["failed", "failed"]
    told = CrlKept.objects.get(address__contains=f"/{short}.")
    assert "signé" in told.error_fr


def test_a_suspension_is_told_and_ends_by_itself(house: House) -> None:
    """certificateHold may be lifted: it is no revocation for ever."""
    from cryptography import x509

    held = house.pki.auth_cli()
    house.publish()
    assert house.give(held).kept
    house.pki.revoke(held, TODAY - timedelta(minutes=5), x509.ReasonFlags.certificate_hold)
    house.publish()
    house.refresh()
    examine(house.settings, house.ask, house.gate.now, force=True)
    row = HeldCertificate.objects.get()
    assert (row.state, row.checked_status) == ("held", "revoked")
    assert not CertificateRevocation.objects.exists()


def test_an_answer_made_for_somebody_else_is_not_believed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OCSP: each request has its own nonce; an answer with another one was given before, and is replayed."""
    held = house.pki.auth_cli()
    assert house.give(held).kept
    house.lists.clear()
    settings = replace(house.settings, ocsp=True)
    asked: list[bytes] = []

    def honest(_address: str, request: bytes, _allowed: object) -> bytes:
        asked.append(request)
        return house.pki.ocsp(request)

    def replayed(_address: str, request: bytes, _allowed: object) -> bytes:
        asked.append(request)
        return house.pki.ocsp(next(one for one in asked if len(one) == len(request)))

    def states() -> list[str]:
        return [one.state for one in standing_of(settings, held.fingerprint, house.gate.now)]

    monkeypatch.setattr(standing, "ask_responder", honest)
    assert states()[0] == "good" and len(set(asked)) == len(asked)
    monkeypatch.setattr(standing, "ask_responder", replayed)
    assert states()[0] == "unknown"
    assert len(set(asked)) == len(asked), "never twice the same question"


def standing_of(settings: CertificateSettings, fingerprint: str, now: int) -> tuple[Status, ...]:
    """The statuses of the path of a certificate that is kept."""
    row = HeldCertificate.objects.get(fingerprint=fingerprint)
    leaf, chain = read_certificate(bytes(row.der)), read_chain(bytes(row.chain))
    return standing.stand(leaf, chain, (STORE,), settings, now).statuses


def test_a_page_waits_for_no_responder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    held = house.pki.auth_cli()
    assert house.give(held).kept
    monkeypatch.setattr(standing, "ask_responder", lambda *_: pytest.fail("a responder was asked"))
    settings = replace(house.settings, ocsp=True)
    assert certificates.one(settings, held.fingerprint, house.gate.now) is not None


def listening(house: House) -> Tally:
    """The counts of the listeners, kept where the worker reads them."""
    file = file_of(house.settings.data / "run/writer.sock")
    file.parent.mkdir(exist_ok=True)
    return Tally(file, clock=lambda: house.gate.now)


def test_the_lists_of_the_clients_are_fetched_watched_and_told(house: House) -> None:
    """They are named by no certificate that is kept here, and TLS rests on them."""
    house.publish()
    tally = listening(house)
    address = f"http://127.0.0.1:{house.server.server_port}/{house.pki.hierarchy.organisations.short}.crl"
    tally.watch((address,))
    tally.save()
    assert "fetched" in house.refresh()
    assert address in {one.address for one in certificates_watch.lists(house.gate.now)}
    late = house.gate.now + 7 * 86_400_000_000
    assert f"crl:{address}" in {one.about for one in check(house.settings, late).items}


def test_a_worker_that_looks_no_more_is_a_warning(house: House) -> None:
    house.publish()
    assert house.give(house.pki.auth_cli()).kept
    house.refresh()
    examine(house.settings, house.ask, house.gate.now)
    minutes, minute = house.settings.crl_minutes, 60_000_000

    def told(after: int) -> list[tuple[str, str]]:
        items = check(house.settings, house.gate.now + after * minute).items
        return [(one.about, one.level) for one in items if one.about == "worker:revocation"]

    assert told(3 * minutes) == []
    assert told(3 * minutes + 1) == [("worker:revocation", "warning")]
    HeldCertificate.objects.update(checked=None)
    assert told(3 * minutes + 1) == [("worker:revocation", "warning")], (
        "never looked at since it was imported"
    )
    examine(house.settings, house.ask, house.gate.now + 3 * minutes * minute)
    assert told(3 * minutes + 1) == [("worker:revocation", "warning")], "nor are its lists fetched"


def test_a_client_admitted_in_doubt_is_an_alarm_once_a_day_and_by_listener(house: House) -> None:
    """tls_revocation = soft admits it: somebody must know that revocation is not looked at any more."""
    tally = listening(house)
    tally.doubt("gam")
    tally.doubt("gam")
    tally.doubt("labo")
    tally.save()
    day = 86_400_000_000
    assert alarms.give(house.settings, house.gate.now).raised == 2
    told = CertificateAlarm.objects.get(way="console", about="listener:gam")
    assert told.level == "critical" and "« gam »" in told.text_fr.replace("\u00a0", " ")
    assert alarms.give(house.settings, house.gate.now + 60_000_000).raised == 0
    assert alarms.give(house.settings, house.gate.now + 3 * day).raised == 0, "it stopped since"
    house.gate.now += 4 * day
    tally.doubt("gam")
    tally.save()
    assert alarms.give(house.settings, house.gate.now).raised == 1
