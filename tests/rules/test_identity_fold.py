"""State is the fold of stored events: versions, JSON round trip, replay."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ecluse.protocols.findings import describe
from ecluse.rules.identity import Event, Known, Registry, UnknownEvent, fold, fold_all, rules
from ecluse.rules.identity.unmerge import unmerge
from ecluse.rules.identity.vocabulary import NOTED, VERSIONS, event

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_NIA,
    ALIX_TRAITS,
    AT,
    BORIS_TRAITS,
    LABORATORY,
    NIA,
    TEST,
    Desk,
    ins,
    person,
    pi,
    policy,
)


def busy() -> Desk:
    """A desk through which every type of event has gone."""
    desk = Desk()
    stranger = policy(sender="dpi")
    full: dict[str, Any] = {**ALIX_TRAITS, "details": {"PID-11": (("1 RUE A", "", "LYON", "", "", "", "H"),)}}
    nia = person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **full)
    desk.say("A28", nia, consent=("ACTIF", *[""] * 11))
    desk.say("A31", nia, under=stranger)
    desk.say("A31", person(pi("7001"), pi("L-1", LABORATORY), ins(ALIX), status="VALI", **full))
    desk.say("A31", person(pi("7001"), status="VALI", birth_date="19850313"))
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **full))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **full))
    desk.say("A31", person(pi("7002"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **full), prior=(ins(ALIX),))
    desk.say("A28", person(pi("7003"), ins(ALIX, TEST), status="VALI", **full))
    desk.say("A40", person(pi("7001")), prior=(pi("7003"),))
    registry, gone = desk.registry, desk.patient("7003")
    registry.apply(unmerge(Known({}, registry.patients), gone, desk.policy, at=AT, reason="homonymes"))
    desk.say("A47", person(pi("7001"), ins('""'), status="PROV"), prior=(ins(ALIX_NEXT),))
    desk.say("A24", person(pi("7001")), person(pi("9001")))
    desk.say("A37", person(pi("7001")), person(pi("9001")))
    noted = event(NOTED, desk.registry.events[0].patient, {"text": "Prénom contesté.", "date": "2026-03-02"})
    desk.registry.apply([noted])
    return desk


def test_every_type_of_event_is_produced_and_folds() -> None:
    desk = busy()
    assert {one.type for one in desk.registry.events} == set(VERSIONS)


def test_events_survive_json_and_give_the_same_state() -> None:
    desk = busy()
    stored = msgspec.json.encode([tuple(one) for one in desk.registry.events])
    read = [Event(*fields) for fields in msgspec.json.decode(stored)]
    replayed = Registry.replay(read)
    assert replayed.patients == desk.registry.patients
    assert replayed.links == desk.registry.links


def test_a_state_survives_json() -> None:
    patient = busy().patient("7001")
    assert msgspec.json.decode(msgspec.json.encode(patient), type=type(patient)) == patient


def test_events_folded_together_or_one_by_one_give_the_same_patient() -> None:
    desk = busy()
    mine = [one for one in desk.registry.events if one.patient == "p1"]
    assert fold_all(None, mine) == desk.registry.patients["p1"]
    assert desk.registry.patients["p1"].version == len(mine)


def test_an_event_of_an_unknown_type_or_version_is_not_guessed() -> None:
    created = event("patient.created", "p1", {"identifiers": []})
    patient = fold(None, created)
    for unknown in (Event("patient.teleported", 1, "p1", {}), created._replace(version=99)):
        with pytest.raises(UnknownEvent):
            fold(patient, unknown)


def test_the_first_event_of_a_patient_creates_it() -> None:
    with pytest.raises(UnknownEvent, match="first event"):
        fold(None, event("status.changed", "p1", {"from": [], "to": []}))
    with pytest.raises(UnknownEvent, match="at least one"):
        fold_all(None, ())


def test_a_registry_finds_a_patient_by_one_key_only() -> None:
    desk = busy()
    assert desk.registry.find("nobody|PI|1") is None
    assert desk.registry.holders("nobody|PI|1") == ()


def test_a_registry_indexes_once_an_identifier_whose_authority_has_two_names() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), pi("7001", authority="AUTRE NOM")))
    desk.say("A31", person(pi("7001"), status="VALI"))
    assert desk.patient("7001").statuses == ("VALI",)


def test_every_rule_reads_well_in_both_languages() -> None:
    for rule in rules().values():
        assert rule.severity in ("error", "warning", "info")
        assert rule.code in ("100", "101", "102", "103", "200", "201", "202", "203", "204", "205", "207")
        assert rule.source
        assert rule.text_fr.endswith(".")
        assert rule.text_en.endswith(".")
        assert " :" not in rule.text_fr
        assert " ;" not in rule.text_fr


def test_every_finding_of_a_busy_day_can_be_said() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), status="PROV"), release="2.12")
    for finding in decision.findings:
        assert "{" not in describe(finding, rules(), "fr")
        assert "{" not in describe(finding, rules(), "en")
