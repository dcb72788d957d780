"""A47: an INS that gives way to another one, late changes, and an INS of MRG-1 that is not the patient's."""

from __future__ import annotations

import pytest

from ecluse.protocols.pam.facts import Identifier
from ecluse.rules.identity import index_keys

from .builders import (
    ALIX,
    ALIX_LAST,
    ALIX_NEXT,
    ALIX_NIA,
    ALIX_TRAITS,
    BORIS,
    BORIS_TRAITS,
    HOSPITAL,
    NIA,
    NIR,
    TEST,
    Desk,
    events_of,
    ins,
    person,
    pi,
    rules_of,
)
from .ins_desk import qualified, reason


@pytest.fixture
def desk() -> Desk:
    """A desk that knows ALIX, qualified, as 7001."""
    desk = Desk()
    qualified(desk)
    return desk


def held(desk: Desk, value: str = "7001") -> str:
    current = desk.patient(value).ins
    assert current is not None
    return current.matricule


def test_a_new_matricule_supersedes_the_old_one_which_still_matches(desk: Desk) -> None:
    decision = desk.say(
        "A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),)
    )
    assert events_of(decision) == ["ins.superseded", "ins.adopted"]
    patient = desk.patient("7001")
    assert patient.ins is not None
    assert patient.ins.matricule == ALIX_NEXT
    assert reason(desk) is None
    assert desk.say("A31", person(ins(ALIX), status="VALI")).subject == "p1"


def test_a_change_designated_by_the_ins_alone_is_applied(desk: Desk) -> None:
    desk.say("A47", person(ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    assert reason(desk) is None
    patient = desk.patient("7001")
    assert patient.ins is not None
    assert patient.ins.matricule == ALIX_NEXT


def test_nia_becomes_nir_by_a47() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **ALIX_TRAITS))
    desk.say("A47", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX_NIA, NIA),))
    assert reason(desk) is None
    assert index_keys(desk.patient("7001")) == (
        f"{HOSPITAL}|PI|7001",
        f"{NIR}|INS|{ALIX}",
        f"{NIA}|INS|{ALIX_NIA}",
    )


def test_the_same_change_said_again_changes_nothing(desk: Desk) -> None:
    changed = person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS)
    desk.say("A47", changed, prior=(ins(ALIX),))
    decision = desk.say("A47", changed, prior=(ins(ALIX),))
    assert (decision.events, rules_of(decision)) == ((), {"IDN-CHANGE-006"})


def test_a_new_ins_that_another_patient_holds_is_refused(desk: Desk) -> None:
    desk.say("A28", person(pi("7002"), ins(BORIS), status="VALI", **BORIS_TRAITS))
    decision = desk.say("A47", person(pi("7001"), ins(BORIS), status="VALI"), prior=(ins(ALIX),))
    assert decision.refusal is not None
    assert decision.refusal.code == "204"
    assert BORIS not in repr(decision)


def test_a_new_ins_with_other_traits_waits_for_an_a31(desk: Desk) -> None:
    traits = {**ALIX_TRAITS, "birth_date": "19850313"}
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **traits), prior=(ins(ALIX),))
    assert reason(desk) == "traits"
    desk.say("A31", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **traits))
    assert reason(desk) is None


def test_a_new_ins_without_status_is_not_adopted_and_the_old_one_is_superseded(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7001"), ins(ALIX_NEXT)), prior=(ins(ALIX),))
    assert events_of(decision) == ["ins.superseded"]
    assert rules_of(decision) == {"INS-STATUS-002"}
    assert reason(desk) == "none"


def test_a_new_ins_that_cannot_be_kept_leaves_no_usable_ins(desk: Desk) -> None:
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT, TEST), status="VALI"), prior=(ins(ALIX),))
    assert reason(desk) == "environment"


def test_two_new_ins_at_once_adopt_none(desk: Desk) -> None:
    decision = desk.say(
        "A47", person(pi("7001"), ins(ALIX_NEXT), ins(BORIS), status="VALI"), prior=(ins(ALIX),)
    )
    assert "INS-SEVERAL-001" in rules_of(decision)
    assert reason(desk) == "several"


def test_a_late_change_does_not_bring_a_superseded_ins_back(desk: Desk) -> None:
    first = person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS)
    desk.say("A47", first, prior=(ins(ALIX),))
    second = person(pi("7001"), ins(ALIX_LAST), status="VALI", **ALIX_TRAITS)
    desk.say("A47", second, prior=(ins(ALIX_NEXT),))
    decision = desk.say("A47", first, prior=(ins(ALIX),))
    assert (decision.events, rules_of(decision)) == ((), {"INS-CHANGE-003"})
    assert held(desk) == ALIX_LAST
    assert reason(desk) is None


def test_a_change_may_go_back_to_a_superseded_ins_when_it_names_the_current_one(desk: Desk) -> None:
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    desk.say("A47", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX_NEXT),))
    assert held(desk) == ALIX


def test_a_change_whose_new_ins_was_not_kept_may_be_sent_again(desk: Desk) -> None:
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT)), prior=(ins(ALIX),))
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    assert held(desk) == ALIX_NEXT
    assert reason(desk) is None


@pytest.mark.parametrize("announced", [ins('""'), ins(ALIX_NEXT)])
def test_an_ins_of_mrg_that_is_not_the_patients_changes_only_the_local_identifier(
    desk: Desk, announced: Identifier
) -> None:
    decision = desk.say(
        "A47", person(pi("7009"), announced, status="VALI", **ALIX_TRAITS), prior=(pi("7001"), ins(BORIS))
    )
    assert (events_of(decision), decision.refusal) == (["identifiers.changed"], None)
    assert rules_of(decision) == {"INS-CHANGE-004"}
    assert held(desk, "7009") == ALIX
    assert reason(desk, "7009") is None


def test_an_unknown_ins_in_mrg_does_not_keep_the_ins_of_an_identity_no_longer_validated(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7009"), ins('""'), status="PROV"), prior=(pi("7001"), ins(BORIS)))
    assert {"INS-CHANGE-004", "INS-STATUS-003"} <= rules_of(decision)
    assert reason(desk, "7009") == "status"


def test_a_deletion_that_names_no_ins_in_mrg_has_no_effect(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7009"), ins('""'), status="VALI"), prior=(pi("7001"),))
    assert events_of(decision) == ["identifiers.changed"]
    assert rules_of(decision) == {"INS-DELETE-002"}
    assert reason(desk, "7009") is None
