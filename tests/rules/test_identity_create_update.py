"""A28 and A31: the rows of the identity rules for a consumer."""

from __future__ import annotations

from ecluse.protocols.pam.facts import Name

from .builders import (
    ALIX,
    ALIX_TRAITS,
    LABORATORY,
    Desk,
    events_of,
    ins,
    person,
    pi,
    rules_of,
)
from .ins_desk import qualified


def test_a28_creates_an_unknown_patient() -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    assert events_of(decision) == ["patient.created"]
    assert (decision.refusal, decision.findings, decision.subject) == (None, (), "p1")
    patient = desk.patient("7001")
    assert (patient.names, patient.birth_date, patient.statuses) == (
        ALIX_TRAITS["names"],
        "19850312",
        ("PROV",),
    )


def test_a28_on_a_known_patient_updates_it_with_a_warning() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    decision = desk.say("A28", person(pi("7001"), status="VALI", **ALIX_TRAITS))
    assert events_of(decision) == ["status.changed"]
    assert [finding.severity for finding in decision.findings] == ["warning"]
    assert rules_of(decision) == {"IDN-CREATE-002"}


def test_a28_on_a_known_patient_is_refused_205_when_the_setting_says_so() -> None:
    desk = Desk(known_patient_creation="refuse")
    desk.say("A28", person(pi("7001")))
    decision = desk.say("A28", person(pi("7001"), sex="F"))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code, decision.events) == ("AE", "205", ())


def test_a31_on_an_unknown_patient_creates_it() -> None:
    decision = Desk().say("A31", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    assert events_of(decision) == ["patient.created"]


def test_a31_updates_a_known_patient_with_what_differs_only() -> None:
    desk = Desk()
    qualified(desk)
    traits = {**ALIX_TRAITS, "names": (*ALIX_TRAITS["names"], Name("BRUNOY", "", "", "", "D"))}
    decision = desk.say("A31", person(pi("7001"), status="VALI", **traits))
    assert [event.data for event in decision.events] == [{"names": traits["names"]}]


def test_a31_that_changes_nothing_has_no_event_and_still_names_its_patient() -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert (decision.events, decision.refusal, decision.subject) == ((), None, "p1")


def test_identifiers_missing_from_an_a31_are_not_deleted() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), pi("L-9", LABORATORY)))
    desk.say("A31", person(pi("7001")))
    assert desk.patient("L-9", LABORATORY).id == "p1"


def test_an_unknown_identity_with_one_temporary_identifier_is_kept() -> None:
    desk = Desk()
    assert desk.say("A28", person(pi("X1"), identity_unknown="Y")).refusal is None
    assert desk.patient("X1").identity_unknown == "Y"


def test_death_comes_by_a31_and_may_be_erased() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    desk.say("A31", person(pi("7001"), death="Y", death_at="20261101"))
    assert (desk.patient("7001").death, desk.patient("7001").death_at) == ("Y", "20261101")
    desk.say("A31", person(pi("7001"), death='""', death_at='""'))
    assert (desk.patient("7001").death, desk.patient("7001").death_at) == ("", "")


def test_an_absent_status_on_creation_is_no_status() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), **ALIX_TRAITS))
    assert desk.patient("7001").statuses == ()
    desk.say("A28", person(pi("7002"), status='""'))
    assert desk.patient("7002").statuses == ()
