"""What is told of one change, announcement by announcement."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.rules.identity.model import Event, Patient
from ecluse.rules.outward import InsStanding, Told, announce, partners
from ecluse.rules.stay import vocabulary as stay

KEY, NEXT = "1.2.250.1.213.1.4.8|INS|A", "1.2.250.1.213.1.4.8|INS|B"
NONE = InsStanding("provisoire", "", "status")
USABLE = InsStanding("qualifiee", KEY, "")
ONE = Patient("p1")
KNOWN = Told(3)


def told(
    *events: Event, before: Told = KNOWN, patient: Patient = ONE, standing: InsStanding = NONE, **more: Any
) -> list[tuple[str, str, dict[str, Any]]]:
    return [tuple(one) for one in announce(before, events, patient, standing, **more).announcements]


def event(type_: str, patient: str = "p1", **data: Any) -> Event:
    return Event(type_, 1, patient, data)


def test_a_first_line_creates_and_tells_no_update() -> None:
    events = (event("patient.created", identifiers=()), event("status.changed", to=("VALI",)))
    assert told(*events, before=Told()) == [("patient.created", "", {"trust": "provisoire"})]


def test_what_changes_nothing_for_readers_is_not_told() -> None:
    assert told(event("ins.repeated", sender="2"), event("duplicate.flagged"), event("patient.noted")) == []


def test_changes_are_named_once_in_a_fixed_order() -> None:
    found = told(
        event("status.changed", to=()),
        event("patient.updated", details={"ROL": (), "PD1-4": (), "PID-11": (), "AL1": ()}, sex="F"),
        event("patient.updated", corrected_birth_date="Y", birth_date="19700101"),
        event("identifiers.changed", removed=(), added=()),
    )
    changed = ["birth_date", "sex", "addresses", "doctors", "identifiers", "status", "other"]
    assert found == [("patient.updated", "", {"trust": "provisoire", "changed": changed})]


TOLD = {"none": KNOWN, "usable": Told(3, KEY, True), "suspended": Told(3, KEY, False)}


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ("none", USABLE, "patient.qualified"),
        ("none", InsStanding("validee", KEY, "traits"), None),
        ("none", NONE, None),
        ("usable", USABLE, None),
        ("usable", InsStanding("qualifiee", NEXT, ""), "patient.ins-changed"),
        ("usable", InsStanding("validee", KEY, "traits"), "patient.suspended"),
        ("usable", InsStanding("validee", KEY, "collision"), "patient.suspended"),
        ("usable", InsStanding("validee", "", "withdrawn"), "patient.ins-removed"),
        ("usable", InsStanding("validee", KEY, "sender"), "patient.ins-removed"),
        ("usable", InsStanding("validee", KEY, "domain"), "patient.ins-removed"),
        ("usable", InsStanding("provisoire", KEY, "status"), "patient.ins-removed"),
        ("suspended", USABLE, "patient.qualified"),
        ("suspended", InsStanding("qualifiee", NEXT, ""), "patient.ins-changed"),
        ("suspended", InsStanding("validee", KEY, "collision"), None),
        ("suspended", InsStanding("validee", "", "withdrawn"), "patient.ins-removed"),
    ],
)  # fmt: skip
def test_the_life_of_an_ins(before: str, now: InsStanding, kind: str | None) -> None:
    data = {"trust": now.trust, **({"reason": now.reason} if now.reason else {})}
    assert told(before=TOLD[before], standing=now) == ([(kind, "", data)] if kind else [])


def test_a_merged_patient_has_no_ins_and_an_unmerged_one_gets_it_back() -> None:
    merged = ONE._replace(merged_into="p2")
    story = announce(TOLD["usable"], (), merged, InsStanding("validee", KEY, "merged"))
    assert [tuple(one) for one in story.announcements] == [
        ("patient.merged", "p2", {"merged": "p1", "survivor": "p2"})
    ]
    assert (story.told.usable, story.told.ins) == (False, "")
    back = announce(story.told, (), ONE, USABLE)
    assert [(one.type, one.other) for one in back.announcements] == [
        ("patient.unmerged", "p2"),
        ("patient.qualified", ""),
    ]


def test_the_survivor_is_told_of_each_merge_and_unmerge_and_keeps_its_ins() -> None:
    gone = [event("patients.merged", "p2", merged=one, survivor="p2") for one in ("p1", "p3")]
    before, survivor = TOLD["usable"], Patient("p2")
    story = announce(before, gone, survivor, USABLE)
    assert [tuple(one) for one in story.announcements] == [
        ("patient.merged", "p1", {"merged": "p1", "survivor": "p2"}),
        ("patient.merged", "p3", {"merged": "p3", "survivor": "p2"}),
    ]
    assert story.told == before._replace(version=before.version + 2)
    back = event("patients.unmerged", "p2", merged="p1", survivor="p2", reason="deux personnes")
    assert told(back, patient=survivor) == [("patient.unmerged", "p1", {"merged": "p1", "survivor": "p2"})]


def test_a_link_names_the_other_patient_when_the_line_knows_both() -> None:
    here = event("identifiers.linked", a="x", b="y")
    there = event("identifiers.linked", "p2", a="x", b="y")
    assert told(here, linked=partners([here, there])) == [("patient.linked", "p2", {"with": "p2"})]
    alone = event("identifiers.unlinked", a="x", b="y")
    assert told(alone, linked=partners([alone])) == [("patient.unlinked", "", {"with": None})]
    assert told(joined=2) == [("patient.linked", "", {"with": None})] * 2


def test_a_consent_tells_where_it_comes_from_and_nothing_of_the_choice() -> None:
    found = told(event("consent.recorded", fields=("A", "20260101"), stay="s1", source="api", by="Dr X"))
    assert found == [("consent.recorded", "", {"stay": "s1", "source": "api"})]
    assert told(event("consent.recorded", fields=("A",))) == [("consent.recorded", "", {})]


def movement(kind: str, status: str, was: str, **data: Any) -> list[tuple[str, dict[str, Any]]]:
    found = told(event(kind, stay="s1", status=status, was=was, **data))
    return [(type_, data) for type_, _, data in found]


def test_a_stay_from_its_opening_to_its_end() -> None:
    assert told(event(stay.OPENED, stay="s1", visit=None)) == [("stay.opened", "", {"stay": "s1"})]
    assert movement(stay.INSERTED, "in-progress", "", movement={"n": 1}) == [
        ("stay.movement", {"stay": "s1", "movement": 1, "change": "inserted", "status": "in-progress"})
    ]
    assert movement(stay.INSERTED, "discharged", "in-progress", movement={"n": 2}) == [
        ("stay.movement", {"stay": "s1", "movement": 2, "change": "inserted", "status": "discharged"}),
        ("stay.closed", {"stay": "s1"}),
    ]
    assert movement(stay.UPDATED, "discharged", "discharged", n=2, movement={"unit": "X"}) == [
        ("stay.movement", {"stay": "s1", "movement": 2, "change": "updated", "status": "discharged"})
    ]
    assert movement(stay.CANCELLED, "in-progress", "discharged", n=2, by="A13")[1:] == [
        ("stay.updated", {"stay": "s1", "changed": ["status"]})
    ]
    assert movement(stay.CANCELLED, "cancelled", "in-progress", n=1, by="A11")[1:] == [
        ("stay.cancelled", {"stay": "s1"})
    ]


def test_a_stay_that_changes_its_number_or_its_patient() -> None:
    assert told(event(stay.RENUMBERED, stay="s1", visit=["1"])) == [
        ("stay.updated", "", {"stay": "s1", "changed": ["visit"]})
    ]
    moved = {"stay": "s1", "from": "p1", "to": "p2"}
    assert told(Event(stay.MOVED, 1, "p1", moved)) == [("stay.moved", "p2", moved)]
    assert told(Event(stay.MOVED, 1, "p2", moved), patient=Patient("p2")) == [("stay.moved", "p1", moved)]
