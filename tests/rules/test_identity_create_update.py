"""A28 and A31: the rows of the identity rules for a consumer, and the INS that comes with them."""

from __future__ import annotations

import pytest

from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity import usability

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_NIA,
    ALIX_TRAITS,
    LABORATORY,
    NIA,
    Desk,
    events_of,
    ins,
    person,
    pi,
    policy,
    rules_of,
)

GAM = frozenset({"gam"})


def qualified(desk: Desk) -> None:
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))


def reason(desk: Desk, value: str = "7001") -> str | None:
    found = usability(desk.patient(value), environment=desk.policy.environment, confirmed=GAM)
    return found.code if found else None


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


# ---- INS received by A28 or A31


def test_ins_obtained_and_qualified_by_a31_is_adopted() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert events_of(decision) == ["status.changed", "ins.adopted"]
    assert reason(desk) is None


def test_ins_of_an_identity_that_is_not_validated_is_dropped_without_error() -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status="PROV", **ALIX_TRAITS))
    assert decision.refusal is None
    assert rules_of(decision) == {"INS-STATUS-001"}
    assert desk.patient("7001").ins is None
    assert ALIX not in repr(desk.patient("7001"))


def test_ins_without_status_is_dropped_without_error() -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), **ALIX_TRAITS))
    assert rules_of(decision) == {"INS-STATUS-002"}
    assert desk.patient("7001").ins is None


def test_fictive_identity_with_an_ins_is_integrated_without_it() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="PROV~FICT", **ALIX_TRAITS))
    assert (desk.patient("7001").ins, reason(desk)) == (None, "status")


def test_a31_vali_that_does_not_repeat_the_ins_leaves_it_unchanged() -> None:
    desk = Desk()
    qualified(desk)
    assert desk.say("A31", person(pi("7001"), status="VALI", **ALIX_TRAITS)).events == ()
    assert reason(desk) is None


def test_a31_without_status_leaves_status_and_ins_unchanged() -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), **ALIX_TRAITS))
    assert decision.events == ()
    assert rules_of(decision) == {"INS-STATUS-002"}
    assert reason(desk) is None


@pytest.mark.parametrize("status", ["PROV", "VIDE", '""', "VALI~DOUT", "VALI~FICT", "PROV~DOUT", "INVA"])
def test_a31_that_no_longer_validates_withdraws_the_ins_and_keeps_its_history(status: str) -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), status=status, **ALIX_TRAITS))
    assert "ins.withdrawn" in events_of(decision)
    assert [(one.rule, one.severity) for one in decision.findings] == [("INS-STATUS-003", "warning")]
    patient = desk.patient("7001")
    assert (patient.ins, [one.matricule for one in patient.withdrawn]) == (None, [ALIX])
    assert reason(desk) == "status"


def test_doubt_on_a_qualified_identity_withdraws_the_ins() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), ins(ALIX), status="PROV~DOUT", **ALIX_TRAITS))
    assert desk.patient("7001").ins is None


def test_a_withdrawn_ins_is_adopted_again_when_it_comes_back_qualified() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A31", person(pi("7001"), status="PROV"))
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert reason(desk) is None
    assert desk.patient("7001").withdrawn == ()


def test_homonym_is_compatible_with_a_qualified_identity() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI~HOMA", **ALIX_TRAITS))
    assert reason(desk) is None


@pytest.mark.parametrize("status", ["PROV~FICT~HOMA", "PROV~FICT~DOUT"])
def test_fictive_combined_with_another_attribute_is_an_error_and_no_ins(status: str) -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status=status, **ALIX_TRAITS))
    assert ("IDN-STATUS-001", "error") in [(one.rule, one.severity) for one in decision.findings]
    assert reason(desk) == "status"


# ---- NIA and NIR


def test_nia_becomes_nir_by_a31_with_both() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **ALIX_TRAITS))
    desk.say("A31", person(pi("7001"), ins(ALIX_NIA, NIA), ins(ALIX), status="VALI", **ALIX_TRAITS))
    patient = desk.patient("7001")
    assert patient.ins is not None
    assert patient.ins.matricule == ALIX
    assert [one.matricule for one in patient.superseded] == [ALIX_NIA]
    assert reason(desk) is None
    assert desk.say("A31", person(ins(ALIX_NIA, NIA), status="VALI")).subject == "p1"


def test_nia_becomes_nir_by_a31_with_the_nir_alone() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert events_of(decision) == ["ins.superseded", "ins.adopted"]


def test_nir_is_kept_when_both_come_at_once_on_a_new_patient() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX_NIA, NIA), ins(ALIX), status="VALI", **ALIX_TRAITS))
    patient = desk.patient("7001")
    assert patient.ins is not None
    assert (patient.ins.matricule, [one.matricule for one in patient.superseded]) == (ALIX, [ALIX_NIA])


def test_a_late_nia_does_not_replace_the_nir() -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **ALIX_TRAITS))
    assert (decision.events, rules_of(decision)) == ((), {"INS-CHANGE-002"})
    assert reason(desk) is None


# ---- other INS than the stored one


def test_a31_never_changes_an_ins_the_stored_one_waits() -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS))
    assert events_of(decision) == ["ins.suspended"]
    assert "INS-CHANGE-001" in rules_of(decision)
    assert reason(desk) == "contradicted"
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert reason(desk) is None


def test_a_former_ins_sent_again_does_not_disturb_the_current_one() -> None:
    desk = Desk()
    qualified(desk)
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    decision = desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert (decision.events, rules_of(decision)) == ((), {"INS-CHANGE-003"})


def test_two_different_nir_at_once_adopt_none() -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS))
    assert "INS-SEVERAL-001" in rules_of(decision)
    assert reason(desk) == "several"


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
    names = (Name("Vernoux", "MARGOT", "Alix  Margot", "", "L"),)
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
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **traits), under=stranger)
    assert reason(desk) == "sender"


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
    for value in (ALIX, "7002"):
        desk.say("A28", person(pi(value)))
    desk.say("A40", person(pi(ALIX)), prior=(pi("7002"),))
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
