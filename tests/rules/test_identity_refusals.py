"""What cannot be integrated safely: type, event, version, processing id, missing PID."""

from __future__ import annotations

import pytest

from ecluse.rules.identity import Decision, rules

from .builders import ALIX_TRAITS, Desk, person, pi, rules_of

SOMEONE = person(pi("7001"), **ALIX_TRAITS)


def answer(decision: Decision) -> tuple[str, str, str]:
    assert decision.refusal is not None
    assert decision.events == ()
    assert decision.refusal.finding in decision.findings
    return decision.refusal.ack, decision.refusal.code, decision.refusal.finding.location


@pytest.mark.parametrize("type_", ["ORU", "MDM", "ZAM", ""])
def test_an_unknown_message_type_is_rejected_200(type_: str) -> None:
    assert answer(Desk().say("R01", SOMEONE, type=type_)) == ("AR", "200", "MSH-9.1")


@pytest.mark.parametrize("event", ["A99", "", "A18"])
def test_an_unknown_event_is_rejected_201(event: str) -> None:
    decision = Desk().say(event, SOMEONE)
    assert answer(decision) == ("AR", "201", "MSH-9.2")
    assert rules_of(decision) == {"IDN-MSH-9-002"}


@pytest.mark.parametrize("event", ["Z80", "Z84", "Z89"])
def test_a_removed_movement_event_is_rejected_201_and_named_so(event: str) -> None:
    decision = Desk().say(event, SOMEONE)
    assert answer(decision) == ("AR", "201", "MSH-9.2")
    assert rules_of(decision) == {"IDN-MSH-9-003"}


def test_a08_is_rejected_201_and_said_excluded_in_france() -> None:
    decision = Desk().say("A08", SOMEONE)
    assert answer(decision) == ("AR", "201", "MSH-9.2")
    assert "exclu en France" in rules()["IDN-MSH-9-004"].text_fr
    assert rules_of(decision) == {"IDN-MSH-9-004"}


@pytest.mark.parametrize("version", ["2.3.1", "2.8", "2.6", "", "2.5.1"])
def test_another_version_is_rejected_203(version: str) -> None:
    assert answer(Desk().say("A28", SOMEONE, version=version)) == ("AR", "203", "MSH-12.1")


@pytest.mark.parametrize("release", ["2.12", "2.12.1", "3.0"])
def test_a_newer_french_release_is_accepted_with_a_warning(release: str) -> None:
    decision = Desk().say("A28", SOMEONE, release=release)
    assert decision.refusal is None
    assert [(one.rule, one.severity) for one in decision.findings] == [("IDN-MSH-12-002", "warning")]


@pytest.mark.parametrize("release", ["", "2.1", "2.3", "2.10", "2.11", "2.11.2", "IHE", "2.²"])
def test_a_known_or_unreadable_release_is_no_warning(release: str) -> None:
    assert Desk().say("A28", SOMEONE, release=release).findings == ()


@pytest.mark.parametrize("processing", ["D", "T"])
def test_debugging_and_training_are_rejected_in_production_only(processing: str) -> None:
    assert answer(Desk().say("A28", SOMEONE, processing=processing)) == ("AR", "202", "MSH-11")
    assert Desk("test").say("A28", SOMEONE, processing=processing).refusal is None


def test_a_message_without_pid_is_refused() -> None:
    assert answer(Desk().say("A28")) == ("AE", "100", "PID")


@pytest.mark.parametrize("event", ["A28", "A31", "A40", "A47", "A24", "A37"])
def test_more_identifiers_than_a_patient_may_have_are_refused_102(event: str) -> None:
    crowd = tuple([pi(f"{number}") for number in range(101)])
    for persons, prior in (((person(*crowd), SOMEONE), ()), ((SOMEONE, SOMEONE), crowd)):
        decision = Desk().say(event, *persons, prior=prior)
        assert decision.refusal is not None
        assert (decision.refusal.ack, decision.refusal.code) == ("AE", "102")
        assert [(one.rule, one.received) for one in decision.findings] == [("IDN-ID-005", "101")]
    assert Desk().say("A28", person(*crowd[1:])).refusal is None
