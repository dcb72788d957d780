"""Stays of a day: added to the identities without a change, conforming, and coherent for each stay."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam import validate
from ecluse.simulators.hospital import Outgoing, day, expected, expected_stays
from ecluse.simulators.hospital.stay_stories import STAYS


@pytest.fixture(scope="module")
def traffic() -> list[Outgoing]:
    return list(day(11, 150))


@pytest.fixture(scope="module")
def stays(traffic: list[Outgoing]) -> list[tuple[Outgoing, Message]]:
    return [(one, Message.parse(one.raw)) for one in traffic if one.stay is not None]


def test_identities_are_the_same_with_and_without_stays(traffic: list[Outgoing]) -> None:
    assert [one for one in traffic if one.stay is None] == list(day(11, 150, stays=False))


def test_time_goes_forward_and_control_ids_are_unique(traffic: list[Outgoing]) -> None:
    assert all(one.at <= other.at for one, other in pairwise(traffic))
    assert len({(one.sender, one.control_id) for one in traffic}) == len(traffic)


def test_every_french_event_of_a_stay_is_said(stays: list[tuple[Outgoing, Message]]) -> None:
    inserted = {"A01", "A02", "A03", "A04", "A05", "A06", "A21", "A22", "A54"}
    cancelled = {"A07", "A11", "A12", "A13", "A38", "A52", "A53", "A55"}
    assert {one.event for one, _ in stays} == inserted | cancelled | {"Z99", "A44"}
    for one, message in stays:
        action = "CANCEL" if one.event in cancelled else "UPDATE" if one.event == "Z99" else "INSERT"
        assert message.get("ZBE-4") == (None if one.event == "A44" else action)


def test_a_day_of_twenty_one_patients_tells_every_story_of_stays() -> None:
    told = {one.story for one in day(2, 21) if one.stay is not None}
    assert {story.__name__ for story in STAYS} <= told


def test_no_message_of_a_stay_has_an_error(stays: list[tuple[Outgoing, Message]]) -> None:
    wrong = [
        (one.event, finding.rule, finding.location)
        for one, message in stays
        for finding in validate(message, environment="test").findings
        if finding.severity == "error"
    ]
    assert not wrong


def test_a_cancelled_movement_was_inserted_once_before(stays: list[tuple[Outgoing, Message]]) -> None:
    living: dict[str, str] = {}
    for one, message in stays:
        if one.event == "A44":
            continue
        number = message.get("ZBE-1.1") or ""
        if message.get("ZBE-4") == "INSERT":
            assert number not in living
            living[number] = one.event
        else:
            assert message.get("ZBE-6") == living[number]
            if message.get("ZBE-4") == "CANCEL":
                living[number] = ""


def test_a_cancellation_says_the_former_situation(stays: list[tuple[Outgoing, Message]]) -> None:
    place: dict[str, list[str | None]] = {}
    for one, message in stays:
        visit = message.get("PV1-19.1") or ""
        now = [message.get(path) for path in ("PV1-3", "ZBE-7.10", "ZBE-8.10", "PV1-7.1", "PV1-2")]
        if one.event == "A12":
            assert place[visit, "before"] == now  # type: ignore[index]
        if one.event in ("A01", "A02"):
            place[visit, "before"] = place.get(visit, [])  # type: ignore[index]
            place[visit] = now


def test_visits_and_accounts_are_of_one_patient_but_for_the_account_that_moves(
    stays: list[tuple[Outgoing, Message]], traffic: list[Outgoing]
) -> None:
    states = expected_stays(traffic)
    assert {one.stay.visit for one, _ in stays if one.stay} == set(states)
    moved = [one for one, _ in stays if one.event == "A44"]
    assert moved and all(one.stay and one.stay.patient not in one.also for one in moved)
    numbers = {state.local for state in expected(traffic).values() if state.merged_into is None}
    assert {state.patient for state in states.values()} <= numbers


def test_sessions_share_one_account(traffic: list[Outgoing]) -> None:
    accounts = Counter(state.account for state in expected_stays(traffic).values())
    assert max(accounts.values()) == 2


def test_the_evening_finds_stays_of_every_status(traffic: list[Outgoing]) -> None:
    states = expected_stays(traffic).values()
    assert {one.status for one in states} == {
        "pre-admitted",
        "in-progress",
        "on-leave",
        "discharged",
        "cancelled",
    }
    assert {one.patient_class for one in states} == {"", "I", "E", "R"}
    assert {one.feeding for one in states} == {"INO", "IO", "NA"}


def test_a_newborn_has_a_stay_of_its_own(stays: list[tuple[Outgoing, Message]]) -> None:
    born = [message for one, message in stays if one.story == "birth"]
    assert born and all(message.get("PV1-4") == "N" and message.get("ZFM-1") == "N" for message in born)
    assert all(message.get("PID-21") for message in born)


def test_a_historic_movement_is_flagged(stays: list[tuple[Outgoing, Message]]) -> None:
    historic = [(one, message) for one, message in stays if message.get("ZBE-5") == "Y"]
    assert historic
    for one, message in historic:
        assert one.stay and message.get("ZBE-7.10") != one.stay.medical.code
