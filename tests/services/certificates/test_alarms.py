"""Each step before an end is told once, by every way; a mailbox that refuses is told too."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest

from ecluse.services.acts import perform
from ecluse.services.certificates import alarms
from ecluse.services.certificates.checking import check
from ecluse.services.certificates.ends import Kind
from ecluse.services.certificates.ics import calendar_feed
from ecluse.services.certificates.settings import MailSettings
from ecluse.services.certificates.telling import tell_subscribers
from ecluse.services.queries import certificates_watch
from ecluse.services.wire import Act
from ecluse.store.models.access import Establishment
from ecluse.store.models.accounts import RoleGrant, User
from ecluse.store.models.certificates import CertificateAlarm
from ecluse.transports.mail import MailServer, Sent, compose, send
from tests.services.certificates.house import TODAY, House
from tests.services.certificates.post_office import PostOffice
from tests.services.delivering import SECRET, subscribe
from tests.services.receivers import HttpReceiver

DAY = 86_400_000_000
BOXES = ("dsi@hopital.example", "qualite@hopital.example")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    one = PostOffice()
    yield one
    one.close()


@pytest.fixture
def mailing(house: House, office: PostOffice) -> House:
    """A house whose alarms leave by mail, with a certificate that ends in 100 days."""
    server = MailServer("127.0.0.1", office.port, "none")
    house.settings = replace(house.settings, mail=MailSettings(server, "ecluse@hopital.example", BOXES))
    held = house.pki.auth_cli(not_after=TODAY + timedelta(days=100))
    assert house.give(held).kept
    return house


def test_a_step_is_told_once_by_console_and_by_mail_then_the_next_one(
    mailing: House, office: PostOffice
) -> None:
    now = mailing.gate.now
    given = alarms.give(mailing.settings, now)
    assert (given.raised, given.sent) == (1, 2)
    assert [one["To"] for one in office.messages] == list(BOXES)
    text = office.messages[0].get_content()
    assert "prend fin dans 99 jours" in text and "ends in 99 days" in text and "DMP, liaison TLS" in text
    assert alarms.give(mailing.settings, now + DAY).raised == 0
    given = alarms.give(mailing.settings, now + 12 * DAY)
    assert (given.raised, given.sent) == (1, 2)
    steps = CertificateAlarm.objects.filter(way="console").order_by("id").values_list("threshold", flat=True)
    assert list(steps) == [120, 90]


def test_a_mailbox_that_refuses_is_an_alarm_and_the_others_still_get_theirs(
    mailing: House, office: PostOffice
) -> None:
    office.refusing[BOXES[0]] = "550 no such mailbox"
    given = alarms.give(mailing.settings, mailing.gate.now)
    assert (given.sent, given.refused) == (1, (BOXES[0],))
    told = CertificateAlarm.objects.get(about=f"mailbox:{BOXES[0]}")
    assert told.level == "critical" and "550" in told.text_fr
    assert "550:" in CertificateAlarm.objects.get(way="mail", target=BOXES[0]).error
    office.refusing.clear()
    assert alarms.give(mailing.settings, mailing.gate.now + 60_000_000).sent == 0, "refused for good"
    assert any(one.about == f"mailbox:{BOXES[0]}" for one in check(mailing.settings, mailing.gate.now).items)


def test_what_could_not_leave_leaves_later(mailing: House, office: PostOffice) -> None:
    office.refusing[BOXES[0]] = "450 try later"
    now = mailing.gate.now
    alarms.give(mailing.settings, now)
    office.refusing.clear()
    assert alarms.give(mailing.settings, now + 300_000_000).sent == 1
    office.close()
    alarms.give(mailing.settings, now + 12 * DAY)
    assert CertificateAlarm.objects.filter(about="mail", level="critical").count() == 1
    assert CertificateAlarm.objects.filter(way="mail", error=alarms.WAITING).count() == 2


def test_one_mailbox_that_fails_keeps_no_mail_from_the_others_and_sends_none_twice(
    mailing: House, office: PostOffice
) -> None:
    """421 ends the connection (RFC 5321 §3.8): those after it get theirs over another one, and once."""
    boxes = (*BOXES, "rssi@hopital.example")
    mail = replace(mailing.settings.mail, mailboxes=boxes)
    mailing.settings = replace(mailing.settings, mail=mail)
    office.refusing[boxes[1]] = "421 too many"
    now, minute = mailing.gate.now, 60_000_000
    given = alarms.give(mailing.settings, now)
    assert (given.sent, given.refused) == (2, ())
    assert [one["To"] for one in office.messages] == [boxes[0], boxes[2]]
    for after in (5, 10, 15):
        assert alarms.give(mailing.settings, now + after * minute).sent == 0
    assert len(office.messages) == 2
    office.refusing.clear()
    assert alarms.give(mailing.settings, now + 20 * minute).sent == 1
    assert office.messages[-1]["To"] == boxes[1]


def test_a_mailbox_that_puts_off_is_told_only_when_it_lasts(mailing: House, office: PostOffice) -> None:
    """450 is how greylisting answers the first time: it is no refusal."""
    office.refusing[BOXES[0]] = "450 greylisted"
    now, hour = mailing.gate.now, 3_600_000_000
    alarms.give(mailing.settings, now)
    alarms.give(mailing.settings, now + hour)
    assert not CertificateAlarm.objects.filter(about=f"mailbox:{BOXES[0]}").exists()
    alarms.give(mailing.settings, now + 5 * hour)
    told = CertificateAlarm.objects.get(about=f"mailbox:{BOXES[0]}", way="console")
    assert "remet à plus tard" in told.text_fr and "450" in told.text_fr and "refuse" not in told.text_fr
    assert told.level == "warning"
    assert CertificateAlarm.objects.get(way="mail", target=BOXES[0]).error == alarms.WAITING


def test_an_alarm_that_never_left_is_told(mailing: House, office: PostOffice) -> None:
    office.refusing[BOXES[0]] = "450 try later"
    now = mailing.gate.now
    alarms.give(mailing.settings, now)
    alarms.give(mailing.settings, now + 8 * DAY)
    told = CertificateAlarm.objects.get(about="given-up", way="console")
    assert told.level == "critical" and BOXES[0] in told.text_fr and "semaine" in told.text_fr
    alarms.give(mailing.settings, now + 8 * DAY + 300_000_000)
    assert CertificateAlarm.objects.filter(about="given-up", way="console").count() == 1


def test_a_server_that_cannot_be_used_says_so_and_what_left_before_it_is_kept(office: PostOffice) -> None:
    messages = [compose("ecluse@hopital.example", box, "Échéance", "Texte", 0) for box in BOXES]
    server = MailServer("127.0.0.1", office.port, "none", seconds=5)
    done = send(server, messages)
    assert (done.sent, done.refusals, done.failure) == (BOXES, (), None)
    office.close()
    done = send(server, messages)
    assert done.sent == () and done.failure is not None and done.failure.why == "unreachable"


def test_mail_goes_under_tls_to_the_server_it_was_meant_for(house: House, tmp_path: Path) -> None:
    files = house.pki.files(tmp_path, house.pki.serv())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    office = PostOffice(context)
    try:
        message = compose("ecluse@hopital.example", BOXES[0], "Échéance", "Texte", house.gate.now)
        failed = send(MailServer("localhost", office.port), [message])
        assert failed.failure is not None and failed.failure.why == "tls"
        server = MailServer("localhost", office.port, authorities=str(files.authorities))
        assert send(server, [message]) == Sent((BOXES[0],))
        assert (len(office.messages), office.in_clear) == (1, 0)
        plain = PostOffice()
        failed = send(MailServer("localhost", plain.port), [message])
        assert failed.failure is not None and failed.failure.why == "tls"
        plain.close()
    finally:
        office.close()


def test_a_webhook_that_asks_for_it_gets_the_alarm_signed(house: House) -> None:
    house.settings = replace(house.settings, webhook_networks=("127.0.0.1",))
    with HttpReceiver(SECRET) as receiver:
        options = {"types": ["certificate.expiring"]}
        subscribe(house.gate, house.store.secrets, "w", receiver.url, options=options)
        assert house.give(house.pki.auth_cli(not_after=TODAY + timedelta(days=10))).kept
        assert alarms.give(house.settings, house.gate.now).sent == 0, "its clock is not that of the test"
        waiting = list(CertificateAlarm.objects.filter(way="webhook", error=alarms.WAITING))
        assert tell_subscribers(house.settings, waiting, time.time_ns() // 1000) == 1
        (told,) = receiver.accepted
    assert told["type"] == "fr.ecluse.certificate.expiring.v1"
    assert told["data"]["level"] == "warning" and told["data"]["threshold_days"] == 15


def test_the_calendar_has_one_event_per_end_and_a_reminder_per_step(house: House) -> None:
    assert house.give(house.pki.auth_cli("Service; a, b")).kept
    text = calendar_feed(house.settings, house.gate.now)
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = text.replace("\r\n ", "")
    assert whole.count("BEGIN:VEVENT") == 3, "the certificate, its authority, the root"
    assert "Service\\; a\\, b" in whole
    assert whole.count("TRIGGER:-P120D") == 1 and whole.count("TRIGGER:-P365D") == 2
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]


def test_the_probe_says_the_worst_and_what_to_do(house: House) -> None:
    house.publish()
    held = house.pki.auth_cli()
    assert house.give(held).kept
    house.refresh()
    from ecluse.services.certificates.standing import examine

    examine(house.settings, house.ask, house.gate.now)
    assert check(house.settings, house.gate.now).code == 0
    late = house.gate.now + 7 * DAY
    found = check(house.settings, late)
    assert (found.level, found.code) == ("critical", 2)
    assert all(one.about.startswith("crl:") for one in found.items if one.level == "critical")
    assert all(one.mend_fr and one.mend_en for one in found.items if one.level != "ok")
    house.ask("certificate.revoke", {"fingerprint": held.fingerprint, "reason": "loss", "at": None})
    assert check(house.settings, house.gate.now).items[0].about == "slot:1/dmp_tls"


def test_a_certificate_that_was_replaced_is_told_no_more(mailing: House) -> None:
    assert mailing.give(mailing.pki.auth_cli()).placed == "next"
    alarms.give(mailing.settings, mailing.gate.now)
    told = CertificateAlarm.objects.get(way="console", threshold=120)
    assert "mettez-le en service" in told.text_fr
    assert [one.id for one in certificates_watch.alarms()] == [told.pk]
    assert mailing.ask("certificate.rotate", {"establishment": 1, "use": "dmp_tls"}).done
    assert certificates_watch.alarms() == (), "its cause is gone"
    assert mailing.ask("alarm.see", {"alarm": told.pk}).done
    assert alarms.give(mailing.settings, mailing.gate.now + 60 * DAY).raised == 0
    assert not CertificateAlarm.objects.filter(way="console", seen=None, about=told.about).exists()


def manager(place: int | None) -> str:
    """An account that manages the certificates of one establishment, or of all."""
    made = User.objects.create(
        username=f"m{place}", name="M", password="x", created=0, invited_by="cli:claire"
    )
    RoleGrant.objects.create(
        user=made, role="administration", establishment_id=place, since=0, given_by="cli:claire"
    )
    return f"user:{made.pk}"


def test_only_who_manages_everywhere_deals_with_an_alarm_that_is_everybodys(house: House) -> None:
    """A mailbox, a list or a listener concern all establishments; a certificate concerns its own."""
    other = Establishment.objects.create(id=2, name="CLINIQUE DU VAL", finess="990000002")
    assert house.give(house.pki.auth_cli(not_after=TODAY + timedelta(days=10))).kept
    alarms.give(house.settings, house.gate.now)
    own = CertificateAlarm.objects.get(about__startswith="certificate:")
    told = {"threshold": 0, "ends": 1, "level": "critical", "at": house.gate.now, "way": "console"}
    everybodys = CertificateAlarm.objects.create(about="mailbox:a@b.example", **told)
    here, there, everywhere = manager(house.place.id), manager(other.id), manager(None)

    def deals(operator: str, alarm: CertificateAlarm) -> bool:
        act = Act(operator, "alarm.see", {"alarm": alarm.pk})
        return perform(house.gate.intake, act, house.gate.now).done

    assert not deals(here, everybodys) and not deals(there, everybodys) and not deals(there, own)
    assert deals(here, own) and deals(everywhere, everybodys)


def test_every_kind_of_alarm_is_in_the_schema_of_the_notice() -> None:
    """Receivers check what comes: a kind they were not told of would be thrown away."""
    place = resources.files("ecluse.protocols") / "cloudevents_notices/certificate.expiring.v1.json"
    known = set(json.loads(place.read_text("utf-8"))["properties"]["kind"]["enum"])
    source = Path(str(alarms.__file__)).read_text("utf-8")
    written = set(re.findall(r'about=f?"([a-z-]+)', source))
    assert {"mail", "mailbox", "given-up", "listener", "crl"} <= written
    assert written | set(get_args(Kind)) == known
