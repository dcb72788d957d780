"""The situation of a stay: status, dates, what is expected, where the patient is; and the words of the rules."""

from __future__ import annotations

import pytest

from ecluse.rules.identity.fold import UnknownEvent
from ecluse.rules.identity.model import Event
from ecluse.rules.stay import fold_stay, rules
from tests.rules.stay_ward import Ward, encounter


def lived(*told: tuple[str, str]) -> Ward:
    """A stay of events and days: `("A01", "01")`."""
    ward = Ward()
    for rank, (event, day) in enumerate(told):
        assert ward.say(encounter(event, f"M{rank}", f"202611{day}0800")).refusal is None
    return ward


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([("A05", "10")], "pre-admitted"),
        ([("A05", "10"), ("A01", "09")], "in-progress"),
        ([("A14", "10"), ("A02", "09")], "in-progress"),
        ([("A01", "01"), ("A21", "02")], "on-leave"),
        ([("A01", "01"), ("A21", "02"), ("A54", "03")], "on-leave"),
        ([("A01", "01"), ("A21", "02"), ("A22", "03")], "in-progress"),
        ([("A01", "01"), ("A21", "02"), ("A03", "03")], "discharged"),
        ([("A01", "01"), ("A03", "05"), ("A21", "06")], "discharged"),
        ([("A01", "01"), ("A03", "05"), ("A02", "03")], "discharged"),
        ([("A01", "01"), ("A03", "05"), ("A04", "07")], "in-progress"),
        ([("A05", "10"), ("A54", "09")], "pre-admitted"),
        ([("A14", "10"), ("A22", "09")], "pre-admitted"),
        ([("A05", "10"), ("A07", "09")], "in-progress"),
        ([("A05", "10"), ("A54", "09"), ("A04", "10")], "in-progress"),
        ([("A54", "09")], "in-progress"),
        ([("A22", "01")], "in-progress"),
        ([("A16", "01")], "in-progress"),
    ],
)
def test_the_status_follows_the_dates(told: list[tuple[str, str]], status: str) -> None:
    assert lived(*told).situation().status == status


def test_admission_and_discharge_are_those_said_else_those_of_the_movements() -> None:
    ward = lived(("A01", "01"), ("A03", "05"))
    assert (ward.situation().admitted, ward.situation().discharged) == (
        "202611010800+0100",
        "202611050800+0100",
    )
    said = {"PV1-44": (("20261101",),), "PV1-45": (("20261105",),)}
    ward.say(encounter("Z99", "M1", origin="A03", fields=said))
    assert (ward.situation().admitted, ward.situation().discharged) == ("20261101", "20261105")


def test_times_are_kept_with_their_offset_and_ordered_as_instants() -> None:
    ward = lived(("A01", "01"))
    ward.say(encounter("A02", "M8", "202611020800+0100", uf="1000"))
    ward.say(encounter("A02", "M9", "202611020730+0000", uf="2000", fields={"PV2-9": (("202611300900",),)}))
    now = ward.situation()
    assert (now.medical_unit and now.medical_unit.code, now.value("PV2-9")) == ("2000", "202611300900+0100")
    assert [one.start[-5:] for one in ward.stays["s1"].movements] == ["+0100", "+0100", "+0000"]


def test_a_correction_of_the_admission_prevails_over_what_a_transfer_repeated() -> None:
    ward = lived(("A01", "01"))
    ward.say(encounter("A02", "M1", "202611020800", fields={"PV1-44": (("202611010800",),)}))
    ward.say(encounter("Z99", "M0", "202611010700", origin="A01", fields={"PV1-44": (("202611010700",),)}))
    assert ward.situation().admitted == "202611010700+0100"


def test_a_leave_says_since_when() -> None:
    ward = lived(("A01", "01"), ("A21", "02"))
    assert ward.situation().on_leave_since == "202611020800+0100"
    ward.say(encounter("A22", "M9", "202611030800"))
    assert ward.situation().on_leave_since == ""


def test_what_is_expected_changes_nothing_else() -> None:
    ward = lived(("A01", "01"))
    ward.say(
        encounter("A15", "P1", "202611090800", ward="MED", uf="9000", fields={"PV1-42": (("MED", "4"),)})
    )
    now = ward.situation()
    assert (now.expected, now.first("PV1-42"), now.value("PV1-3"), now.medical_unit) == (
        (("A15", "202611090800+0100"),),
        ("MED", "4"),
        "",
        None,
    )
    ward.say(encounter("A02", "M9", "202611080800", ward="MED"))
    assert ward.situation().expected == ()


def test_a_unit_is_read_by_its_code_else_its_label_and_erased_by_a_null() -> None:
    ward = Ward()
    for move, said, code in (
        ("M1", ("Chirurgie", "", "", "", "", "VALMONT", "UF", "", "", "6268"), "6268"),
        ("M2", (), "6268"),
        ("M3", ("MED",), "MED"),
        ("M4", ('""', "", "", "", "", "", "UF", "", "", '""'), None),
    ):
        facts = encounter("A02", move, f"2026110{move[1]}0800")
        assert facts.stay is not None
        one = facts.stay.movements[0]._replace(medical_unit=said)
        ward.say(facts._replace(stay=facts.stay._replace(movements=(one,))))
        unit = ward.situation().medical_unit
        assert (unit.code if unit else None) == code


def test_events_that_cannot_be_read_are_named() -> None:
    with pytest.raises(UnknownEvent, match="first event of a stay"):
        fold_stay(None, [Event("stay.moved", 1, "p1", {"stay": "s1", "from": "p1", "to": "p2"})])
    with pytest.raises(UnknownEvent, match="version 9"):
        fold_stay(Ward().stays.get("s1"), [Event("stay.opened", 9, "p1", {"stay": "s1"})])
    with pytest.raises(UnknownEvent, match="at least one"):
        fold_stay(None, [])


def test_every_rule_reads_well_in_both_languages() -> None:
    for one in rules().values():
        assert one.code in ("100", "101", "102", "103", "201", "204", "205", "207")
        for text in (one.text_fr, one.text_en):
            assert text.format(location="ZBE-1", received="A02", expected="A01").endswith(".")
        assert one.source


@pytest.mark.parametrize(
    ("event", "historic", "met"),
    [
        ("A02", "N", True),
        ("A02", "Y", False),
        ("A54", "N", False),
        ("A06", "N", False),
        ("A07", "N", False),
        ("A21", "N", False),
    ],
)
def test_a_pending_transfer_waits_for_its_transfer_alone(event: str, historic: str, met: bool) -> None:
    ward = lived(("A01", "01"))
    ward.say(encounter("A15", "P1", "202611090800", fields={"PV1-42": (("MED", "4"),)}))
    ward.say(encounter(event, "M9", "202611080800", historic=historic))
    assert (ward.situation().expected == ()) is met


def test_a_pending_transfer_announced_after_the_last_transfer_is_expected() -> None:
    ward = lived(("A01", "01"), ("A02", "10"))
    ward.say(encounter("A15", "P1", "202611090800"))
    assert [event for event, _ in ward.situation().expected] == ["A15"]


def test_a_pending_admission_and_a_pending_discharge_are_met_even_by_what_is_said_historic() -> None:
    ward = lived(("A14", "01"))
    ward.say(encounter("A04", "M8", "202611020800", historic="Y"))
    assert ward.situation().expected == ()
    ward.say(encounter("A16", "P2", "202611090800"))
    assert [event for event, _ in ward.situation().expected] == ["A16"]
    ward.say(encounter("A03", "M9", "202611080800", historic="Y"))
    assert ward.situation().expected == ()
