"""The INS that comes with an A28 or A31: adopted, dropped, withdrawn, NIA and NIR, another one."""

from __future__ import annotations

import pytest

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_NIA,
    ALIX_TRAITS,
    NIA,
    Desk,
    events_of,
    ins,
    person,
    pi,
    rules_of,
)
from .ins_desk import qualified, reason

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


@pytest.mark.parametrize(
    "status", ["PROV", "VIDE", '""', "VALI~DOUT", "VALI~FICT", "PROV~DOUT", "INVA", "VALI~PROV", "VALI~INVA"]
)
def test_a31_that_no_longer_validates_withdraws_the_ins_and_keeps_its_history(status: str) -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(pi("7001"), status=status, **ALIX_TRAITS))
    assert "ins.withdrawn" in events_of(decision)
    assert [(one.rule, one.severity) for one in decision.findings] == [("INS-STATUS-003", "warning")]
    patient = desk.patient("7001")
    assert (patient.ins, [one.matricule for one in patient.withdrawn]) == (None, [ALIX])
    assert reason(desk) in ("status", "status-contradicted")


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
    assert [one.matricule for one in desk.patient("7001").withdrawn] == [ALIX]


def test_homonym_is_compatible_with_a_qualified_identity() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI~HOMA", **ALIX_TRAITS))
    assert reason(desk) is None


def test_a_code_that_hinders_is_explained_and_the_ins_waits_until_it_is_gone() -> None:
    desk = Desk()
    decision = desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI~DESA", **ALIX_TRAITS))
    assert rules_of(decision) == {"INS-STATUS-004"}
    assert reason(desk) == "status-hindered"
    desk.say("A31", person(pi("7001"), status="VALI"))
    assert reason(desk) is None
    assert rules_of(desk.say("A31", person(pi("7001"), status="VALI~COLP"))) == {"INS-STATUS-004"}


def test_an_ins_with_an_unknown_identity_is_explained_and_not_usable() -> None:
    desk = Desk()
    unknown = person(pi("7001"), ins(ALIX), status="VALI", identity_unknown="Y", **ALIX_TRAITS)
    assert rules_of(desk.say("A28", unknown)) == {"INS-UNKNOWN-001"}
    assert reason(desk) == "unknown-identity"


@pytest.mark.parametrize("changes", [{"status": "VALI~DESA"}, {"status": "VALI", "identity_unknown": "Y"}])
def test_an_ins_that_waits_designates_nobody_alone(changes: dict[str, str]) -> None:
    desk = Desk()
    qualified(desk)
    decision = desk.say("A31", person(ins(ALIX), **changes))
    assert decision.refusal is not None
    assert decision.refusal.code == "101"


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
