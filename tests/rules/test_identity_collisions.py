"""The same INS on two patients: duplicate or collision, flagged on both and cleared when resolved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecluse.rules.identity import Decision, Registry, usability

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_TRAITS,
    BORIS,
    BORIS_TRAITS,
    Desk,
    events_of,
    ins,
    person,
    pi,
    rules_of,
)


def reason(desk: Desk, value: str) -> str | None:
    found = usability(desk.patient(value), environment="production", confirmed={"gam"})
    return found.code if found else None


def colliding() -> Desk:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    return desk


def duplicated() -> Desk:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    return desk


def test_same_strict_traits_flag_a_potential_duplicate_on_both() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert events_of(decision) == ["patient.created", "ins.adopted", "duplicate.flagged", "duplicate.flagged"]
    assert [(one.rule, one.severity) for one in decision.findings] == [("INS-DUPLICATE-001", "warning")]
    assert (desk.patient("7001").duplicates, desk.patient("7002").duplicates) == (("p2",), ("p1",))
    assert reason(desk, "7001") is None
    assert reason(desk, "7002") is None


def test_different_traits_are_a_collision_and_the_ins_is_usable_on_neither() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    assert ("INS-COLLISION-001", "error") in [(one.rule, one.severity) for one in decision.findings]
    assert decision.refusal is None
    assert reason(desk, "7001") == "collision"
    assert reason(desk, "7002") == "collision"


def test_a_collision_is_cleared_when_the_ins_of_one_is_deleted() -> None:
    desk = colliding()
    decision = desk.say("A47", person(pi("7002"), ins('""'), status="PROV"), prior=(ins(ALIX),))
    assert sorted(events_of(decision)) == [
        "collision.cleared",
        "collision.cleared",
        "ins.withdrawn",
        "status.changed",
    ]
    assert reason(desk, "7001") is None


def test_a_collision_is_cleared_when_one_is_no_longer_validated() -> None:
    desk = colliding()
    desk.say("A31", person(pi("7002"), status="PROV"))
    assert reason(desk, "7001") is None
    assert desk.patient("7002").collides_with == ()


def test_one_that_takes_another_ins_is_out_of_the_collision_which_stays_for_the_other() -> None:
    # The change says that the first INS was right until then: it still designates two people.
    desk = colliding()
    desk.say("A47", person(pi("7002"), ins(BORIS), status="VALI", **BORIS_TRAITS), prior=(ins(ALIX),))
    assert reason(desk, "7002") is None
    assert reason(desk, "7001") == "collision"
    desk.say("A47", person(pi("7002"), ins('""'), status="VALI"), prior=(ins(BORIS),))
    assert reason(desk, "7001") is None


def test_a_collision_becomes_a_duplicate_when_the_traits_agree() -> None:
    desk = colliding()
    desk.say("A31", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert (desk.patient("7001").collides_with, desk.patient("7001").duplicates) == ((), ("p2",))
    assert reason(desk, "7002") is None


def test_a_duplicate_becomes_a_collision_when_a_trait_changes() -> None:
    desk = duplicated()
    desk.say("A31", person(pi("7002"), status="VALI", birth_date="19850313"))
    assert reason(desk, "7001") == "collision"
    assert reason(desk, "7002") == "traits"


def test_a_merge_resolves_a_duplicate() -> None:
    desk = duplicated()
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    assert (desk.patient("7001").duplicates, desk.patient("7002").duplicates) == ((), ())
    assert reason(desk, "7001") is None


def test_a_merge_resolves_a_collision() -> None:
    desk = colliding()
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    assert reason(desk, "7001") is None


def test_a_merge_of_a_third_patient_leaves_the_collision() -> None:
    desk = colliding()
    desk.say("A28", person(pi("7003")))
    desk.say("A40", person(pi("7001")), prior=(pi("7003"),))
    assert reason(desk, "7001") == "collision"


def test_three_patients_with_one_ins_are_all_flagged() -> None:
    desk = duplicated()
    desk.say("A28", person(pi("7003"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    assert desk.patient("7001").collides_with == ("p3",)
    assert desk.patient("7001").duplicates == ("p2",)
    assert desk.patient("7003").collides_with == ("p1", "p2")
    assert {reason(desk, value) for value in ("7001", "7002", "7003")} == {"collision"}


def test_an_unchanged_collision_is_not_said_again() -> None:
    desk = colliding()
    decision = desk.say("A31", person(pi("7002"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    assert decision.events == ()


def test_a_trait_that_is_missing_on_one_side_is_no_difference() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **{**ALIX_TRAITS, "birth_place": ""}))
    assert desk.patient("7001").duplicates == ("p2",)


def succeeded(**traits: Any) -> tuple[Desk, Decision]:
    """A desk where 7001 has another INS than before, and 7002 takes the former one."""
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    return desk, desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **traits))


def test_the_superseded_ins_of_another_person_is_usable_by_nobody_else() -> None:
    desk, decision = succeeded(**BORIS_TRAITS)
    assert ("INS-COLLISION-002", "error") in [(one.rule, one.severity) for one in decision.findings]
    assert reason(desk, "7002") == "collision"
    assert reason(desk, "7001") is None


def test_the_superseded_ins_of_a_patient_with_the_same_traits_is_a_duplicate() -> None:
    desk, decision = succeeded(**ALIX_TRAITS)
    assert rules_of(decision) == {"INS-DUPLICATE-001"}
    assert (reason(desk, "7001"), reason(desk, "7002")) == (None, None)


def test_a_collision_with_a_former_holder_is_cleared_when_its_ins_are_withdrawn() -> None:
    desk, _ = succeeded(**BORIS_TRAITS)
    desk.say("A31", person(pi("7001"), status="PROV"))
    assert reason(desk, "7002") is None


def test_a_collision_with_a_former_holder_is_cleared_when_it_is_merged() -> None:
    desk, _ = succeeded(**BORIS_TRAITS)
    desk.say("A40", person(pi("7002")), prior=(pi("7001"),))
    assert reason(desk, "7002") is None


def test_a_former_holder_whose_traits_change_makes_a_collision_of_a_duplicate() -> None:
    desk, _ = succeeded(**ALIX_TRAITS)
    desk.say("A31", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **BORIS_TRAITS))
    assert reason(desk, "7002") == "collision"


def test_a_completed_trait_may_make_a_collision_of_a_duplicate() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **{**ALIX_TRAITS, "birth_place": ""}))
    desk.say("A31", person(pi("7002"), ins(ALIX), status="VALI", birth_place="69123"))
    assert reason(desk, "7001") == "collision"


def test_flags_are_the_same_after_a_replay() -> None:
    for desk in (colliding(), duplicated()):
        assert Registry.replay(desk.registry.events).patients == desk.registry.patients


def test_a_sender_nobody_confirmed_releases_no_collision() -> None:
    desk = colliding()
    stranger = replace(desk.policy, sender="stranger", sender_confirmed=False)
    desk.say("A31", person(pi("7001"), status="PROV"), under=stranger)
    assert desk.patient("7001").ins is None
    assert reason(desk, "7002") == "collision"
    desk.say("A31", person(pi("7002"), ins(ALIX), status="VALI"))
    assert reason(desk, "7002") is None


def test_an_a47_about_an_ins_unknown_here_warns_on_the_patient_that_keeps_another() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A47", person(pi("7001"), status="VALI"), prior=(ins(BORIS),), merges=1)
    assert decision.events == ()
    assert decision.subject == desk.patient("7001").id
    assert {"INS-CHANGE-004", "IDN-CHANGE-001"} <= rules_of(decision)
