"""An INS that cannot be kept or used, and what is said of it: never the matricule."""

from __future__ import annotations

import pytest

from ecluse.protocols.pam.facts import Name

from .builders import (
    ALIX,
    ALIX_TRAITS,
    Desk,
    ins,
    person,
    pi,
    rules_of,
)
from .ins_desk import qualified, reason

# ---- INS that cannot be kept, and a message that keeps nothing new


@pytest.mark.parametrize(
    ("oid", "value", "rule", "code"),
    [
        ("1.2.250.1.213.1.4.10", ALIX, "INS-OID-001", "environment"),
        ("1.2.250.1.213.1.4.11", ALIX, "INS-OID-001", "environment"),
        ("1.2.250.1.213.1.4.5", ALIX, "INS-OID-002", "oid"),
        ("", ALIX, "INS-OID-002", "oid"),
        ("1.2.250.1.213.1.4.2", "0123456789", "INS-OID-003", "obsolete"),
        ("1.2.250.1.213.1.4.8", ALIX[:13], "INS-FORM-001", "form"),
    ],
)
def test_an_ins_that_cannot_be_kept_is_explained(oid: str, value: str, rule: str, code: str) -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), ins(value, oid), status="VALI", **ALIX_TRAITS))
    assert decision.refusal is None
    assert rule in rules_of(decision)
    assert reason(desk) == code
    assert value not in repr(desk.patient("7001"))
    again = desk.say("A31", person(pi("7001"), ins(value, oid), status="VALI", **ALIX_TRAITS))
    assert again.events == ()


def test_an_ins_that_cannot_be_kept_does_not_disturb_the_stored_one() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), ins(ALIX, "1.2.250.1.213.1.4.10"), status="VALI", **ALIX_TRAITS))
    assert reason(desk) is None


def test_the_test_environment_accepts_production_and_test_oids() -> None:
    for number in (8, 9, 10, 11):
        desk = Desk("test")
        oid = f"1.2.250.1.213.1.4.{number}"
        desk.say("A28", person(pi("7001"), ins(ALIX, oid), status="VALI", **ALIX_TRAITS))
        assert reason(desk) is None


def test_a_wrong_key_is_an_error_in_production_and_a_warning_in_test() -> None:
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"
    for environment, severity, code in (("production", "error", "key"), ("test", "warning", None)):
        desk = Desk(environment)
        decision = desk.say("A28", person(pi("7001"), ins(wrong), status="VALI", **ALIX_TRAITS))
        assert decision.refusal is None
        assert [(one.rule, one.severity) for one in decision.findings] == [("INS-KEY-001", severity)]
        assert reason(desk) == code


def test_a_birth_date_corrected_locally_makes_the_ins_unusable() -> None:
    desk = Desk()
    decision = desk.say(
        "A28", person(pi("7001"), ins(ALIX), status="VALI", corrected_birth_date="Y", **ALIX_TRAITS)
    )
    assert "INS-TRAIT-002" in rules_of(decision)
    assert reason(desk) == "corrected-date"


def test_doubts_between_matricule_and_traits_are_warnings_only() -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "sex": "M", "birth_date": "19860312", "birth_place": "38186"}
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits))
    assert rules_of(decision) == {"INS-DOUBT-001", "INS-DOUBT-002", "INS-DOUBT-003"}
    assert {one.severity for one in decision.findings} == {"warning"}
    assert reason(desk) is None


def test_no_finding_carries_a_matricule() -> None:
    desk = Desk()
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"
    for event, status in (("A28", "VALI"), ("A31", "PROV"), ("A31", "VALI")):
        decision = desk.say(event, person(pi("7001"), ins(wrong), ins(ALIX, ""), status=status, sex="M"))
        assert ALIX[:13] not in repr(decision.findings)


def test_no_finding_carries_a_matricule_that_was_put_in_another_component() -> None:
    desk = Desk()
    shifted = ins(ALIX, ALIX)._replace(authority=ALIX)
    decision = desk.say("A28", person(pi("7001"), shifted, status=f"PROV~{ALIX}"))
    assert decision.findings
    assert ALIX not in repr(decision.findings)


def test_a_survivor_whose_local_identifier_is_a_matricule_is_named_without_it() -> None:
    desk = Desk()
    for value in (ALIX[:13], "7002"):
        desk.say("A28", person(pi(value)))
    desk.say("A40", person(pi(ALIX[:13])), prior=(pi("7002"),))
    decision = desk.say("A31", person(pi("7002")))
    assert decision.refusal is not None
    assert decision.refusal.finding.expected == "••• (CHEXEMPLE)"


@pytest.mark.parametrize(
    ("family", "given_list"),
    [("D'ARTAGNAN DE L'HERAULT", "LOUIS"), ("GARANCE--BELMONT", "CATARINA BELLA LEA")],
)
def test_names_are_kept_as_received(family: str, given_list: str) -> None:
    desk = Desk()
    traits = {**ALIX_TRAITS, "names": (Name(family, given_list.split()[0], given_list, "", "L"),)}
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **traits))
    assert desk.patient("7001").names == traits["names"]
    assert reason(desk) is None


def test_a_real_31_december_is_told_from_a_completed_one_by_zfd_4() -> None:
    traits = {**ALIX_TRAITS, "birth_date": "19851231"}
    for corrected, code in (("", None), ("N", None), ("Y", "corrected-date")):
        desk = Desk()
        facts = person(pi("7001"), ins(ALIX), status="VALI", corrected_birth_date=corrected, **traits)
        desk.say("A28", facts)
        assert reason(desk) == code


def test_an_undetermined_sex_cannot_be_qualified() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **{**ALIX_TRAITS, "sex": "U"}))
    assert reason(desk) == "missing-traits"


# ---- a matricule in the place of something else


@pytest.mark.parametrize("type_", ["NIR", "NIA", "NI", "SNS", "NNFRA", "PI", "", "AN", "NDP", "XX"])
@pytest.mark.parametrize("value", [ALIX, f" {ALIX[:5]} {ALIX[5:]} "])
def test_a_matricule_is_never_kept_as_an_identifier(type_: str, value: str) -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), pi(value)._replace(type=type_)))
    assert decision.refusal is None
    assert rules_of(decision) & {"INS-TYPE-002", "INS-TYPE-003"}
    assert ALIX[5:] not in repr(desk.registry.events) + repr(decision)


@pytest.mark.parametrize("type_", ["NIR", "SNS", "NI"])
def test_a_number_of_a_national_type_is_not_kept_even_without_its_key(type_: str) -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), pi(ALIX[:13])._replace(type=type_)))
    assert len(desk.patient("7001").identifiers) == 1


def test_a_matricule_alone_typed_pi_designates_nobody() -> None:
    decision = Desk().say("A28", person(pi(ALIX), **ALIX_TRAITS))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "101")
    assert ("INS-TYPE-003", "error") in [(one.rule, one.severity) for one in decision.findings]


@pytest.mark.parametrize("value", ["000000000012394", ALIX[:13] + "00", "123456789012345", ALIX[:13]])
def test_a_long_local_identifier_is_not_taken_for_a_matricule(value: str) -> None:
    desk = Desk()
    assert desk.say("A28", person(pi(value))).findings == ()
    assert desk.patient(value).id == "p1"


@pytest.mark.parametrize("event", ["A28", "A31"])
def test_a_matricule_in_the_place_of_a_status_is_not_kept(event: str) -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV"))
    desk.say(event, person(pi("7001"), status=f"VALI~{ALIX}"))
    desk.say(event, person(pi("7002"), status=ALIX))
    assert ALIX not in repr(desk.registry.events)


# ---- settings


def test_an_oid_of_another_environment_is_refused_when_the_setting_says_so() -> None:
    desk = Desk(other_environment_oid="refuse")
    test = ins(ALIX, "1.2.250.1.213.1.4.10")
    decision = desk.say("A28", person(pi("7001"), test, status="VALI", **ALIX_TRAITS))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "103")
    assert [one.rule for one in decision.findings] == ["INS-OID-001"]
    qualified(desk)
    assert reason(desk) is None


@pytest.mark.parametrize(
    ("setting", "environment", "code", "severity"),
    [
        ("never-usable", "test", "key", "error"),
        ("never-usable", "production", "key", "error"),
        ("warn", "production", None, "warning"),
        ("warn", "test", None, "warning"),
    ],
)
def test_a_wrong_key_does_what_the_setting_says(
    setting: str, environment: str, code: str | None, severity: str
) -> None:
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"
    desk = Desk(environment, wrong_key=setting)
    decision = desk.say("A28", person(pi("7001"), ins(wrong), status="VALI", **ALIX_TRAITS))
    assert [(one.rule, one.severity) for one in decision.findings] == [("INS-KEY-001", severity)]
    assert reason(desk, wrong_key=setting) == code
    alone = desk.say("A31", person(ins(wrong), status="VALI"))
    assert (alone.subject == "p1") == (code is None)
