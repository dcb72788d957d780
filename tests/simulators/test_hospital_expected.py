"""What a receiver should hold after a day, as the senders see it."""

import pytest

from ecluse.protocols.hl7 import Message
from ecluse.simulators.hospital import INS_NIR_TEST, Expected, Outgoing, day, expected, faults


@pytest.fixture(scope="module")
def traffic() -> list[Outgoing]:
    return list(day(11, 150))


@pytest.fixture(scope="module")
def states(traffic: list[Outgoing]) -> dict[str, Expected]:
    return expected(traffic)


def of_story(traffic: list[Outgoing], states: dict[str, Expected], story: str) -> list[Expected]:
    patients = dict.fromkeys(outgoing.patient for outgoing in traffic if outgoing.story == story)
    return [states[patient] for patient in patients if patient in states]


def test_every_number_ever_sent_is_accounted_for(
    traffic: list[Outgoing], states: dict[str, Expected]
) -> None:
    sent = {Message.parse(outgoing.raw).get("PID-3[1].1") for outgoing in traffic}
    held = {state.local for state in states.values()}
    assert sent == held | {number for state in states.values() for number in state.former}


def test_a_deleted_ins_leaves_none(traffic: list[Outgoing], states: dict[str, Expected]) -> None:
    for story in ("ins_deleted", "whole_life", "downgraded"):
        found = of_story(traffic, states, story)
        assert found and all(state.ins is None and "VALI" not in state.statuses for state in found)


def test_a_changed_ins_and_a_nia_end_with_the_nir_of_the_person(
    traffic: list[Outgoing], states: dict[str, Expected]
) -> None:
    for story in ("ins_changed", "nia_to_nir", "nia_changes"):
        for state in of_story(traffic, states, story):
            assert state.ins == (state.record.person.matricule, INS_NIR_TEST)
            assert state.statuses == ("VALI",)


def test_merged_renamed_and_deceased_patients(traffic: list[Outgoing], states: dict[str, Expected]) -> None:
    merged = [state for state in states.values() if state.merged_into]
    assert merged and all(state.merged_into in {s.local for s in states.values()} for state in merged)
    assert all(state.former and state.ins for state in of_story(traffic, states, "renumbered"))
    assert all(state.deceased for state in of_story(traffic, states, "deceased"))


def test_faults_promise_no_state() -> None:
    assert expected(faults(1)) == {}
