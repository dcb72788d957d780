"""Patients that may be one person, or two on one INS: found, compared, looked at, and told again when they change."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.services import index_suspects
from ecluse.services.access import Reach
from ecluse.services.queries.duplicates import Comparison, comparison, groups, to_look_at
from ecluse.services.queries.patients import PatientReader
from ecluse.services.rebuild_states import rebuild_states
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt, assert_sound, matricule

pytestmark = pytest.mark.usefixtures("store")

EVERYWHERE = Reach(None, "")
READER = PatientReader("test")


def listed(**asked: Any) -> list[tuple[str, int]]:
    assert index_suspects.catch_up()
    return [(one.kind, one.size) for one in groups(READER, EVERYWHERE, **asked).groups]


def compared() -> Comparison:
    assert index_suspects.catch_up()
    found = comparison(READER, EVERYWHERE, groups(READER, EVERYWHERE).groups[0].id)
    assert found is not None
    return found


def looked_at(gate: Gate, found: Comparison, **more: Any) -> Any:
    given = {
        "group": found.line.id, "seen": found.seen, "patients": list(found.ids), "verdict": "distinct",
        "note": "deux homonymes, carte lue", "by": "Mme Kerdoncuff", **more,
    }  # fmt: skip
    return gate.act("suspects.review", **given)


def twins() -> Gate:
    gate = Gate()
    gate.receive(adt(control="C1", ipp="1"), adt(control="C2", ipp="2", street="9 QUAI NORD"))
    return gate


def test_the_same_strict_traits_are_found_and_compared() -> None:
    twins()
    assert listed() == [("traits", 2)]
    assert to_look_at(EVERYWHERE) == 1
    found = compared()
    assert [one.identifiers[0].value for one in found.line.patients] == ["1", "2"]
    assert {one.what.fr: one.differs for one in found.traits}["Adresses"] is True
    assert {one.what.fr: one.values for one in found.traits}["Nom de naissance"] == ("BRIAND", "BRIAND")


@pytest.mark.parametrize("change", ["name", "sex", "date", "place"])
def test_a_trait_that_differs_makes_no_group(change: str) -> None:
    gate = Gate()
    other = adt(control="C2", ipp="2")
    other = {
        "name": other.replace(b"BRIAND", b"BRIANT"),
        "sex": other.replace(b"|M|||", b"|F|||"),
        "date": other.replace(b"19700112", b"19700113"),
        "place": other.replace(b"29019", b"29232"),
    }[change]
    gate.receive(adt(control="C1", ipp="1"), other)
    assert listed() == []


def test_one_ins_on_patients_that_differ_is_a_collision_and_on_alike_ones_a_duplicate() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(
        adt(control="C1", ipp="1", ins=MARIN, status="VALI"),
        adt(control="C2", ipp="2", ins=MARIN, status="VALI", name="LE GOFF"),
    )
    assert listed() == [("collision", 2)]
    gate.receive(adt("A31", "C3", "2", ins=MARIN, status="VALI"))
    assert listed() == [("duplicate", 2)]


def test_a_merge_settles_a_group_and_undoing_it_brings_it_back() -> None:
    gate = twins()
    assert listed() == [("traits", 2)]
    gate.receive(adt("A40", "C3", "1", prior=f"2^^^{AUTHORITY}^PI"))
    assert listed() == []
    merged = READER.by_identifier("2")[0]
    gate.act("patient.unmerge", patient=merged.id, reason="deux personnes")
    assert listed() == [("traits", 2)]


def test_a_trait_corrected_takes_the_group_away() -> None:
    gate = twins()
    assert listed() == [("traits", 2)]
    gate.receive(adt("A31", "C3", "2").replace(b"19700112", b"19710112"))
    assert listed() == []


def test_a_group_looked_at_waits_until_one_of_its_patients_changes() -> None:
    gate = twins()
    found = compared()
    done = looked_at(gate, found)
    assert done.done, done.text_en
    assert listed() == [] and listed(looked=True) == [("traits", 2)]
    again = comparison(READER, EVERYWHERE, found.line.id)
    assert again is not None
    assert [(one.by, one.verdict, one.note, one.current) for one in again.reviews] == [
        ("Mme Kerdoncuff", "distinct", "deux homonymes, carte lue", True)
    ]
    gate.receive(adt(control="C3", ipp="3"))
    assert listed() == [("traits", 3)]
    assert not compared().reviews[0].current
    assert_sound()


def test_an_address_that_changes_asks_nobody_to_look_again() -> None:
    gate = twins()
    looked_at(gate, compared())
    gate.receive(adt("A31", "C3", "2", street="12 RUE NEUVE"))
    assert listed() == []


@pytest.mark.parametrize(
    "wrong",
    [{"seen": "0" * 32}, {"patients": []}, {"verdict": "maybe"}, {"note": "non"}, {"group": 99}, {"group": "1"},
     {"note": "un\x00deux trois"}],
)  # fmt: skip
def test_a_review_of_something_else_is_refused(wrong: dict[str, Any]) -> None:
    gate = twins()
    assert not looked_at(gate, compared(), **wrong).done
    assert listed() == [("traits", 2)]


def test_a_visitor_of_another_domain_sees_no_group() -> None:
    twins()
    elsewhere = Reach(frozenset({2}), "")
    found = compared()
    assert groups(READER, elsewhere).groups == () and to_look_at(elsewhere) == 0
    assert comparison(READER, elsewhere, found.line.id) is None


def test_reviews_outlive_a_rebuild() -> None:
    gate = twins()
    looked_at(gate, compared())
    rebuild_states()
    assert listed() == [] and listed(looked=True) == [("traits", 2)]


def test_a_superseded_ins_still_shows_its_former_holder() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    other = matricule("1700129123457")
    gate.receive(adt(control="C1", ipp="1", ins=MARIN, status="VALI"))
    assert gate.codes(
        adt(
            "A47",
            "C2",
            "1",
            ins=other,
            status="VALI",
            prior=f"{MARIN}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS",
        )
    ) == ["AA"]
    gate.receive(adt(control="C3", ipp="2", ins=MARIN, status="VALI", name="LE GOFF"))
    assert listed() == [("collision", 2)]
