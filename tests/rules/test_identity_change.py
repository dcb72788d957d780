"""A47: change of identifiers, deletion and downgrade of an INS (INS life cycle)."""

from __future__ import annotations

import pytest

from ecluse.protocols.pam.facts import Name

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_NIA,
    ALIX_TRAITS,
    BORIS,
    HOSPITAL,
    LABORATORY,
    NIA,
    NIR,
    TEST,
    Desk,
    events_of,
    ins,
    person,
    pi,
    rules_of,
)
from .ins_desk import qualified, reason


@pytest.fixture
def desk() -> Desk:
    """A desk that knows ALIX, qualified, as 7001."""
    desk = Desk()
    qualified(desk)
    return desk


# ---- local identifiers


def test_a47_replaces_a_local_identifier(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7009"), status="VALI"), prior=(pi("7001"),))
    assert events_of(decision) == ["identifiers.changed"]
    assert desk.patient("7009").id == "p1"
    assert desk.registry.holders(f"{HOSPITAL}|PI|7001") == ()
    assert reason(desk, "7009") is None


def test_a47_updates_no_demographics(desk: Desk) -> None:
    before = desk.patient("7001").names
    names = (Name("AUTRE", "NOM", "NOM", "", "L"),)
    desk.say("A47", person(pi("7009"), names=names, death="Y"), prior=(pi("7001"),))
    assert (desk.patient("7009").names, desk.patient("7009").death) == (before, "")


def test_a47_with_an_unknown_source_does_nothing_and_is_accepted(desk: Desk) -> None:
    said = {pi("9999"): {"IDN-CHANGE-001"}, ins(BORIS): {"IDN-CHANGE-001", "INS-CHANGE-004"}}
    for prior, rules in said.items():
        decision = desk.say("A47", person(pi("7001"), status="PROV"), prior=(prior,))
        assert (decision.events, decision.refusal, decision.subject) == ((), None, "p1")
        assert rules_of(decision) == rules
    assert reason(desk) is None


def test_a47_replaces_identifiers_of_the_same_authority_and_type(desk: Desk) -> None:
    desk.say("A31", person(pi("7001"), pi("L-1", LABORATORY)))
    desk.say("A47", person(pi("7001"), pi("L-2", LABORATORY)), prior=(pi("L-1", LABORATORY),))
    assert desk.patient("L-2", LABORATORY).id == "p1"
    assert desk.patient("7001").id == "p1"


def test_a47_without_a_new_identifier_of_that_authority_is_refused(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("L-2", LABORATORY)), prior=(pi("7001"),))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "101")
    assert decision.events == ()


def test_a47_to_an_identifier_of_another_patient_is_refused_a_merge_was_due(desk: Desk) -> None:
    desk.say("A28", person(pi("7002")))
    decision = desk.say("A47", person(pi("7002")), prior=(pi("7001"),))
    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.finding.rule) == ("204", "IDN-CHANGE-003")


def test_a47_without_mrg_is_refused(desk: Desk) -> None:
    for merges, code in ((0, "100"), (1, "101")):
        decision = desk.say("A47", person(pi("7001")), merges=merges)
        assert decision.refusal is not None
        assert (decision.refusal.ack, decision.refusal.code) == ("AE", code)


def test_an_identifier_named_on_both_sides_is_left(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7001")), prior=(pi("7001"),))
    assert decision.events == ()


def test_several_identifiers_of_one_authority_each_take_a_new_one(desk: Desk) -> None:
    desk.say("A31", person(pi("7001"), pi("7002")))
    desk.say("A47", person(pi("8001"), pi("8002")), prior=(pi("7001"), pi("7002")))
    assert {one.value for one in desk.patient("8001").identifiers} == {"8001", "8002"}


def test_two_identifiers_may_give_way_to_a_single_one(desk: Desk) -> None:
    desk.say("A31", person(pi("7001"), pi("7002")))
    desk.say("A47", person(pi("8001")), prior=(pi("7001"), pi("7002")))
    assert [one.value for one in desk.patient("8001").identifiers] == ["8001"]


def test_an_identifier_may_be_replaced_by_another_one_of_the_same_patient(desk: Desk) -> None:
    desk.say("A31", person(pi("7001"), pi("7002")))
    desk.say("A47", person(pi("7002")), prior=(pi("7001"),))
    assert [one.value for one in desk.patient("7002").identifiers] == ["7002"]


def test_a_local_change_with_a_status_no_longer_validated_withdraws_the_ins(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7009"), status="PROV"), prior=(pi("7001"),))
    assert events_of(decision) == ["identifiers.changed", "ins.withdrawn", "status.changed"]
    assert reason(desk, "7009") == "status"


def test_a_local_change_may_bring_the_ins_with_vali() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    desk.say("A47", person(pi("7009"), ins(ALIX), status="VALI", **ALIX_TRAITS), prior=(pi("7001"),))
    assert reason(desk, "7009") is None


def test_a_change_moves_the_links_of_the_identifier(desk: Desk) -> None:
    desk.say("A24", person(pi("7001")), person(pi("L-1", LABORATORY)))
    desk.say("A47", person(pi("7009")), prior=(pi("7001"),))
    assert desk.registry.links == {(f"{HOSPITAL}|PI|7009", f"{LABORATORY}|PI|L-1")}


# ---- deletion and downgrade


def test_a_deletion_withdraws_the_ins_and_leaves_the_status(desk: Desk) -> None:
    decision = desk.say(
        "A47", person(pi("7001"), ins('""'), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),)
    )
    assert [(one.type, one.data) for one in decision.events] == [
        ("ins.withdrawn", {"reason": "deletion", "recorded_at": "20261120080000+0000"})
    ]
    patient = desk.patient("7001")
    assert (patient.ins, [one.matricule for one in patient.withdrawn]) == (None, [ALIX])
    assert patient.statuses == ("VALI",)
    assert reason(desk) == "withdrawn"


def test_a_deletion_withdraws_every_ins_superseded_ones_included() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX_NIA, NIA), status="VALI", **ALIX_TRAITS))
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A47", person(pi("7001"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    patient = desk.patient("7001")
    assert (patient.superseded, patient.ins) == ((), None)
    assert {one.matricule for one in patient.withdrawn} == {ALIX, ALIX_NIA}
    for value, oid in ((ALIX, NIR), (ALIX_NIA, NIA)):
        assert desk.registry.holders(f"{oid}|INS|{value}") == ()


def test_a_deletion_finds_the_patient_by_the_ins_alone(desk: Desk) -> None:
    desk.say("A47", person(ins('""'), status="PROV"), prior=(ins(ALIX),))
    patient = desk.patient("7001")
    assert (patient.ins, patient.statuses) == (None, ("PROV",))


def test_a_deletion_without_the_emptied_ins_is_understood_with_a_warning(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7001"), status="VALI"), prior=(ins(ALIX),))
    assert events_of(decision) == ["ins.withdrawn"]
    assert rules_of(decision) == {"INS-DELETE-001"}


def test_a_deletion_without_status_leaves_the_status(desk: Desk) -> None:
    desk.say("A47", person(pi("7001"), ins('""')), prior=(ins(ALIX),))
    assert (desk.patient("7001").ins, desk.patient("7001").statuses) == (None, ("VALI",))


def test_a_downgrade_withdraws_the_ins_and_sets_the_status(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7001"), ins('""'), status="PROV"), prior=(ins(ALIX),))
    assert [(one.type, one.data) for one in decision.events] == [
        ("ins.withdrawn", {"reason": "downgrade", "recorded_at": "20261120080000+0000"}),
        ("status.changed", {"from": ("VALI",), "to": ("PROV",)}),
    ]
    assert reason(desk) == "status"


def test_a_new_ins_that_is_not_validated_is_a_downgrade(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="PROV"), prior=(ins(ALIX),))
    assert "INS-STATUS-001" in rules_of(decision)
    assert reason(desk) == "status"


def test_a_withdrawn_ins_never_matches_again(desk: Desk) -> None:
    desk.say("A47", person(pi("7001"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    again = desk.say("A47", person(pi("7001"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    assert (again.events, again.refusal) == ((), None)
    created = desk.say("A28", person(ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert created.subject == "p2"


def test_a_deletion_by_a_superseded_ins_withdraws_all(desk: Desk) -> None:
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    desk.say("A47", person(pi("7001"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    assert reason(desk) == "withdrawn"


def test_ipp_and_ins_that_point_to_two_patients_are_refused(desk: Desk) -> None:
    desk.say("A28", person(pi("7002")))
    decision = desk.say("A47", person(pi("7002"), ins('""')), prior=(ins(ALIX),))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "204")
    assert decision.refusal.finding.rule == "IDN-CHANGE-002"
    assert reason(desk) is None


def test_mrg_identifiers_of_two_patients_are_refused_in_a47(desk: Desk) -> None:
    desk.say("A28", person(pi("7002")))
    decision = desk.say("A47", person(pi("7009")), prior=(pi("7002"), ins(ALIX)))
    assert decision.refusal is not None
    assert decision.refusal.finding.rule == "IDN-CHANGE-002"


def test_an_unknown_ipp_beside_a_known_ins_does_not_stop_a_deletion(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("9999"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    assert rules_of(decision) == {"IDN-CHANGE-005"}
    assert reason(desk) == "withdrawn"


def test_an_ins_of_two_patients_is_told_apart_by_the_ipp(desk: Desk) -> None:
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    ambiguous = desk.say("A47", person(ins('""'), status="VALI"), prior=(ins(ALIX),))
    assert ambiguous.refusal is not None
    assert ambiguous.refusal.code == "204"
    desk.say("A47", person(pi("7002"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    assert reason(desk, "7002") == "withdrawn"
    assert reason(desk) is None


def test_local_identifier_and_ins_change_in_one_message(desk: Desk) -> None:
    desk.say(
        "A47",
        person(pi("7009"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS),
        prior=(pi("7001"), ins(ALIX)),
    )
    patient = desk.patient("7009")
    assert patient.ins is not None
    assert patient.ins.matricule == ALIX_NEXT


def test_an_ins_with_a_wrong_key_can_be_deleted() -> None:
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(wrong), status="VALI", **ALIX_TRAITS))
    desk.say("A47", person(pi("7001"), ins('""'), status="VALI"), prior=(ins(wrong),))
    assert desk.patient("7001").ins is None


def test_an_ins_of_another_environment_in_mrg_is_unknown(desk: Desk) -> None:
    decision = desk.say("A47", person(pi("7001"), ins('""', TEST), status="VALI"), prior=(ins(ALIX, TEST),))
    assert (decision.events, decision.refusal) == ((), None)
    assert "IDN-CHANGE-001" in rules_of(decision)


def test_a_local_change_with_other_traits_leaves_the_stored_ins_with_the_stored_traits(desk: Desk) -> None:
    traits = {**ALIX_TRAITS, "birth_date": "19850313"}
    decision = desk.say("A47", person(pi("7009"), ins(ALIX), status="VALI", **traits), prior=(pi("7001"),))
    assert events_of(decision) == ["identifiers.changed"]
    assert reason(desk, "7009") is None


def test_a_local_change_that_brings_an_ins_with_other_traits_makes_it_wait() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    traits = {**ALIX_TRAITS, "birth_date": "19850313"}
    desk.say("A47", person(pi("7009"), ins(ALIX), status="VALI", **traits), prior=(pi("7001"),))
    assert reason(desk, "7009") == "traits"


def test_a_deletion_beside_an_obsolete_ins_c_is_still_a_deletion(desk: Desk) -> None:
    obsolete = ins("0123456789", "1.2.250.1.213.1.4.2")
    desk.say("A47", person(pi("7001"), ins('""'), obsolete, status="VALI"), prior=(ins(ALIX),))
    assert reason(desk) == "withdrawn"


def test_the_deletion_of_an_ins_left_behind_by_a_merge_does_nothing(desk: Desk) -> None:
    desk.say("A28", person(pi("7002")))
    desk.say("A40", person(pi("7002")), prior=(pi("7001"),))
    decision = desk.say("A47", person(pi("7002"), ins('""'), status="VALI"), prior=(ins(ALIX),))
    assert (decision.events, decision.refusal, decision.subject) == ((), None, "p2")
