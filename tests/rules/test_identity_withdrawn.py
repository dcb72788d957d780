"""An INS that was withdrawn and comes back: adopted when the sender qualifies it again, never by an older message."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ecluse.rules.identity import Decision, usability
from ecluse.rules.identity.ins_life import older

from .builders import ALIX, ALIX_NEXT, ALIX_NIA, ALIX_TRAITS, NIA, Desk, events_of, ins, person, pi, rules_of

BEFORE, DELETION, AFTER = "20261120080000", "20261120090000", "20261120100000"


def reason(desk: Desk) -> str | None:
    found = usability(desk.patient("7001"), environment="production", confirmed={"gam"})
    return found.code if found else None


def withdrawn() -> Desk:
    """7001 held an INS, deleted at nine o'clock."""
    desk = Desk()
    qualify(desk, BEFORE)
    desk.say("A47", person(pi("7001"), ins('""'), status="VALI"), prior=(ins(ALIX),), recorded_at=DELETION)
    assert reason(desk) == "withdrawn"
    return desk


def qualify(desk: Desk, recorded_at: str) -> Decision:
    whole = person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS)
    return desk.say("A31", whole, recorded_at=recorded_at)


def test_an_ins_qualified_again_is_adopted_and_its_withdrawal_stays_in_the_history() -> None:
    desk = withdrawn()
    decision = qualify(desk, AFTER)
    assert events_of(decision) == ["ins.adopted"]
    assert [(one.rule, one.severity) for one in decision.findings] == [("INS-RETURN-001", "warning")]
    assert reason(desk) is None
    assert [one.matricule for one in desk.patient("7001").withdrawn] == [ALIX]
    assert qualify(desk, AFTER).findings == ()


def test_a_message_older_than_the_withdrawal_does_not_bring_the_ins_back() -> None:
    desk = withdrawn()
    decision = qualify(desk, BEFORE)
    assert (events_of(decision), rules_of(decision)) == ([], {"INS-RETURN-002"})
    assert reason(desk) == "withdrawn"


def test_the_time_of_the_message_counts_when_the_event_has_none() -> None:
    desk = withdrawn()
    decision = qualify(desk, "")  # MSH-7 says eight o'clock
    assert rules_of(decision) == {"INS-RETURN-002"}


def test_the_latest_withdrawal_counts_whatever_the_order_of_arrival() -> None:
    desk = withdrawn()
    qualify(desk, AFTER)
    desk.say("A31", person(pi("7001"), status="PROV"), recorded_at="20261120083000")
    assert rules_of(qualify(desk, "20261120084500")) == {"INS-RETURN-002"}


def test_an_old_ins_that_was_withdrawn_does_not_stop_the_present_one() -> None:
    desk = withdrawn()
    desk.say("A31", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), recorded_at=AFTER)
    assert rules_of(qualify(desk, BEFORE)) == {"INS-RETURN-002"}
    assert reason(desk) is None


def test_a_withdrawn_nir_may_come_back_in_place_of_a_nia() -> None:
    desk = withdrawn()
    nia = person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **ALIX_TRAITS)
    desk.say("A31", nia, recorded_at=AFTER)
    assert rules_of(qualify(desk, AFTER)) == {"INS-RETURN-001"}
    assert reason(desk) is None


def test_a_change_older_than_the_withdrawal_of_its_new_ins_has_no_effect() -> None:
    desk = Desk()
    qualify(desk, BEFORE)
    changed = person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS)
    desk.say("A47", changed, prior=(ins(ALIX),), recorded_at=BEFORE)
    erased = person(pi("7001"), ins('""'), status="VALI")
    desk.say("A47", erased, prior=(ins(ALIX_NEXT),), recorded_at=DELETION)
    qualify(desk, AFTER)
    decision = desk.say("A47", changed, prior=(ins(ALIX),), recorded_at=BEFORE)
    assert (decision.events, rules_of(decision)) == ((), {"INS-RETURN-002"})
    assert reason(desk) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("20261120080000", "20261120080001", True),
        ("20261120080000", "20261120080000", False),
        ("20261120080001", "20261120080000", False),
        ("202611200800", "20261120080059", False),
        ("20261119", "20261120080000", True),
        ("20261120080000.1234", "20261120080001.1", True),
        ("20261120080000+0100", "20261120073000+0000", True),
        ("20261120080000+0100", "20261120063000+0000", False),
        ("202611200800+0100", "20261120073000+0000", True),
        ("20261120080000+0100", "20261120090000", True),
        ("20269920080000+0100", "20269920090000+0100", True),
        ("", "20261120080000", False),
        ("20261120080000", "", False),
        ("hier", "20261120080000", False),
    ],
)
def test_hl7_times_are_compared_at_their_common_precision(one: str, other: str, expected: bool) -> None:
    assert older(one, other) is expected


@pytest.mark.parametrize(
    ("qualified", "late"),
    [("20260720100000+0400", True), ("20260720100000+0200", False), ("20260720092959", True)],
)
def test_messages_of_several_zones_are_compared_as_instants(qualified: str, late: bool) -> None:
    desk = Desk(zone=ZoneInfo("Europe/Paris"))
    qualify(desk, "20260720080000")
    # Deleted at half past nine in Paris: 07:30 UTC.
    erased = person(pi("7001"), ins('""'), status="VALI")
    desk.say("A47", erased, prior=(ins(ALIX),), recorded_at="20260720093000")
    decision = qualify(desk, qualified)
    assert rules_of(decision) == ({"INS-RETURN-002"} if late else {"INS-RETURN-001"})


def test_the_offset_of_the_message_is_that_of_its_other_times() -> None:
    desk = Desk(zone=ZoneInfo("Europe/Paris"))
    qualify(desk, "20260720080000")
    erased = person(pi("7001"), ins('""'), status="VALI")
    desk.say("A47", erased, prior=(ins(ALIX),), recorded_at="20260720093000")
    whole = person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS)
    later = desk.say("A31", whole, recorded_at="20260720050000", sent_at="20260720050100-0300")
    assert rules_of(later) == {"INS-RETURN-001"}
