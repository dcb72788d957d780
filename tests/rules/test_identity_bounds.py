"""What an unconfirmed sender takes away is said; what a patient may gather is bounded."""

from __future__ import annotations

import pytest

from .builders import ALIX, ALIX_TRAITS, Desk, ins, person, pi, policy, rules_of
from .ins_desk import qualified


@pytest.mark.parametrize(("confirmed", "told"), [(False, True), (True, False)])
def test_an_ins_withdrawn_by_an_unconfirmed_sender_is_said(confirmed: bool, told: bool) -> None:
    desk = Desk()
    qualified(desk)
    desk.policy = policy(sender="lab", sender_confirmed=confirmed)
    decision = desk.say("A31", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    assert ("INS-SENDER-002" in rules_of(decision)) is told
    assert desk.patient("7001").ins is None


def test_a_patient_gathers_no_more_identifiers_than_the_setting_admits() -> None:
    desk = Desk(max_identifiers=3)
    desk.say("A28", person(pi("7001"), **ALIX_TRAITS))
    for number in ("7002", "7003"):
        assert desk.say("A31", person(pi("7001"), pi(number), **ALIX_TRAITS)).refusal is None
    decision = desk.say("A31", person(pi("7001"), pi("7004"), **ALIX_TRAITS))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "204")
    assert rules_of(decision) == {"IDN-ID-006"} and not decision.events
    # A message about the identifiers it has still passes.
    assert desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS)).refusal is None


@pytest.mark.parametrize("event", ["A47", "A40"])
def test_numbers_changed_again_and_again_are_bounded_too(event: str) -> None:
    desk = Desk(max_identifiers=4)
    desk.say("A28", person(pi("1"), **ALIX_TRAITS))
    answers = [
        desk.say(event, person(pi(str(number + 1)), **ALIX_TRAITS), prior=(pi(str(number)),)).refusal
        for number in range(1, 6)
    ]
    assert answers[:3] == [None] * 3 and answers[3] is not None and answers[3].code == "204"
