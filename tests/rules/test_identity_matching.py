"""Which patient a message is about: each sentence of the identity model on matching."""

from __future__ import annotations

from ecluse.protocols.pam.facts import Identifier
from ecluse.rules.identity import Known, index_keys, keys, more_keys

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_TRAITS,
    BORIS_TRAITS,
    HOSPITAL,
    LABORATORY,
    NIR,
    Desk,
    events_of,
    ins,
    message,
    person,
    pi,
    policy,
    rules_of,
)


def test_value_and_oid_and_type_pi_match() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), status="PROV", **ALIX_TRAITS))
    same = desk.say("A31", person(pi("7001", authority="OTHER-NAME"), sex="F"))
    assert same.subject == "p1"
    assert desk.say("A31", person(pi("7001", oid=LABORATORY))).subject == "p2"


def test_without_oid_the_name_of_the_authority_matches() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001", oid="")))
    assert desk.say("A31", person(pi("7001", oid=""))).subject == "p1"
    assert desk.say("A31", person(pi("7001", oid="", authority="ELSEWHERE"))).subject == "p2"


def test_an_absent_type_stands_for_pi() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    untyped = pi("7001")._replace(type="")
    assert desk.say("A31", person(untyped)).subject == "p1"


def test_nh_ndp_and_foreign_types_never_match() -> None:
    desk = Desk()
    others = [pi("7001")._replace(type=type_) for type_ in ("NDP", "AN", "PIP", "MR")]
    desk.say("A28", person(pi("7001"), *others))
    for other in others:
        refused = desk.say("A31", person(other))
        assert refused.refusal is not None
        assert (refused.refusal.ack, refused.refusal.code) == ("AE", "101")
    assert index_keys(desk.patient("7001")) == (f"{HOSPITAL}|PI|7001",)
    assert {one.type for one in desk.patient("7001").identifiers} == {"PI", "NDP", "AN", "PIP", "MR"}


def test_a_billing_number_is_neither_matched_nor_kept() -> None:
    desk = Desk()
    billing = Identifier(ALIX, "ASIP-SANTE-NIR", NIR, "ISO", "NH")
    decision = desk.say("A28", person(pi("7001"), billing, status="VALI", **ALIX_TRAITS))
    assert "INS-TYPE-001" in rules_of(decision)
    assert desk.patient("7001").ins is None
    assert ALIX not in repr(desk.patient("7001"))
    assert desk.say("A31", person(billing, status="VALI")).refusal is not None


def test_a_national_number_without_the_type_ins_is_never_a_local_identifier() -> None:
    desk = Desk()
    for type_ in ("", "PI", "INS-NIR"):
        decision = desk.say("A28", person(ins(ALIX)._replace(type=type_), status="VALI"))
        assert decision.refusal is not None
        assert "INS-TYPE-002" in rules_of(decision)


def test_ins_matches_when_the_message_has_no_local_identifier() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A31", person(ins(ALIX), status="VALI", death="Y"))
    assert decision.subject == "p1"
    assert desk.patient("7001").death == "Y"


def test_ins_does_not_match_beside_a_local_identifier() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A31", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert decision.subject == "p2"


def test_an_unqualified_ins_alone_designates_nobody() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    for status in ("", "PROV", "VALI~DOUT", "VALI~FICT"):
        decision = desk.say("A31", person(ins(ALIX), status=status))
        assert decision.refusal is not None
        assert decision.refusal.code == "101"


def test_an_ins_alone_from_an_unconfirmed_sender_designates_nobody() -> None:
    desk = Desk()
    decision = desk.say("A28", person(ins(ALIX), status="VALI"), under=policy(sender_confirmed=False))
    assert decision.refusal is not None


def test_an_ins_alone_with_a_wrong_key_designates_nobody_in_production() -> None:
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"
    assert Desk().say("A28", person(ins(wrong), status="VALI")).refusal is not None
    assert Desk("test").say("A28", person(ins(wrong), status="VALI")).refusal is None


def test_an_ins_alone_that_is_unknown_creates_the_patient() -> None:
    desk = Desk()
    assert events_of(desk.say("A28", person(ins(ALIX), status="VALI", **ALIX_TRAITS))) == [
        "patient.created",
        "ins.adopted",
    ]
    assert desk.say("A31", person(ins(ALIX), status="VALI")).subject == "p1"


def test_an_ins_of_two_patients_designates_nobody() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    decision = desk.say("A31", person(ins(ALIX), status="VALI"))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "204")


def test_a_superseded_ins_still_matches() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A47", person(pi("7001"), ins(ALIX_NEXT), status="VALI", **ALIX_TRAITS), prior=(ins(ALIX),))
    assert desk.say("A31", person(ins(ALIX), status="VALI")).subject == "p1"


def test_two_local_identifiers_of_two_patients_are_refused() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    desk.say("A28", person(pi("7002")))
    decision = desk.say("A31", person(pi("7001"), pi("7002")))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "204")
    assert decision.events == ()


def test_a_known_and_an_unknown_local_identifier_add_the_unknown_one() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    assert events_of(desk.say("A31", person(pi("7001"), pi("L-9", LABORATORY)))) == ["identifiers.changed"]
    assert desk.patient("L-9", LABORATORY).id == "p1"


def test_a_message_on_a_merged_identifier_names_the_survivor() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002"), status="PROV", **BORIS_TRAITS))
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    for event in ("A28", "A31"):
        decision = desk.say(event, person(pi("7002")))
        assert decision.refusal is not None
        assert (decision.refusal.ack, decision.refusal.code) == ("AE", "204")
        assert decision.refusal.finding.expected == "7001 (CHEXEMPLE)"


def test_the_survivor_of_a_chain_of_merges_is_named() -> None:
    desk = Desk()
    for value in ("7001", "7002", "7003"):
        desk.say("A28", person(pi(value)))
    desk.say("A40", person(pi("7002")), prior=(pi("7001"),))
    desk.say("A40", person(pi("7003")), prior=(pi("7002"),))
    decision = desk.say("A31", person(pi("7001")))
    assert decision.refusal is not None
    assert decision.refusal.finding.expected == "7003 (CHEXEMPLE)"


def test_an_ins_held_by_a_merged_patient_alone_is_refused_without_naming_it() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    decision = desk.say("A31", person(ins(ALIX), status="VALI"))
    assert decision.refusal is not None
    assert decision.refusal.finding.expected == "7001 (CHEXEMPLE)"
    assert ALIX not in repr(decision.findings)


def test_a_survivor_known_by_its_ins_only_is_not_named() -> None:
    desk = Desk()
    desk.say("A28", person(ins(ALIX), status="VALI", **ALIX_TRAITS))
    desk.say("A28", person(pi("7002")))
    events = desk.registry.events
    merged = events[0]._replace(type="patients.merged", patient="p2", data={"merged": "p2", "survivor": "p1"})
    desk.registry.apply((merged,))
    decision = desk.say("A31", person(pi("7002")))
    assert decision.refusal is not None
    assert decision.refusal.finding.rule == "IDN-MATCH-003"
    assert ALIX not in repr(decision)


def test_the_default_domain_accepts_any_authority() -> None:
    desk = Desk()
    assert desk.say("A28", person(pi("1", "9.9.9"))).refusal is None


def test_an_authority_of_another_domain_is_kept_and_does_not_match() -> None:
    desk = Desk(authorities=frozenset({HOSPITAL}))
    decision = desk.say("A28", person(pi("7001"), pi("7001", LABORATORY)))
    assert "IDN-ID-004" in rules_of(decision)
    assert index_keys(desk.patient("7001")) == (f"{HOSPITAL}|PI|7001",)
    refused = desk.say("A31", person(pi("7001", LABORATORY)))
    assert refused.refusal is not None
    assert refused.refusal.code == "101"


def test_a_domain_may_name_its_authority_without_oid() -> None:
    desk = Desk(authorities=frozenset({"CHEXEMPLE"}))
    assert desk.say("A28", person(pi("7001", oid=""))).refusal is None


def test_an_identifier_without_authority_designates_nobody() -> None:
    desk = Desk()
    bare = Identifier("7001", "", "", "", "PI")
    decision = desk.say("A28", person(bare))
    assert decision.refusal is not None
    assert decision.refusal.code == "101"
    assert "IDN-ID-002" in rules_of(decision)
    tolerated = Desk(require_authority=False)
    assert tolerated.say("A28", person(bare)).refusal is None


def test_a_message_without_identifier_is_refused() -> None:
    decision = Desk().say("A28", person(**ALIX_TRAITS))
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "101")


def test_erasing_a_local_identifier_in_an_a31_has_no_effect() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), pi("L-9", LABORATORY)))
    decision = desk.say("A31", person(pi("7001"), pi('""', LABORATORY)))
    assert rules_of(decision) == {"IDN-ID-003"}
    assert desk.patient("L-9", LABORATORY).id == "p1"


def test_an_identifier_said_twice_is_kept_once() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), pi("7001"), pi("", LABORATORY)))
    assert len(desk.patient("7001").identifiers) == 1


def test_keys_ask_for_identifiers_and_for_the_ins_when_it_may_serve() -> None:
    qualified = message("A31", person(pi("7001"), ins(ALIX), status="VALI"))
    assert keys(qualified, policy()) == (f"{HOSPITAL}|PI|7001", f"{NIR}|INS|{ALIX}")
    provisional = message("A31", person(pi("7001"), ins(ALIX), status="PROV"))
    assert keys(provisional, policy()) == (f"{HOSPITAL}|PI|7001",)
    deletion = message("A47", person(pi("7001"), status="PROV"), prior=(ins(ALIX),))
    assert keys(deletion, policy()) == (f"{HOSPITAL}|PI|7001", f"{NIR}|INS|{ALIX}")


def test_more_keys_asks_for_the_other_holders_of_a_flagged_ins() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    patient = desk.patient("7001")
    assert more_keys(Known({f"{HOSPITAL}|PI|7001": ("p1",)}, {"p1": patient})) == ()
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **BORIS_TRAITS))
    patient = desk.patient("7001")
    known = Known({f"{HOSPITAL}|PI|7001": ("p1",)}, {"p1": patient})
    assert more_keys(known) == (f"{NIR}|INS|{ALIX}",)


def test_an_authority_that_joins_the_domain_designates_the_patients_it_was_kept_for() -> None:
    desk = Desk(authorities=frozenset({HOSPITAL}))
    listed = person(pi("7001"), pi("L-1", LABORATORY))
    desk.say("A28", listed)
    wider = policy(authorities=frozenset({HOSPITAL, LABORATORY}))
    assert events_of(desk.say("A31", listed, under=wider)) == ["identifiers.changed"]
    assert desk.say("A31", person(pi("L-1", LABORATORY)), under=wider).subject == "p1"
    assert len(desk.patient("7001").identifiers) == 2
