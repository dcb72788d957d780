"""One INS sent for many patients, by a faulty sender: what is stored stays small and the flags stay right."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ecluse.rules.identity import Decision, Registry, usability
from ecluse.rules.identity.collisions import LISTED

from .builders import ALIX, ALIX_TRAITS, BORIS_TRAITS, Desk, ins, person, pi

MANY = 40


def arrive(desk: Desk, numbers: Iterable[int], *, same: bool) -> list[Decision]:
    return [
        desk.say("A28", person(pi(str(number)), ins(ALIX), status="VALI", **traits_of(number, same=same)))
        for number in numbers
    ]


def traits_of(number: int, *, same: bool) -> dict[str, object]:
    return dict(ALIX_TRAITS) if same else {**ALIX_TRAITS, "birth_date": f"1985{number:04d}"}


def reasons_of(desk: Desk) -> set[str | None]:
    found = set()
    for patient in desk.registry.patients.values():
        why = usability(patient, environment="production", confirmed={"gam"})
        found.add(why.code if why else None)
    return found


def size(decision: Decision) -> int:
    return sum(len(msgspec.json.encode(event.data)) for event in decision.events[2:])


def test_a_newcomer_among_many_different_patients_is_flagged_alone() -> None:
    desk = Desk()
    last = arrive(desk, range(1001, 1001 + MANY), same=False)[-1]
    assert [event.patient for event in last.events[2:]] == [f"p{MANY}"]
    assert size(last) < 200
    assert reasons_of(desk) == {"collision"}


def test_a_newcomer_among_many_agreeing_patients_is_flagged_alone() -> None:
    desk = Desk()
    last = arrive(desk, range(1001, 1001 + MANY), same=True)[-1]
    assert [event.type for event in last.events[2:]] == ["duplicate.flagged"]
    assert all(patient.duplicates for patient in desk.registry.patients.values())
    assert reasons_of(desk) == {None}


def test_a_flag_names_few_patients() -> None:
    desk = Desk()
    arrive(desk, range(1001, 1001 + MANY), same=False)
    assert max(len(patient.collides_with) for patient in desk.registry.patients.values()) == LISTED


def test_one_stranger_among_many_agreeing_patients_stops_them_all_until_it_leaves() -> None:
    desk = Desk()
    arrive(desk, range(1001, 1001 + MANY), same=True)
    desk.say("A28", person(pi("9999"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    assert reasons_of(desk) == {"collision"}
    desk.say("A31", person(pi("9999"), status="PROV"))
    assert reasons_of(desk) == {None, "status"}
    assert desk.patient("1001").duplicates


def test_flags_fall_one_by_one_when_a_large_group_empties() -> None:
    desk = Desk()
    numbers = range(1001, 1001 + MANY)
    arrive(desk, numbers, same=False)
    for number in numbers[:-1]:
        decision = desk.say("A31", person(pi(str(number)), status="PROV"))
        assert len(decision.events) <= LISTED + 4
    last = desk.patient(str(numbers[-1]))
    assert (last.collides_with, last.duplicates) == ((), ())
    assert reasons_of(desk) == {None, "status"}
    assert Registry.replay(desk.registry.events).patients == desk.registry.patients


def test_a_holder_that_comes_to_agree_with_a_large_group_is_a_duplicate() -> None:
    desk = Desk()
    arrive(desk, range(1001, 1001 + MANY), same=True)
    desk.say("A28", person(pi("9999"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    desk.say("A31", person(pi("9999"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert reasons_of(desk) == {None}
