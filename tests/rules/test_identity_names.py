"""The birth name of one person is never made of the names of two, and a first given name begins its list."""

from __future__ import annotations

import pytest

from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity.names import begins

from .builders import ALIX, ALIX_TRAITS, Desk, ins, person, pi, rules_of
from .ins_desk import qualified, reason


def birth(family: str, given: str = "", given_list: str = "") -> Name:
    return Name(family, given, given_list, "", "L")


@pytest.mark.parametrize(
    "said",
    [birth("TALBARD", "BORIS"), birth("TALBARD"), birth("", "BORIS"), birth("VERNOUX", "MARGOT")],
)
@pytest.mark.parametrize("repeated", [(), (ins(ALIX),)])
def test_another_birth_name_without_its_list_drops_the_kept_list(said: Name, repeated: tuple) -> None:  # type: ignore[type-arg]
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), *repeated, status="VALI", names=(said,)))
    assert desk.patient("7001").names[0].given_list == ""
    assert reason(desk) == ("missing-traits" if repeated else "traits")


@pytest.mark.parametrize(
    "said",
    [
        birth("VERNOUX", "ALIX"),
        birth("Vernoux", "Alix"),
        birth("", "ALIX"),
        birth("VERNOUX", "ALIX-MARGOT"),
        birth("", "", "ALIX MARGOT"),
    ],
)
def test_the_same_birth_name_without_its_list_keeps_the_list(said: Name) -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), status="VALI", names=(said,)))
    assert desk.patient("7001").names[0].given_list == "ALIX MARGOT"
    assert reason(desk) is None


def test_a_list_that_the_first_given_name_does_not_begin_makes_the_ins_unusable() -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "names": (birth("VERNOUX", "BORIS", "ALIX MARGOT"),)}
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits))
    assert rules_of(decision) == {"INS-TRAIT-003"}
    assert reason(desk) == "first-name"


@pytest.mark.parametrize(
    ("given", "given_list", "coherent"),
    [
        ("JEAN", "JEAN PAUL", True),
        ("JEAN PAUL", "JEAN-PAUL MARIE", True),
        ("JEAN-PAUL", "JEAN PAUL MARIE", True),
        ("N'DEYE", "N DEYE AWA", True),
        ("Léa", "LEA ZOE", True),
        ("LŒTICIA", "LOETICIA", True),
        ("JEAN", "JEANNE MARIE", False),
        ("PAUL", "JEAN PAUL", False),
        ("JEAN PAUL", "JEAN", False),
    ],
)
def test_hyphen_apostrophe_case_and_accents_are_no_incoherence(
    given: str, given_list: str, coherent: bool
) -> None:
    assert begins(given, given_list) is coherent


TWINS = (birth("DUPONT", "ANNE", "ANNE MARIE"), birth("DURAND"))


def test_two_birth_names_keep_the_first_and_no_usable_ins() -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "names": TWINS}
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits))
    assert ("IDN-NAME-001", "error") in [(one.rule, one.severity) for one in decision.findings]
    assert desk.patient("7001").names == TWINS[:1]
    assert reason(desk) == "names"
    assert desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **traits)).events == ()
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **{**traits, "names": TWINS[:1]}))
    assert reason(desk) is None


@pytest.mark.parametrize("status", ["VALI", ""])
@pytest.mark.parametrize("repeated", [(), (ins(ALIX),)])
def test_two_birth_names_make_the_stored_ins_wait(status: str, repeated: tuple) -> None:  # type: ignore[type-arg]
    desk = Desk()
    qualified(desk)
    names = (*ALIX_TRAITS["names"], birth("DURAND"))
    desk.say("A31", person(pi("7001"), *repeated, status=status, names=names))
    assert desk.patient("7001").names == ALIX_TRAITS["names"]
    assert reason(desk) == "names"


def test_a_birth_name_said_twice_is_one() -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "names": ALIX_TRAITS["names"] * 2}
    assert desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits)).findings == ()
    assert reason(desk) is None
