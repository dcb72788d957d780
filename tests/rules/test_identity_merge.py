"""A40: merge, rename when the target is unknown, nothing when the source is."""

from __future__ import annotations

import pytest

from ecluse.rules.identity import Registry, index_keys, usability

from .builders import (
    ALIX,
    ALIX_TRAITS,
    BORIS_TRAITS,
    HOSPITAL,
    LABORATORY,
    NIR,
    Desk,
    events_of,
    ins,
    person,
    pi,
    rules_of,
)


def two(desk: Desk) -> None:
    desk.say("A28", person(pi("7001"), status="PROV", **BORIS_TRAITS))
    desk.say("A28", person(pi("7002"), ins(ALIX), status="VALI", **ALIX_TRAITS))


def test_a40_merges_the_patient_of_mrg_into_the_patient_of_pid() -> None:
    desk = Desk()
    two(desk)
    decision = desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    assert [(one.type, one.patient) for one in decision.events] == [
        ("patients.merged", "p2"),
        ("patients.merged", "p1"),
    ]
    assert desk.patient("7002").merged_into == "p1"
    assert desk.patient("7001").merged_into == ""
    assert decision.subject == "p1"


def test_a40_changes_no_demographics_and_no_status() -> None:
    desk = Desk()
    two(desk)
    before = desk.patient("7001")
    desk.say("A40", person(pi("7001"), status="VALI", **ALIX_TRAITS), prior=(pi("7002"),))
    after = desk.patient("7001")
    assert (after.names, after.sex, after.statuses) == (before.names, before.sex, before.statuses)


def test_a40_never_moves_an_ins() -> None:
    desk = Desk()
    two(desk)
    desk.say("A40", person(pi("7001"), ins(ALIX), status="VALI"), prior=(pi("7002"), ins(ALIX)))
    assert desk.patient("7001").ins is None
    merged = desk.patient("7002")
    assert merged.ins is not None
    found = usability(merged, environment="production", confirmed={"gam"})
    assert found is not None
    assert found.code == "merged"
    assert index_keys(merged) == (f"{HOSPITAL}|PI|7002", f"{NIR}|INS|{ALIX}")


def test_the_survivor_may_then_receive_the_ins_by_a31_without_collision() -> None:
    desk = Desk()
    two(desk)
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    desk.say("A31", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))
    assert desk.patient("7001").collides_with == ()
    assert desk.say("A31", person(ins(ALIX), status="VALI")).subject == "p1"


def test_a40_with_an_unknown_source_does_nothing_and_is_accepted() -> None:
    desk = Desk()
    two(desk)
    decision = desk.say("A40", person(pi("7001")), prior=(pi("9999"),))
    assert (decision.events, decision.refusal, decision.subject) == ((), None, "p1")
    assert [(one.rule, one.severity) for one in decision.findings] == [("IDN-MERGE-003", "info")]
    assert desk.say("A40", person(pi("8888")), prior=(pi("9999"),)).refusal is None


def test_a40_with_an_unknown_target_renames_the_source() -> None:
    desk = Desk()
    two(desk)
    decision = desk.say("A40", person(pi("7009")), prior=(pi("7002"),))
    assert events_of(decision) == ["identifiers.changed"]
    assert desk.patient("7009").id == "p2"
    assert [one.value for one in desk.patient("7009").identifiers] == ["7009"]
    assert [one.value for one in desk.patient("7009").former_identifiers] == ["7002"]
    assert desk.patient("7009").ins is not None


def test_a40_renames_across_authorities() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    desk.say("A40", person(pi("L-1", LABORATORY)), prior=(pi("7001"),))
    assert desk.patient("L-1", LABORATORY).id == "p1"


def test_a40_with_several_groups_is_refused() -> None:
    desk = Desk()
    two(desk)
    for merges, people in ((2, 1), (1, 2)):
        decision = desk.say("A40", *[person(pi("7001"))] * people, prior=(pi("7002"),), merges=merges)
        assert decision.refusal is not None
        assert (decision.refusal.ack, decision.refusal.code) == ("AE", "100")


def test_a40_without_mrg_is_refused() -> None:
    decision = Desk().say("A40", person(pi("7001")), merges=0)
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "100")


@pytest.mark.parametrize("prior", [(), (pi("7002")._replace(type="AN"),), (ins(ALIX),)])
def test_a40_without_a_local_identifier_in_mrg_is_refused(prior: tuple[object, ...]) -> None:
    desk = Desk()
    two(desk)
    decision = desk.say("A40", person(pi("7001")), prior=prior)
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "101")


def test_a40_without_a_local_identifier_in_pid_is_refused() -> None:
    desk = Desk()
    two(desk)
    decision = desk.say("A40", person(ins(ALIX), status="VALI"), prior=(pi("7002"),))
    assert decision.refusal is not None
    assert decision.refusal.code == "101"


def test_a_patient_is_not_merged_into_itself() -> None:
    desk = Desk()
    two(desk)
    desk.say("A31", person(pi("7001"), pi("L-1", LABORATORY)))
    for target, source in ((pi("7001"), pi("7001")), (pi("7001"), pi("L-1", LABORATORY))):
        decision = desk.say("A40", person(target), prior=(source,))
        assert (decision.events, rules_of(decision)) == ((), {"IDN-MERGE-004"})


def test_the_same_merge_said_again_changes_nothing() -> None:
    desk = Desk()
    two(desk)
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    decision = desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    assert (decision.events, decision.refusal) == ((), None)


def test_merging_a_patient_already_merged_elsewhere_is_refused() -> None:
    desk = Desk()
    two(desk)
    desk.say("A28", person(pi("7003")))
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    for target in ("7003", "7777"):
        decision = desk.say("A40", person(pi(target)), prior=(pi("7002"),))
        assert decision.refusal is not None
        assert decision.refusal.finding.expected == "7001 (CHEXEMPLE)"


def test_merging_into_a_merged_patient_is_refused() -> None:
    desk = Desk()
    two(desk)
    desk.say("A28", person(pi("7003")))
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    decision = desk.say("A40", person(pi("7002")), prior=(pi("7003"),))
    assert decision.refusal is not None
    assert decision.refusal.code == "204"


def test_mrg_identifiers_of_two_patients_are_refused() -> None:
    desk = Desk()
    two(desk)
    desk.say("A28", person(pi("L-3", LABORATORY)))
    decision = desk.say("A40", person(pi("7001")), prior=(pi("7002"), pi("L-3", LABORATORY)))
    assert decision.refusal is not None
    assert decision.refusal.finding.location == "MRG-1"


def test_merged_identifiers_are_never_used_again() -> None:
    desk = Desk()
    two(desk)
    desk.say("A40", person(pi("7001")), prior=(pi("7002"),))
    for event, prior in (("A28", ()), ("A31", ()), ("A47", (pi("7001"),)), ("A40", (pi("7001"),))):
        decision = desk.say(event, person(pi("7002")), prior=prior)
        assert decision.refusal is not None
        assert decision.refusal.code == "204"


def renamed() -> Desk:
    """7002 became 7009 by an A40 whose target was unknown."""
    desk = Desk()
    two(desk)
    desk.say("A40", person(pi("7009")), prior=(pi("7002"),))
    return desk


@pytest.mark.parametrize(
    ("event", "people", "prior"),
    [
        ("A28", ["7002"], ()),
        ("A31", ["7002"], ()),
        ("A31", ["7009", "7002"], ()),
        ("A47", ["7010"], ("7002",)),
        ("A47", ["7002"], ("7009",)),
        ("A40", ["7002"], ("7001",)),
        ("A40", ["7001"], ("7002",)),
        ("A40", ["7010"], ("7002",)),
    ],
)
def test_an_identifier_an_a40_renamed_is_never_used_again_and_the_present_one_is_named(
    event: str, people: list[str], prior: tuple[str, ...]
) -> None:
    desk = renamed()
    decision = desk.say(event, person(*map(pi, people)), prior=tuple(map(pi, prior)))
    assert decision.events == ()
    assert decision.refusal is not None
    assert (decision.refusal.ack, decision.refusal.code) == ("AE", "204")
    assert decision.refusal.finding.expected == "7009 (CHEXEMPLE)"


def test_a_renamed_identifier_is_answered_with_the_present_one_of_its_authority() -> None:
    desk = Desk()
    desk.say("A28", person(pi("L-1", LABORATORY, "LABO"), pi("7002")))
    desk.say("A40", person(pi("7009")), prior=(pi("7002"),))
    decision = desk.say("A31", person(pi("7002")))
    assert decision.refusal is not None
    assert decision.refusal.finding.expected == "7009 (CHEXEMPLE)"


def test_the_same_renaming_said_again_changes_nothing() -> None:
    desk = renamed()
    decision = desk.say("A40", person(pi("7009")), prior=(pi("7002"),))
    assert (decision.events, rules_of(decision)) == ((), {"IDN-MERGE-004"})


def test_an_identifier_renamed_then_merged_names_the_survivor() -> None:
    desk = renamed()
    desk.say("A40", person(pi("7001")), prior=(pi("7009"),))
    decision = desk.say("A31", person(pi("7002")))
    assert decision.refusal is not None
    assert decision.refusal.finding.expected == "7001 (CHEXEMPLE)"


def test_a_renaming_survives_a_replay() -> None:
    desk = renamed()
    replayed = Registry.replay(desk.registry.events)
    assert replayed.patients == desk.registry.patients
    assert replayed.holders(f"{HOSPITAL}|PI|7002") == ("p2",)


def test_a_number_an_a47_replaced_is_free_again() -> None:
    desk = Desk()
    two(desk)
    desk.say("A47", person(pi("7009")), prior=(pi("7002"),))
    assert desk.say("A28", person(pi("7002"))).subject == "p3"


def test_renaming_moves_the_links_of_the_identifier() -> None:
    desk = Desk()
    desk.say("A28", person(pi("7001")))
    desk.say("A24", person(pi("7001")), person(pi("L-1", LABORATORY)))
    desk.say("A40", person(pi("7009")), prior=(pi("7001"),))
    assert desk.registry.links == {(f"{HOSPITAL}|PI|7009", f"{LABORATORY}|PI|L-1")}
    assert Registry.replay(desk.registry.events).links == desk.registry.links
