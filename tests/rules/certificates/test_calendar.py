"""The end of a certificate is announced in time, once at each step, and renewal only while it is active."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.protocols.x509.extensions import KeyUsagePeriod
from ecluse.rules.certificates.calendar import (
    DAYS,
    ENDED,
    Due,
    Next,
    alarm_due,
    days_left,
    ladder,
    list_freshness,
    may_sign,
    next_alarm,
    read_days,
    refresh_at,
    renewal,
    severity,
    useful_until,
)
from tests.pki_kit import TestPki

END = datetime(2029, 3, 31, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    """ORG SIGN until `END`."""
    kit = TestPki.make(now=END - 900 * DAY)
    return replace(read_certificate(kit.sign().der), not_after=END)


def at(days: float) -> datetime:
    """So many days before the end."""
    return END - timedelta(days=days)


def test_the_steps_are_those_of_the_house() -> None:
    assert DAYS == (120, 90, 60, 30, 15, 7, 1)


def test_renewable_until_the_end_and_not_after(certificate: Certificate) -> None:
    assert renewal(certificate, at(40.5)) == (True, END, 40)
    assert renewal(certificate, END) == (True, END, 0)
    assert renewal(certificate, END + timedelta(seconds=1)) == (False, END, 0)
    assert not renewal(certificate, at(40), revoked=True).open
    assert not renewal(certificate, certificate.not_before - DAY).open


def test_each_alarm_comes_at_its_day() -> None:
    assert alarm_due(END, at(120) - timedelta(seconds=1), ()) is None
    assert alarm_due(END, at(120), ()) == Due(120, "notice", ())
    assert alarm_due(END, at(119), {120}) is None
    assert alarm_due(END, at(30), {120, 90, 60}) == Due(30, "warning", ())
    assert alarm_due(END, at(7), {120, 90, 60, 30, 15}) == Due(7, "critical", ())
    assert alarm_due(END, END, {120, 90, 60, 30, 15, 7, 1}) == Due(ENDED, "critical", ())
    assert alarm_due(END, END + 900 * DAY, {ENDED}) is None


def test_a_gateway_that_was_stopped_raises_one_alarm_for_all_it_missed() -> None:
    assert alarm_due(END, at(14), {120}) == Due(15, "warning", (90, 60, 30))
    assert alarm_due(END, END + DAY, ()) == Due(ENDED, "critical", DAYS)


def test_an_alarm_is_not_raised_again_when_the_clock_goes_back() -> None:
    assert alarm_due(END, at(100), {30}) is None


def test_what_comes_next() -> None:
    assert next_alarm(END, at(200)) == Next(120, at(120))
    assert next_alarm(END, at(120)) == Next(90, at(90))
    assert next_alarm(END, at(0.5)) == Next(ENDED, END)
    assert next_alarm(END, END) is None


def test_the_ladder() -> None:
    states = {rung.step: rung.state for rung in ladder(END, at(20))}
    assert states == {
        120: "done", 90: "done", 60: "done", 30: "current", 15: "ahead", 7: "ahead", 1: "ahead", 0: "ahead"
    }  # fmt: skip
    assert {rung.state for rung in ladder(END, at(500))} == {"ahead"}


def test_other_steps_may_be_set() -> None:
    assert read_days("30, 10;5 10") == (30, 10, 5)
    assert alarm_due(END, at(9), (), (10,)) == Due(10, "warning", ())


@pytest.mark.parametrize("text", ["", "abc", "0", "-3", "30, x", "9999999", "1.5", "٣"])
def test_steps_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_days(text)
    assert str(refused.value) == text


def test_a_key_that_signs_stops_at_the_end_of_its_own_period(certificate: Certificate) -> None:
    """The certificates of 2016 to 2019 last a month longer than their key may sign."""
    stop = at(31)
    known = replace(certificate.known, private_key_usage_period=KeyUsagePeriod(certificate.not_before, stop))
    one = replace(certificate, known=known)
    assert useful_until(one, signs=True) == stop
    assert useful_until(one, signs=False) == END
    assert may_sign(one, stop)
    assert not may_sign(one, stop + timedelta(seconds=1))
    assert not may_sign(one, one.not_before - DAY)


def test_the_state_of_a_list() -> None:
    """The national one: six days, issued each day."""
    issued, following = datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 6, 7, 22, tzinfo=UTC)
    states = {
        hours: list_freshness(issued, following, issued + timedelta(hours=hours))
        for hours in (0, 71, 72, 107, 108, 144, 145)
    }
    assert states == {
        0: "fresh", 71: "fresh", 72: "to-refresh", 107: "to-refresh", 108: "late", 144: "late", 145: "stale"
    }  # fmt: skip
    assert refresh_at(issued, following) == issued + timedelta(hours=72)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-10, 200, allow_nan=False), max_size=25), st.sets(st.integers(1, 180), max_size=8))
def test_every_step_is_raised_or_covered_once(moments: list[float], days: set[int]) -> None:
    """Whenever the alarms are looked at, in time order: each step once, none early, the last always within reach."""
    sent: list[int] = []
    for moment in sorted(moments, reverse=True):
        now = at(moment)
        while due := alarm_due(END, now, sent, days):
            for step in (due.step, *due.covered):
                assert now >= END - timedelta(days=step)
                assert step not in sent
                sent.append(step)
            assert due.step == min((due.step, *due.covered))
        passed = {step for step in {*days, ENDED} if now >= END - timedelta(days=step)}
        assert passed == set(sent)
        following = next_alarm(END, now, days)
        assert following is None or following.step not in sent


@settings(max_examples=40, deadline=None)
@given(st.floats(-400, 400, allow_nan=False))
def test_days_left_are_never_negative_nor_too_many(moment: float) -> None:
    left = days_left(END, at(moment))
    assert left >= 0
    assert left * DAY <= max(END - at(moment), timedelta())


def test_the_nearer_the_louder() -> None:
    order = ["notice", "warning", "critical"]
    steps = sorted({*DAYS, ENDED}, reverse=True)
    assert [severity(step) for step in steps] == sorted((severity(step) for step in steps), key=order.index)
