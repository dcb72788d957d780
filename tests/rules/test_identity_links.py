"""A24 and A37: links between identifier lists."""

from __future__ import annotations

import pytest

from ecluse.rules.identity import Registry
from ecluse.rules.identity.links import MOST_LINKS

from .builders import HOSPITAL, LABORATORY, Desk, events_of, person, pi, rules_of

PAIR = (f"{HOSPITAL}|PI|7001", f"{LABORATORY}|PI|L-1")
HERE = person(pi("7001"))
THERE = person(pi("L-1", LABORATORY))


def test_a24_links_two_patients_that_stay_distinct() -> None:
    desk = Desk()
    desk.say("A28", HERE)
    desk.say("A28", THERE)
    decision = desk.say("A24", HERE, THERE)
    assert [(one.type, one.patient) for one in decision.events] == [
        ("identifiers.linked", "p1"),
        ("identifiers.linked", "p2"),
    ]
    assert desk.registry.links == {PAIR}
    assert desk.patient("7001").id != desk.patient("L-1", LABORATORY).id


def test_a24_records_a_link_between_unknown_patients_and_creates_nothing() -> None:
    desk = Desk()
    decision = desk.say("A24", THERE, HERE)
    assert [(one.patient, one.data) for one in decision.events] == [("", {"a": PAIR[0], "b": PAIR[1]})]
    assert (desk.registry.patients, desk.registry.links) == ({}, {PAIR})
    assert Registry.replay(desk.registry.events).links == {PAIR}


def test_a_domain_links_with_the_identifiers_of_another_authority() -> None:
    desk = Desk(authorities=frozenset({HOSPITAL}))
    desk.say("A28", HERE)
    decision = desk.say("A24", HERE, THERE)
    assert [(one.patient, one.data) for one in decision.events] == [("p1", {"a": PAIR[0], "b": PAIR[1]})]
    assert desk.registry.links == {PAIR}
    assert events_of(desk.say("A37", HERE, THERE)) == ["identifiers.unlinked"]


def test_a_link_already_known_is_not_recorded_again() -> None:
    desk = Desk()
    desk.say("A24", HERE, THERE)
    decision = desk.say("A24", THERE, HERE)
    assert (decision.events, rules_of(decision)) == ((), {"IDN-LINK-003"})


def test_a_patient_is_not_linked_to_itself() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), pi("L-1", LABORATORY)))
    assert desk.say("A24", HERE, THERE).events == ()
    assert desk.say("A24", HERE, HERE).events == ()


def test_a37_removes_the_link() -> None:
    desk = Desk()
    desk.say("A28", HERE)
    desk.say("A24", HERE, THERE)
    assert events_of(desk.say("A37", THERE, HERE)) == ["identifiers.unlinked"]
    assert desk.registry.links == set()


def test_a37_without_a_known_link_does_nothing_and_is_accepted() -> None:
    desk = Desk()
    desk.say("A24", HERE, person(pi("L-2", LABORATORY)))
    decision = desk.say("A37", HERE, THERE)
    assert (decision.events, decision.refusal, rules_of(decision)) == ((), None, {"IDN-LINK-004"})


@pytest.mark.parametrize("event", ["A24", "A37"])
def test_a_link_needs_two_lists_with_an_identifier(event: str) -> None:
    desk = Desk()
    one = desk.say(event, HERE)
    assert one.refusal is not None
    assert one.refusal.code == "100"
    empty = desk.say(event, HERE, person())
    assert empty.refusal is not None
    assert (empty.refusal.code, empty.refusal.finding.location) == ("101", "PID[2]-3")


def test_a_link_on_a_merged_identifier_is_refused() -> None:
    desk = Desk()
    desk.say("A28", HERE)
    desk.say("A28", person(pi("7002")))
    desk.say("A40", person(pi("7002")), prior=(pi("7001"),))
    decision = desk.say("A24", HERE, THERE)
    assert decision.refusal is not None
    assert decision.refusal.finding.expected == "7002 (CHEXEMPLE)"


def crowded(desk: Desk, value: str = "7001", count: int = MOST_LINKS) -> None:
    for number in range(count):
        desk.say("A24", person(pi(value)), person(pi(f"{value}-{number}", LABORATORY)))


def test_an_identifier_holds_so_many_links_and_no_more() -> None:
    desk = Desk()
    crowded(desk)
    decision = desk.say("A24", THERE, HERE)
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "207")
    assert (decision.refusal.finding.rule, len(desk.registry.links)) == ("IDN-LINK-005", MOST_LINKS)
    assert desk.say("A37", HERE, person(pi("7001-3", LABORATORY))).refusal is None
    assert desk.say("A24", THERE, HERE).refusal is None


def test_links_that_would_crowd_another_identifier_are_not_moved_there() -> None:
    desk = Desk()
    desk.say("A28", HERE)
    crowded(desk, count=40)
    crowded(desk, "7002", count=40)
    decision = desk.say("A47", person(pi("7002")), prior=(pi("7001"),))
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.events) == ("207", ())
    assert desk.say("A47", person(pi("7003")), prior=(pi("7001"),)).refusal is None
    assert len(desk.registry.links) == 80
