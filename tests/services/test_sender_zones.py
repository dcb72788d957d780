"""The zone of a sender's times: its own, its listener's, and what is told of hours that come twice or never."""

from __future__ import annotations

import json

import pytest

from ecluse.services.intake_settings import IntakeSettings, ListenerRule, zone_of
from ecluse.services.queries.senders import find
from ecluse.services.zones import FRENCH_ZONES, is_zone, zone
from ecluse.store.senders import SenderRecord
from tests.services.feeding import Gate, adt, assert_sound, findings, rows

GAM = {"application": "GAM", "facility": "VALMONT"}
TIMES = b"20261118081500", b"20261118081400"


def at(sent: str, occurred: str = "20261118081400", control: str = "C1", event: str = "A28") -> bytes:
    """A message sent and recorded at a time, of a fact of another."""
    return adt(event, control).replace(TIMES[0], sent.encode()).replace(TIMES[1], occurred.encode())


def told(seq: int) -> list[tuple[str, ...]]:
    """Findings of a line on times: rule, severity, location, time, zone."""
    return [tuple(one) for one in json.loads(findings(seq)) if one[0].startswith("SRV-TIM")]


def sender(listener: str = "main", own: str = "") -> SenderRecord:
    return SenderRecord(1, listener, "GAM", "VALMONT", 1, "confirmed", "tolerant", 0, "", own)


@pytest.mark.usefixtures("store")
def test_an_hour_that_comes_twice_and_one_that_never_comes_are_told() -> None:
    desk = Gate()
    twice, never = at("20261025023000", "20261025013000"), at("20260329030000", "20260329023000", "C2", "A31")
    assert desk.codes(twice, never, at("20261025023000+0100", "2026102502", "C3", "A31")) == ["AA"] * 3
    assert told(1) == [
        ("SRV-TIM-001", "warning", "MSH-7", "20261025023000", "Europe/Paris"),
        ("SRV-TIM-001", "warning", "EVN-2", "20261025023000", "Europe/Paris"),
    ]
    assert told(2) == [("SRV-TIM-002", "warning", "EVN-6", "20260329023000", "Europe/Paris")]
    assert told(3) == [], "MSH-7 gives the offset of the whole message"
    assert_sound()


@pytest.mark.usefixtures("store")
def test_a_sender_overseas_has_its_own_clock() -> None:
    desk = Gate()
    done = desk.act("sender.add", **GAM, timezone="America/Miquelon")
    assert "America/Miquelon" in done.text_fr and "America/Miquelon" in done.text_en
    assert find("GAM", "VALMONT")[0].timezone == "America/Miquelon"
    assert desk.codes(at("20261025023000"), at("20261101013000", control="C2", event="A31")) == ["AA", "AA"]
    assert told(2) == []
    assert [one[4] for one in told(3)] == ["America/Miquelon"] * 2
    desk.act("sender.add", **GAM, timezone="Indian/Reunion")
    assert desk.codes(at("20261101013000", control="C3", event="A31")) == ["AA"]
    assert told(5) == []
    desk.act("sender.confirm", **GAM)
    assert find("GAM", "VALMONT")[0].timezone == "Indian/Reunion", "other acts leave it"
    assert_sound()


@pytest.mark.usefixtures("store")
def test_a_name_that_is_no_zone_is_refused() -> None:
    desk = Gate()
    for wrong in (
        "Europe/Lutece",
        "+01:00",
        "CET",
        "europe/paris",
        "../../etc/passwd",
        "posix/Europe/Paris",
        "Europe",
        3,
    ):
        done = desk.act("sender.add", **GAM, timezone=wrong)
        assert not done.done and "Europe/Paris" in done.text_fr and "Europe/Paris" in done.text_en
    assert rows("SELECT count(*) FROM store_sender") == [(0,)]


def test_the_zone_is_the_sender_s_else_its_listener_s() -> None:
    settings = IntakeSettings(
        listeners={"main": ListenerRule(zone="Indian/Mayotte"), "paris": ListenerRule()}
    )
    assert zone_of(settings, sender(own="Pacific/Noumea")).key == "Pacific/Noumea"
    assert zone_of(settings, sender()).key == "Indian/Mayotte"
    assert zone_of(settings, sender(listener="paris")).key == "Europe/Paris"
    assert zone_of(settings, sender(listener="")).key == "Europe/Paris", "listeners that differ: the default"
    alone = IntakeSettings(listeners={"main": ListenerRule(zone="Indian/Mayotte")})
    assert zone_of(alone, sender(listener="")).key == "Indian/Mayotte"
    assert zone_of(alone, sender(listener="gone")).key == "Indian/Mayotte"
    assert zone_of(IntakeSettings(), sender()).key == "Europe/Paris"


def test_a_zone_this_machine_has_lost_is_read_as_the_default(caplog: pytest.LogCaptureFixture) -> None:
    assert zone("America/Lost").key == "Europe/Paris"
    assert "America/Lost" in caplog.text


def test_every_french_zone_is_known_here() -> None:
    assert [name for name, _, _ in FRENCH_ZONES if not is_zone(name)] == []
