"""Movements inserted, corrected, cancelled: each row of the French table of ITI-31."""

from __future__ import annotations

import pytest

from ecluse.rules.identity import Decision
from ecluse.rules.stay import live, movements
from tests.rules.stay_ward import FRENCH_TABLE, NOW, Ward, encounter, mv

DAY = "202611{:02d}0800"


def rules_of(decision: Decision) -> set[str]:
    return {one.rule for one in decision.findings}


def admitted(**changes: object) -> Ward:
    ward = Ward(**changes)
    assert not ward.say(
        encounter("A01", "M1", DAY.format(1), uf="6268", ward="CHIR", fields={"PV1-2": (("I",),)})
    ).refusal
    return ward


@pytest.mark.parametrize(("event", "undone", "status"), FRENCH_TABLE)
def test_each_event_is_inserted_corrected_and_cancelled(event: str, undone: str, status: str) -> None:
    ward = Ward()
    said = {"PV1-2": (("I",),), "PV1-7": (("809", "RÉAULT"),)}
    first = ward.say(encounter(event, "M2", DAY.format(2), action="INSERT", fields=said))
    assert [one.type for one in first.events] == ["stay.opened", "stay.movement-inserted"]
    assert first.events[1].data["status"] == ward.situation().status == status
    fixed = ward.say(
        encounter("Z99", "M2", DAY.format(3), action="UPDATE", origin=event, fields={"PV1-7": (("810",),)})
    )
    assert [one.type for one in fixed.events] == ["stay.movement-updated"]
    (movement,) = ward.stays["s1"].movements
    assert (movement.start, movement.fields["PV1-2"], movement.fields["PV1-7"]) == (
        f"{DAY.format(3)}+0100",
        (("I",),),
        (("810",),),
    )
    gone = ward.say(encounter(undone, "M2", DAY.format(3), action="CANCEL", origin=event))
    assert [one.type for one in gone.events] == ["stay.movement-cancelled"]
    assert (gone.events[0].data["was"], gone.events[0].data["status"]) == (status, "cancelled")
    assert rules_of(gone) == set()


def test_a_transfer_cancelled_gives_the_former_unit_back() -> None:
    ward = admitted()
    before = ward.situation()
    ward.say(encounter("A02", "M2", DAY.format(2), uf="7000", ward="MED"))
    assert ward.situation().medical_unit.code == "7000"  # type: ignore[union-attr]
    assert ward.situation().value("PV1-3") == "MED"
    assert rules_of(ward.say(encounter("A12", "M2", DAY.format(2), origin="A02", uf="6268"))) == set()
    assert ward.situation() == before
    assert before.value("PV1-3") == "CHIR"


def test_a_cancellation_that_announces_another_situation_is_noticed() -> None:
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(2), uf="7000"))
    assert rules_of(ward.say(encounter("A12", "M2", uf="9999"))) == {"STY-CANCEL-007"}


def test_the_identifier_says_which_movement_whatever_the_event() -> None:
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(2), uf="7000"))
    ward.say(encounter("A02", "M3", DAY.format(3), uf="8000"))
    found = ward.say(encounter("A13", "M2", action="CANCEL", origin="A02"))
    assert rules_of(found) == {"STY-CANCEL-004"}
    assert [(one.n, one.cancelled) for one in ward.stays["s1"].movements] == [(1, ""), (2, "A13"), (3, "")]
    assert ward.situation().medical_unit.code == "8000"  # type: ignore[union-attr]


@pytest.mark.parametrize("origin", ["", "A02", "A03"])
def test_a_cancellation_that_names_a_movement_of_another_kind_is_refused(origin: str) -> None:
    wrong = encounter("A12", "M1", action="CANCEL", origin=origin)
    ward = admitted()
    refused = ward.say(wrong).refusal
    assert refused is not None
    assert (refused.ack, refused.code, refused.finding.rule) == ("AE", "204", "STY-CANCEL-008")
    assert (refused.finding.location, refused.finding.received, refused.finding.expected) == (
        "ZBE-1",
        "A01",
        "A02",
    )
    assert ward.situation().status == "in-progress"
    tolerant = admitted(other_event_cancel="accept")
    assert rules_of(tolerant.say(wrong)) == {"STY-CANCEL-004"}
    assert tolerant.situation().status == "cancelled"


@pytest.mark.parametrize(
    ("event", "start", "sent_at", "told"),
    [
        ("A02", "20991231080000", "20261117080000", True),
        ("A02", "20991231080000", "20991231080000", True),
        ("A21", "20261118090000+0100", "20261117080000+0100", True),
        ("A02", "20261118070000+0100", "20261117080000+0100", False),
        ("A05", "20991231080000", "20261117080000", False),
        ("A14", "20991231080000", "20261117080000", False),
        ("A15", "20991231080000", "20261117080000", False),
        ("A16", "20991231080000", "20261117080000", False),
    ],
)
def test_a_movement_that_starts_long_after_its_message_is_told(
    event: str, start: str, sent_at: str, told: bool
) -> None:
    ward = admitted()
    found = ward.say(encounter(event, "M2", start, sent_at=sent_at))
    assert found.refusal is None
    assert ("STY-ZBE-2-002" in rules_of(found)) is told
    fixed = ward.say(encounter("Z99", "M2", start, origin=event, sent_at=sent_at))
    assert ("STY-ZBE-2-002" in rules_of(fixed)) is told


def test_how_far_in_the_future_a_movement_may_be_is_a_setting() -> None:
    ward = admitted(future_movement=0)
    said = encounter("A02", "M2", "20261117080001", sent_at="20261117080000")
    assert "STY-ZBE-2-002" in rules_of(ward.say(said))


def test_without_identifier_the_last_movement_of_the_kind_is_cancelled() -> None:
    ward = admitted()
    ward.say(encounter("A02", "", DAY.format(2), uf="7000"))
    ward.say(encounter("A02", "", DAY.format(3), uf="8000"))
    assert rules_of(ward.say(encounter("A12", "", action="CANCEL"))) == {"STY-ZBE-1-001"}
    assert ward.situation().medical_unit.code == "7000"  # type: ignore[union-attr]


def test_an_unknown_movement_is_not_cancelled() -> None:
    refused = admitted().say(encounter("A12", "M9", action="CANCEL"))
    assert refused.refusal is not None
    assert (refused.refusal.ack, refused.refusal.code, refused.refusal.finding.rule) == (
        "AE",
        "204",
        "STY-CANCEL-003",
    )
    ignored = admitted(unknown_movement_cancel="ignore").say(encounter("A12", "M9", action="CANCEL"))
    assert (ignored.refusal, ignored.events, rules_of(ignored)) == (None, (), {"STY-CANCEL-006"})


def test_cancelling_twice_changes_nothing_more() -> None:
    ward = admitted()
    ward.say(encounter("A11", "M1", action="CANCEL"))
    again = ward.say(encounter("A11", "M1", action="CANCEL"))
    assert (again.refusal, again.events, rules_of(again)) == (None, (), {"STY-CANCEL-002"})


def test_nothing_is_cancelled_of_an_unknown_stay_or_patient() -> None:
    ward = admitted()
    for facts in (encounter("A11", "M1", number="V9"), encounter("A11", "M1", ipp="9999")):
        found = ward.say(facts)
        assert (found.refusal, found.events, rules_of(found)) == (None, (), {"STY-CANCEL-001"})
    assert list(ward.patients.patients) == ["p1"]


def test_an_admission_cancelled_before_its_followers_is_told() -> None:
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(2)))
    assert rules_of(ward.say(encounter("A11", "M1", action="CANCEL"))) == {"STY-CANCEL-005"}
    assert ward.situation().status == "in-progress"


def test_a_movement_of_the_past_takes_its_place_in_the_history() -> None:
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(9), uf="9000"))
    now = ward.situation()
    past = ward.say(encounter("A02", "M3", DAY.format(5), uf="5000", historic="Y"))
    assert rules_of(past) == set()
    assert ward.situation() == now
    ward.say(encounter("A12", "M2", action="CANCEL"))
    assert ward.situation().medical_unit.code == "5000"  # type: ignore[union-attr]


def test_a_movement_of_the_past_that_is_not_said_historic_is_told() -> None:
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(9)))
    assert rules_of(ward.say(encounter("A02", "M3", DAY.format(5)))) == {"STY-ORDER-001"}


def test_a_correction_of_an_unknown_movement_inserts_it() -> None:
    ward = Ward()
    found = ward.say(encounter("Z99", "M1", action="UPDATE", origin="A01", uf="6268"))
    assert rules_of(found) == {"IDN-STAY-001", "STY-OPEN-001", "STY-UPDATE-003"}
    assert [one.event for one in ward.stays["s1"].movements] == ["A01"]
    refused = admitted(unknown_movement_update="refuse").say(encounter("Z99", "M9", origin="A02"))
    assert refused.refusal is not None
    assert refused.refusal.finding.rule == "STY-UPDATE-002"


def test_a_correction_that_says_nothing_of_the_movement_is_refused() -> None:
    refused = admitted().say(encounter("Z99", "M9", action="UPDATE"))
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.finding.rule) == ("101", "STY-ZBE-6-002")


def test_a_cancelled_movement_is_not_corrected() -> None:
    ward = admitted()
    ward.say(encounter("A11", "M1"))
    refused = ward.say(encounter("Z99", "M1", origin="A01"))
    assert refused.refusal is not None
    assert refused.refusal.finding.rule == "STY-UPDATE-001"


def test_a_repeated_movement_corrects_the_first() -> None:
    ward = admitted()
    found = ward.say(encounter("A01", "M1", DAY.format(1), uf="7000"))
    assert (rules_of(found), [one.type for one in found.events]) == (
        {"STY-ZBE-1-004"},
        ["stay.movement-updated"],
    )
    assert len(ward.stays["s1"].movements) == 1
    assert ward.situation().medical_unit.code == "7000"  # type: ignore[union-attr]


def test_one_identifier_for_two_events_makes_two_movements() -> None:
    ward = admitted()
    assert rules_of(ward.say(encounter("A02", "M1", DAY.format(2), uf="7000"))) == {"STY-ZBE-1-005"}
    ward.say(encounter("A12", "M1", action="CANCEL"))
    assert [(one.event, one.cancelled) for one in ward.stays["s1"].movements] == [("A01", ""), ("A02", "A12")]


def test_a_cancelled_identifier_used_again_makes_a_new_movement() -> None:
    ward = admitted()
    ward.say(encounter("A11", "M1"))
    assert rules_of(ward.say(encounter("A01", "M1"))) == {"STY-ZBE-1-003", "STY-VISIT-005"}
    assert ward.situation().status == "in-progress"


@pytest.mark.parametrize(
    ("event", "action"), [("A01", "CANCEL"), ("A11", "INSERT"), ("A12", "UPDATE"), ("Z99", "CANCEL")]
)
def test_a_message_that_contradicts_itself_is_refused(event: str, action: str) -> None:
    refused = admitted().say(encounter(event, "M1", action=action))
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.finding.rule) == ("103", "STY-ZBE-4-001")


def test_an_insertion_said_update_is_inserted_all_the_same() -> None:
    ward = admitted()
    assert ward.say(encounter("A02", "M2", DAY.format(2), action="UPDATE", uf="7000")).refusal is None
    assert ward.situation().medical_unit.code == "7000"  # type: ignore[union-attr]


def test_a_movement_without_zbe_is_read_from_the_event() -> None:
    ward = Ward()
    found = ward.say(encounter("A01", zbe=False, occurred_at="20261118093000", fields={"PV1-2": (("O",),)}))
    assert rules_of(found) == {"IDN-STAY-001", "STY-ZBE-001", "STY-ZBE-1-001"}
    assert (ward.situation().status, ward.situation().admitted) == ("in-progress", "20261118093000+0100")


def test_an_unreadable_start_is_replaced_by_the_time_of_the_event() -> None:
    ward = Ward()
    found = ward.say(encounter("A01", "M1", "35 MARS", occurred_at="20261118093000"))
    assert "STY-ZBE-2-001" in rules_of(found)
    assert ward.stays["s1"].movements[0].start == "20261118093000+0100"


def test_an_erased_unit_and_an_erased_field_are_no_longer_said() -> None:
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(2), fields={"PV1-3": (('""',),)}))
    assert ward.situation().first("PV1-3") == ()
    assert ward.situation().medical_unit.code == "6268"  # type: ignore[union-attr]


def test_a_movement_too_long_to_keep_is_refused() -> None:
    refused = Ward().say(encounter("A01", "M1", fields={"PV1-7": (("D" * 30_000,),)}))
    assert refused.refusal is not None
    assert refused.refusal.finding.rule == "STY-SIZE-002"


def test_a_stay_holds_so_many_movements_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movements, "MOST_MOVEMENTS", 2)
    ward = admitted()
    ward.say(encounter("A02", "M2", DAY.format(2)))
    refused = ward.say(encounter("A02", "M3", DAY.format(3)))
    assert refused.refusal is not None
    assert refused.refusal.finding.rule == "STY-SIZE-001"
    assert ward.say(encounter("A12", "M2", action="CANCEL")).refusal is None


def test_of_several_movements_in_one_message_the_first_is_integrated() -> None:
    facts = encounter("A01", "M1")
    assert facts.stay is not None
    other = facts.stay.movements[0]._replace(ids=(mv("M2"),))
    twice = facts.stay._replace(movements=(facts.stay.movements[0], other))
    ward = Ward()
    assert "STY-ZBE-002" in rules_of(ward.say(facts._replace(stay=twice)))
    assert [one.ids for one in ward.stays["s1"].movements] == [(mv("M1"),)]


def test_a_start_without_hour_is_the_beginning_of_its_day_and_none_at_all_is_the_reception() -> None:
    ward = Ward()
    ward.say(encounter("A02", "M2", "202611020730"))
    ward.say(encounter("A01", "M1", "20261102"))
    ward.say(encounter("A02", "M3", "2026", sent_at="NOW"))
    first, second, third = live(ward.stays["s1"])
    assert [one.ids[0].value for one in (first, second, third)] == ["M1", "M2", "M3"]
    assert (first.start, third.start, third.at) == ("20261102", "", NOW)
