"""Undoing a merge gives both identities back as their own messages left them."""

from __future__ import annotations

import pytest

from ecluse.rules.identity import Known, Policy, index_keys
from ecluse.rules.identity.unmerge import unmerge

from .builders import ALIX, ALIX_TRAITS, AT, BORIS, BORIS_TRAITS, Desk, ins, person, pi

POLICY = Policy("production", "")


def undo(desk: Desk, id_: str) -> list[str]:
    """Undo the merge of a patient; types of the events."""
    registry = desk.registry
    merged = registry.patients[id_]
    by_key = {key: registry.holders(key) for key in index_keys(merged)}
    events = unmerge(Known(by_key, registry.patients), merged, POLICY, at=AT, reason="homonymes")
    registry.apply(events)
    return [one.type for one in events]


@pytest.mark.parametrize("held", [ALIX, BORIS])
def test_merging_then_undoing_changes_nothing_but_the_history(held: str) -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(BORIS), status="VALI", **BORIS_TRAITS))
    desk.say("A28", person(pi("7002"), ins(held), status="VALI", **ALIX_TRAITS))
    before = dict(desk.registry.patients)
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    assert desk.patient("7002").merged_into
    undo(desk, desk.patient("7002").id)
    for id_, patient in before.items():
        assert desk.registry.patients[id_]._replace(version=patient.version) == patient
    assert desk.registry.patients == type(desk.registry).replay(desk.registry.events).patients


def test_the_reason_stays_on_both() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **BORIS_TRAITS))
    desk.say("A28", person(pi("7002"), status="PROV", **ALIX_TRAITS))
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    undo(desk, "p2")
    told = [
        (one.patient, one.data["reason"]) for one in desk.registry.events if one.type == "patients.unmerged"
    ]
    assert told == [("p2", "homonymes"), ("p1", "homonymes")]


def test_what_the_survivor_learnt_since_stays_with_it() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **BORIS_TRAITS))
    desk.say("A28", person(pi("7002"), status="PROV", **ALIX_TRAITS))
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    desk.say("A31", person(pi("7001"), status="VALI", **BORIS_TRAITS))
    undo(desk, "p2")
    assert desk.patient("7001").statuses == ("VALI",)
    assert desk.patient("7002").statuses == ("PROV",)
