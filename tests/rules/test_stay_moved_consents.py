"""A44: what was said of the DMP for a stay goes with it, and leaves the patient who had it by mistake."""

from __future__ import annotations

from ecluse.protocols.pam.facts import MessageFacts
from tests.rules.builders import message, person, pi
from tests.rules.stay_ward import Ward, encounter


def zfa(
    feeding: str = "", fed: str = "", consultation: str = "", consulted: str = "", state: str = ""
) -> tuple[str, ...]:
    return (state, "", "", "", "", "", "", "", feeding, fed, consultation, consulted)


def move(source: str, target: str, file: str) -> MessageFacts:
    return encounter("A44", ipp=target, number=None, prior=(pi(source),), prior_account=file, zbe=False)


def ward_of(*ipps: str) -> Ward:
    ward = Ward()
    for ipp in ipps:
        ward.patients.receive(message("A28", person(pi(ipp))), ward.policy, at="", new_id=f"p{ipp}")
    return ward


def said(ward: Ward, ipp: str) -> tuple[str, ...]:
    """Feeding and consultation in general, with their dates."""
    consent = ward.patients.patients[f"p{ipp}"].consent or ("",) * 12
    return consent[8:12]


def general(ward: Ward, ipp: str, consent: tuple[str, ...]) -> None:
    """Said in general, by a message of ITI-30."""
    facts = message("A31", person(pi(ipp)), consent=consent)
    known = ward.patients.receive(facts, ward.policy, at="", new_id="none")
    assert known.refusal is None
    ward.events += known.events


def admit(ward: Ward, ipp: str, rank: int, consent: tuple[str, ...] = ()) -> None:
    facts = encounter("A01", f"M{rank}", ipp=ipp, number=f"V{rank}", file=f"D{rank}", consent=consent)
    assert ward.say(facts).refusal is None


def test_an_opposition_leaves_with_its_stay_and_reaches_the_right_patient() -> None:
    ward = ward_of("7001", "7002")
    admit(ward, "7001", 1, zfa("IO", "20261110", "INC", "20261110"))
    moved = ward.say(move("7001", "7002", "D1"))
    assert [(one.type, one.patient) for one in moved.events] == [
        ("stay.moved", "p7001"),
        ("stay.moved", "p7002"),
        ("consent.recorded", "p7001"),
        ("consent.recorded", "p7002"),
    ]
    assert said(ward, "7001") == ("", "", "", "")
    assert said(ward, "7002") == ("IO", "20261110", "INC", "20261110")
    assert ward.stays["s1"].consent[8] == "IO"


def test_what_the_patient_said_otherwise_holds_again() -> None:
    ward = ward_of("7001", "7002")
    general(ward, "7001", zfa("INO", "20261101", "IC", "20261101", state="ACTIF"))
    admit(ward, "7001", 1, zfa("IO", "20261110", "INC", "20261110"))
    admit(ward, "7001", 2, zfa(consultation="INC", consulted="20261105"))
    general(ward, "7002", zfa("INO", "20261115", "NA"))
    ward.say(move("7001", "7002", "D1"))
    assert said(ward, "7001") == ("INO", "20261101", "INC", "20261105")
    assert ward.patients.patients["p7001"].consent[0] == "ACTIF"
    # The later choice of the other patient is not undone.
    assert said(ward, "7002") == ("INO", "20261115", "INC", "20261110")


def test_a_stay_that_comes_back_brings_its_consent_back() -> None:
    ward = ward_of("7001", "7002")
    admit(ward, "7001", 1, zfa("IO", "20261110", "INC", "20261110"))
    admit(ward, "7001", 2, zfa("INO", "20261109", "IC", "20261109"))
    ward.say(move("7001", "7002", "D1"))
    assert said(ward, "7001") == ("INO", "20261109", "IC", "20261109")
    ward.say(move("7001", "7002", "D2"))
    assert (said(ward, "7001"), said(ward, "7002")) == (
        ("", "", "", ""),
        ("IO", "20261110", "INC", "20261110"),
    )
    ward.say(move("7002", "7001", "D1"))
    assert said(ward, "7001") == ("IO", "20261110", "INC", "20261110")
    assert said(ward, "7002") == ("INO", "20261109", "IC", "20261109")


def test_a_stay_without_consent_changes_none() -> None:
    ward = ward_of("7001", "7002")
    general(ward, "7001", zfa("INO", "20261101", "IC", "20261101"))
    admit(ward, "7001", 1)
    moved = ward.say(move("7001", "7002", "D1"))
    assert [one.type for one in moved.events] == ["stay.moved", "stay.moved"]


def test_what_a_merged_patient_said_for_another_stay_is_not_said_again_by_the_survivor() -> None:
    """An A44 takes one stay away; what was said for the other stays as it was, whoever it was said for."""
    ward = ward_of("7001", "7002", "7003")
    admit(ward, "7001", 1, zfa("IO", "20261110"))
    admit(ward, "7001", 2, zfa("INO", "20261112"))
    merge = message("A40", person(pi("7002")), prior=(pi("7001"),))
    assert ward.patients.receive(merge, ward.policy, at="", new_id="none").refusal is None
    consent = zfa(consultation="IC", consulted="20261115")
    assert ward.say(encounter("A03", "M3", ipp="7002", number="V2", consent=consent)).refusal is None
    assert (said(ward, "7001"), said(ward, "7002")) == (
        ("INO", "20261112", "", ""),
        ("", "", "IC", "20261115"),
    )
    moved = ward.say(move("7002", "7003", "D1"))
    assert [(one.type, one.patient) for one in moved.events] == [
        ("stay.moved", "p7001"),
        ("stay.moved", "p7003"),
        ("consent.recorded", "p7003"),
    ]
    assert said(ward, "7003") == ("IO", "20261110", "", "")
    assert said(ward, "7002") == ("", "", "IC", "20261115")
