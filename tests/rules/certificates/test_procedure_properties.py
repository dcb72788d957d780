"""Whatever happens on the way to the certificates, in whatever order."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.rules.certificates.procedure import EVENTS, apply, replay, undo
from ecluse.rules.certificates.procedure_model import (
    PRODUCTS,
    Document,
    Event,
    Procedure,
    Refused,
)
from ecluse.rules.certificates.procedure_steps import (
    forms,
    next_steps,
)
from tests.rules.certificates.procedure_way import (
    ADMINISTRATOR,
    AUTH,
    CDE,
    CONTRACT,
    CPE,
    END,
    HEAD,
    ISSUED,
    MANAGER,
    START,
    TECHNICIAN,
    TESTED,
    order,
)

NAMES = st.sampled_from([HEAD, TECHNICIAN, MANAGER, ""])


@st.composite
def events(draw: st.DrawFn) -> Event:
    return Event(
        draw(st.sampled_from(sorted(EVENTS))),
        draw(st.dates(START, date(2030, 1, 1))) if draw(st.integers(0, 9)) == 0 else START,
        by=draw(NAMES),
        person=draw(NAMES),
        product=draw(st.sampled_from([*PRODUCTS, ""])),
        card=draw(st.sampled_from([CDE, CPE, None])),
        way=draw(st.sampled_from(["EJ", "101", "301", "tom", "csr", "online", "coming", "serving", ""])),
        service_name=draw(st.sampled_from(["Service", ""])),
        until=draw(st.sampled_from([END, None])),
        usages=draw(st.sampled_from([PRODUCTS, ()])),
        ready=draw(st.booleans()),
        cause=draw(st.sampled_from(["loss", ""])),
        documents=tuple(Document(form) for form in forms()) if draw(st.booleans()) else (),
    )


@st.composite
def ways(draw: st.DrawFn) -> list[Event]:
    """The good way, cut and disturbed anywhere."""
    good = [*CONTRACT, *ADMINISTRATOR, *ISSUED, *TESTED]
    way = good[: draw(st.integers(0, len(good)))]
    for _ in range(draw(st.integers(0, 12))):
        way.insert(draw(st.integers(0, len(way))), draw(events()))
    for _ in range(draw(st.integers(0, 3))):
        if way:
            way.pop(draw(st.integers(0, len(way) - 1)))
    return way


@settings(max_examples=80, deadline=None)
@given(ways())
def test_no_certificate_serves_without_each_of_its_steps(way: list[Event]) -> None:
    """And undoing an event gives the procedure before it; the events alone make the procedure."""
    procedure = Procedure("990000028")
    for one in way:
        outcome = apply(procedure, one)
        if isinstance(outcome, Refused):
            continue
        assert undo(outcome) == procedure
        procedure = outcome
        check(procedure, one)
    again = replay("990000028", procedure.events)
    assert again == procedure
    assert not isinstance(again, Refused)
    assert again.people == procedure.people


def check(procedure: Procedure, last: Event) -> None:
    """What holds after every event."""
    for track in procedure.tracks:
        mine = [one.name for one in procedure.events if one.product == track.product]
        if track.active(last.on):
            stages = iter(mine)
            wanted = (
                "certificate_ordered",
                "certificate_issued",
                "certificate_installed",
                "certificate_tested",
            )
            assert all(stage in stages for stage in wanted)
    if last.name == "certificate_ordered":
        assert procedure.contract == "CONTRAT_OK"
        who = procedure.person(last.by)
        assert who is not None
        assert who.administers(last.on)
        assert who.habilitation == "granted"
    for step in next_steps(procedure, last.on):
        assert step.event in EVENTS
        assert "{" not in step.text_fr + step.text_en


@settings(max_examples=30, deadline=None)
@given(ways(), ways())
def test_establishments_know_nothing_of_one_another(one: list[Event], other: list[Event]) -> None:
    apart = [run("A", one), run("B", other)]
    together = {"A": Procedure("A"), "B": Procedure("B")}
    for at in range(max(len(one), len(other))):
        for name, way in (("B", other), ("A", one)):
            if at < len(way):
                outcome = apply(together[name], way[at])
                together[name] = together[name] if isinstance(outcome, Refused) else outcome
    assert apart == [together["A"], together["B"]]


def run(name: str, way: list[Event]) -> Procedure:
    procedure = Procedure(name)
    for one in way:
        outcome = apply(procedure, one)
        procedure = procedure if isinstance(outcome, Refused) else outcome
    return procedure


def test_nothing_is_left_to_undo() -> None:
    outcome = undo(Procedure("x"))
    assert isinstance(outcome, Refused)
    assert outcome.code == "nothing-to-undo"


def test_a_story_that_could_not_have_been_is_not_replayed() -> None:
    outcome = replay("x", [order(AUTH)])
    assert isinstance(outcome, Refused)
    assert outcome.code == "contract-not-ok"
