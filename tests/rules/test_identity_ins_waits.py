"""A stored INS waits when the strict traits change, and as long as nobody known vouches for it."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.protocols.pam.facts import Identifier, Name

from .builders import (
    ALIX,
    ALIX_NIA,
    ALIX_TRAITS,
    NIA,
    Desk,
    events_of,
    ins,
    person,
    pi,
    policy,
    rules_of,
)
from .ins_desk import qualified, reason

# ---- strict traits and suspension


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("names", (Name("VERNOUD", "ALIX", "ALIX MARGOT", "", "L"),)),
        ("names", (Name("VERNOUX", "ALIX", "ALIX JULIE", "", "L"),)),
        ("birth_date", "19850313"),
        ("sex", "M"),
        ("birth_place", "38186"),
        ("birth_place", '""'),
    ],
)
def test_a_strict_trait_that_changes_suspends_the_ins_until_it_is_repeated(trait: str, value: object) -> None:
    desk = Desk()
    qualified(desk)
    traits = {**ALIX_TRAITS, trait: value}
    decision = desk.say("A31", person(pi("7001"), status="VALI", **traits))
    assert events_of(decision) == ["patient.updated", "ins.suspended"]
    assert rules_of(decision) == {"INS-SUSPEND-001"}
    assert reason(desk) == "traits"
    assert desk.say("A31", person(pi("7001"), ins(ALIX), **traits)).events == ()
    restored = desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **traits))
    assert events_of(restored) == ["ins.restored"]
    assert desk.patient("7001").suspended == ""


def test_a_strict_trait_that_changes_without_status_suspends_too() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), birth_date="19850313"))
    assert reason(desk) == "traits"


def test_a_strict_trait_that_changes_beside_a_nia_suspends_the_nir() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", birth_date="19850313"))
    assert reason(desk) == "traits"


def test_a_strict_trait_that_changes_with_the_ins_and_vali_keeps_it_usable() -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say(
        "A31", person(pi("7001"), ins(ALIX), status="VALI", **{**ALIX_TRAITS, "birth_place": "38186"})
    )
    assert events_of(decision) == ["patient.updated", "ins.restored"]
    assert reason(desk) is None


def test_completing_a_missing_trait_does_not_suspend() -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "birth_place": ""}
    first = desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits))
    assert [one.location for one in first.findings] == ["PID-11.9"]
    assert reason(desk) == "missing-traits"
    desk.say("A31", person(pi("7001"), status="VALI", birth_place="38185"))
    assert reason(desk) is None


def test_another_case_or_a_first_given_name_is_no_change_of_a_strict_trait() -> None:
    desk = Desk()
    qualified(desk)
    names = (Name("Vernoux", "Alix", "Alix  Margot", "", "L"),)
    desk.say("A31", person(pi("7001"), status="VALI", names=names, birth_date="198503120830"))
    assert reason(desk) is None


def test_a_suspended_ins_is_suspended_once() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), status="VALI", sex="M"))
    decision = desk.say("A31", person(pi("7001"), status="VALI", birth_date="19850313"))
    assert events_of(decision) == ["patient.updated"]


# ---- who sent it


def test_another_sender_that_repeats_the_ins_is_recorded_once() -> None:
    desk = Desk(sender="unknown", sender_confirmed=False)
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert rules_of(decision) == {"INS-SENDER-001"}
    assert reason(desk) == "sender"
    repeat = person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS)
    assert events_of(desk.say("A31", repeat, under=policy())) == ["ins.repeated"]
    assert events_of(desk.say("A31", repeat, under=policy())) == []
    assert reason(desk) is None


def test_new_traits_repeated_by_an_unconfirmed_sender_make_the_ins_wait() -> None:
    desk = Desk()
    qualified(desk)
    traits = {**ALIX_TRAITS, "birth_date": "19850313"}
    stranger = policy(sender="unknown", sender_confirmed=False)
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **traits), under=stranger)
    assert "INS-SUSPEND-003" in rules_of(decision)
    assert reason(desk) == "unconfirmed-traits"
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert reason(desk) is None


STRANGER = policy(sender="unknown", sender_confirmed=False)


@pytest.mark.parametrize(
    ("incomplete", "completion"),
    [
        ({"sex": ""}, {"sex": "F"}),
        ({"birth_place": ""}, {"birth_place": "38185"}),
        ({"names": ()}, {"names": ALIX_TRAITS["names"]}),
        ({"corrected_birth_date": "Y"}, {"corrected_birth_date": "N"}),
        ({"identity_unknown": "Y"}, {"identity_unknown": "N"}),
    ],
)
@pytest.mark.parametrize("repeated", [(), (ins(ALIX),)])
@pytest.mark.parametrize("status", ["VALI", ""])
def test_what_an_unconfirmed_sender_completes_makes_no_ins_of_a_confirmed_one_usable(
    incomplete: dict[str, Any], completion: dict[str, Any], repeated: tuple[Identifier, ...], status: str
) -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **{**ALIX_TRAITS, **incomplete}))
    assert reason(desk) is not None
    desk.say("A31", person(pi("7001"), *repeated, status=status, **completion), under=STRANGER)
    assert reason(desk) == "unconfirmed-traits"
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert reason(desk) is None


def test_an_unconfirmed_sender_does_not_lift_a_code_that_made_the_ins_wait() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI~DESA", **ALIX_TRAITS))
    desk.say("A31", person(pi("7001"), status="VALI"), under=STRANGER)
    assert reason(desk) == "unconfirmed-traits"


def test_an_unconfirmed_sender_does_not_restore_an_ins_that_waits() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), status="VALI", sex="M"))
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS), under=STRANGER)
    assert reason(desk) == "traits"


def test_an_unconfirmed_sender_that_says_the_same_traits_changes_nothing() -> None:
    desk = Desk()
    qualified(desk)
    same = person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS)
    assert events_of(desk.say("A31", same, under=STRANGER)) == ["ins.repeated"]
    assert reason(desk) is None


def test_an_unconfirmed_sender_may_change_the_traits_of_its_own_ins() -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "sex": ""}
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits), under=STRANGER)
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS), under=STRANGER)
    assert reason(desk) == "sender"


def test_kept_unusable_an_ins_waits_for_vali_and_itself_when_the_setting_says_so() -> None:
    desk = Desk(unvalidated_update="keep-unusable")
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    assert events_of(decision) == ["status.changed", "ins.suspended"]
    assert rules_of(decision) == {"INS-STATUS-005"}
    assert reason(desk) == "status"
    assert desk.say("A31", person(pi("7001"), status="PROV")).events == ()
    desk.say("A31", person(pi("7001"), status="VALI"))
    assert reason(desk) == "unvalidated"
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert reason(desk) is None
