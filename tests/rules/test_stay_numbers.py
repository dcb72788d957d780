"""Which stay a message is about: visit, account, pre-admission, movement; accounts moved and renumbered."""

from __future__ import annotations

from ecluse.protocols.pam.facts import Identifier, StayFacts
from ecluse.rules.identity import Decision
from ecluse.rules.stay import index_keys
from tests.rules.builders import HOSPITAL, pi
from tests.rules.stay_ward import Ward, account, encounter, visit


def rules_of(decision: Decision) -> set[str]:
    return {one.rule for one in decision.findings}


def refused(decision: Decision) -> tuple[str, str, str]:
    assert decision.refusal is not None
    return decision.refusal.ack, decision.refusal.code, decision.refusal.finding.rule


def known(*messages: object) -> Ward:
    ward = Ward()
    for one in messages:
        assert ward.say(one).refusal is None  # type: ignore[arg-type]
    return ward


def test_a_visit_number_designates_its_stay_and_another_opens_another() -> None:
    ward = known(encounter("A01", "M1"), encounter("A02", "M2"), encounter("A01", "M3", number="V2"))
    assert {one: len(stay.movements) for one, stay in ward.stays.items()} == {"s1": 2, "s2": 1}


def test_a_stay_without_visit_number_is_known_by_its_account() -> None:
    ward = known(encounter("A01", "M1", number=None, file="D1"))
    assert "STY-VISIT-004" in {
        one.rule for one in ward.say(encounter("A01", "M9", number=None, file="D2")).findings
    }
    ward.say(encounter("A02", "M2", number=None, file="D1"))
    assert {one: len(stay.movements) for one, stay in ward.stays.items()} == {"s1": 2, "s2": 1}


def test_a_stay_gains_its_visit_number_later() -> None:
    ward = known(
        encounter("A05", "M1", number=None, file="D1"), encounter("A01", "M2", number="V1", file="D1")
    )
    (stay,) = ward.stays.values()
    assert (stay.visit, [one.event for one in stay.movements]) == (visit("V1"), ["A05", "A01"])
    ward.say(encounter("A02", "M3", number="V1"))
    assert len(ward.stays["s1"].movements) == 3


def test_an_account_holds_several_visits() -> None:
    ward = known(
        encounter("A01", "M1", number="V1", file="D1"), encounter("A01", "M2", number="V2", file="D1")
    )
    assert len(ward.stays) == 2
    assert refused(ward.say(encounter("A02", "M3", number=None, file="D1"))) == ("AE", "204", "STY-VISIT-002")
    ward.say(encounter("A03", "M4", number="V1"))
    assert ward.say(encounter("A02", "M5", number=None, file="D1")).refusal is None
    assert [len(one.movements) for one in ward.stays.values()] == [2, 2]


def test_the_movement_says_which_of_several_visits_is_meant() -> None:
    ward = known(
        encounter("A01", "M1", number="V1", file="D1"), encounter("A01", "M2", number="V2", file="D1")
    )
    assert ward.say(encounter("A11", "M2", number=None, file="D1", action="CANCEL")).refusal is None
    assert [one.movements[0].cancelled for one in ward.stays.values()] == ["", "A11"]


def test_a_message_without_any_number_is_attached_by_its_movement() -> None:
    ward = known(encounter("A01", "M1"))
    assert rules_of(ward.say(encounter("A11", "M1", number=None, action="CANCEL"))) == {"STY-VISIT-003"}
    assert refused(ward.say(encounter("A02", "M7", number=None))) == ("AE", "101", "STY-VISIT-001")


def test_a_pre_admission_number_leads_to_the_stay() -> None:
    ward = Ward()
    said = encounter("A05", "M1", number=None)
    assert said.stay is not None
    number = Identifier("PA1", "CHEXEMPLE", HOSPITAL, "ISO", "AN")
    assert ward.say(said._replace(stay=said.stay._replace(preadmit=number))).refusal is None
    after = encounter("A01", "M2", number="V1", file="D1")
    assert after.stay is not None
    ward.say(after._replace(stay=after.stay._replace(preadmit=number)))
    (stay,) = ward.stays.values()
    assert (stay.preadmit, stay.visit, stay.account) == (number, visit("V1"), account("D1"))


def test_the_stay_or_the_account_of_another_patient_is_refused() -> None:
    ward = known(encounter("A01", "M1", file="D1"))
    assert refused(ward.say(encounter("A02", "M2", ipp="7002"))) == ("AE", "204", "STY-OWNER-001")
    assert refused(ward.say(encounter("A01", "M3", ipp="7002", number="V9", file="D1")))[2] == "STY-OWNER-001"


def test_a_movement_of_another_stay_is_neither_cancelled_nor_corrected() -> None:
    ward = known(encounter("A01", "M1", number="V1"), encounter("A01", "M2", number="V2"))
    assert refused(ward.say(encounter("A11", "M1", number="V2", action="CANCEL")))[2] == "STY-OWNER-002"
    assert refused(ward.say(encounter("Z99", "M1", number="V2", origin="A01")))[2] == "STY-OWNER-002"
    assert rules_of(ward.say(encounter("A02", "M1", number="V2"))) == {"STY-ZBE-1-002"}


def test_an_account_number_is_not_changed_by_a_movement() -> None:
    ward = known(encounter("A01", "M1", file="D1"))
    assert rules_of(ward.say(encounter("A02", "M2", file="D2"))) == {"STY-ACCOUNT-001"}
    assert ward.stays["s1"].account == account("D1")


def test_numbers_without_authority_are_those_of_their_sender() -> None:
    ward = Ward()
    bare = StayFacts(visit=Identifier("V1", "", "", "", "VN"))
    ward.say(encounter("A01", "M1")._replace(stay=bare))
    assert index_keys(ward.stays["s1"]) == ("#gam|VN|V1",)
    assert ward.say(encounter("A02", "M2")._replace(stay=bare)).refusal is None
    assert len(ward.stays) == 1


def test_a_long_or_unprintable_number_still_makes_a_key() -> None:
    ward = Ward()
    for value in ("9" * 3000, "9" * 3000 + "1", "A\x00B"):
        stay = StayFacts(visit=Identifier(value, "CHEXEMPLE", HOSPITAL, "ISO", "VN"))
        assert ward.say(encounter("A01", "")._replace(stay=stay)).refusal is None
    keys = [key for one in ward.stays.values() for key in index_keys(one)]
    assert len(set(keys)) == 3
    assert all(len(key) < 300 and "\x00" not in key for key in keys)


# ---- A44 and A49 ------------------------------------------------------------------------------------------------


def test_an_account_moves_with_all_its_visits() -> None:
    ward = known(
        encounter("A01", "M1", number="V1", file="D1"),
        encounter("A01", "M2", number="V2", file="D1"),
        encounter("A01", "M3", number="V3", file="D3"),
        encounter("A01", "M4", ipp="7002", number="V4"),
    )
    moved = ward.say(
        encounter("A44", ipp="7002", number=None, prior=(pi("7001"),), prior_account="D1", zbe=False)
    )
    assert [(one.type, one.patient) for one in moved.events] == [
        ("stay.moved", "p1"),
        ("stay.moved", "p2"),
    ] * 2
    assert {one: stay.patient for one, stay in ward.stays.items()} == {
        "s1": "p2",
        "s2": "p2",
        "s3": "p1",
        "s4": "p2",
    }
    again = ward.say(
        encounter("A44", ipp="7002", number=None, prior=(pi("7001"),), prior_account="D1", zbe=False)
    )
    assert (again.refusal, again.events, rules_of(again)) == (None, (), {"STY-ACCOUNT-003"})


def test_an_account_may_move_to_a_patient_unknown_until_then() -> None:
    ward = known(encounter("A01", "M1", file="D1"))
    moved = ward.say(
        encounter("A44", ipp="7009", number=None, prior=(pi("7001"),), prior_account="D1", zbe=False)
    )
    assert rules_of(moved) == {"IDN-STAY-001"}
    assert ward.stays["s1"].patient == ward.patients.find(f"{HOSPITAL}|PI|7009").id  # type: ignore[union-attr]


def test_an_unknown_account_or_patient_moves_nothing() -> None:
    ward = known(encounter("A01", "M1", file="D1"), encounter("A01", "M2", ipp="7002", number="V2"))
    for source, number in (("7001", "D9"), ("9999", "D1")):
        found = ward.say(
            encounter("A44", ipp="7002", number=None, prior=(pi(source),), prior_account=number, zbe=False)
        )
        assert (found.refusal, found.events, rules_of(found)) == (None, (), {"STY-ACCOUNT-003"})


def test_the_account_of_a_third_patient_is_not_moved() -> None:
    ward = known(
        encounter("A01", "M1", file="D1"),
        encounter("A01", "M2", ipp="7002", number="V2"),
        encounter("A01", "M3", ipp="7003", number="V3"),
    )
    third = encounter("A44", ipp="7002", number=None, prior=(pi("7003"),), prior_account="D1", zbe=False)
    assert refused(ward.say(third)) == ("AE", "204", "STY-OWNER-003")


def test_a_move_without_an_account_or_of_several_is_refused() -> None:
    ward = known(encounter("A01", "M1", file="D1"), encounter("A01", "M2", ipp="7002", number="V2"))
    bare = encounter("A44", ipp="7002", number=None, prior=(pi("7001"),), zbe=False)
    assert refused(ward.say(bare)) == ("AE", "101", "STY-ACCOUNT-002")
    assert refused(ward.say(bare._replace(merges=2))) == ("AE", "100", "IDN-STAY-003")


def test_an_account_is_renumbered_and_only_once() -> None:
    ward = known(
        encounter("A01", "M1", file="D1"), encounter("A01", "M2", ipp="7002", number="V2", file="D2")
    )
    change = encounter("A49", number=None, file="D7", prior_account="D1", zbe=False)
    assert [one.type for one in ward.say(change).events] == ["stay.renumbered"]
    assert ward.stays["s1"].account == account("D7")
    assert rules_of(ward.say(change)) == {"STY-ACCOUNT-003"}
    taken = encounter("A49", number=None, file="D2", prior_account="D7", zbe=False)
    assert refused(ward.say(taken)) == ("AE", "204", "STY-OWNER-001")
    missing = encounter("A49", number=None, file="D8", zbe=False)
    assert refused(ward.say(missing)) == ("AE", "101", "STY-ACCOUNT-004")


def test_one_visit_of_an_account_may_move_alone() -> None:
    ward = known(
        encounter("A01", "M1", number="V1", file="D1"),
        encounter("A01", "M2", number="V2", file="D1"),
        encounter("A01", "M3", ipp="7002", number="V3"),
    )
    move = encounter("A44", ipp="7002", number=None, prior=(pi("7001"),), prior_account="D1", zbe=False)
    assert move.stay is not None
    alone = move._replace(stay=move.stay._replace(prior_visit=visit("V2")))
    assert ward.say(alone).refusal is None
    assert {one: stay.patient for one, stay in ward.stays.items()} == {"s1": "p1", "s2": "p2", "s3": "p2"}


def test_the_number_of_an_unknown_patient_changes_nothing_and_creates_nobody() -> None:
    ward = Ward()
    found = ward.say(encounter("A49", number=None, file="D7", prior_account="D1", zbe=False))
    assert (found.refusal, found.events, rules_of(found)) == (None, (), {"STY-ACCOUNT-003"})
    assert ward.patients.patients == {}


def test_a_move_without_the_former_patient_is_refused() -> None:
    ward = known(encounter("A01", "M1", file="D1"))
    bare = encounter("A44", ipp="7002", number=None, prior_account="D1", zbe=False)
    assert refused(ward.say(bare)) == ("AE", "100", "IDN-MRG-001")
