"""Who is to be asked about the DMP: expected and present patients, by unit, whatever else the store holds."""

from __future__ import annotations

import pytest

from ecluse.services import index_stays
from ecluse.services.access import Reach
from ecluse.services.queries.consent_worklist import ToCollectPage, one_to_collect, rates, to_collect
from ecluse.services.queries.patients import PatientReader
from ecluse.services.rebuild_states import rebuild_states
from ecluse.store.models.reviews import OpenStay, UnitCount
from tests.conftest import NOW
from tests.services.feeding import AUTHORITY, Gate, adt
from tests.services.stay_messages import iti31

pytestmark = pytest.mark.usefixtures("store")

EVERYWHERE = Reach(None, "")
READER = PatientReader("test")
ZFA = "ZFA|ACTIF|20261101|||||||{}|20261118|{}|20261118"
DAY = 86_400_000_000


def worklist(**asked: object) -> ToCollectPage:
    assert index_stays.catch_up()
    return to_collect(READER, EVERYWHERE, **asked)  # type: ignore[arg-type]


def waiting(**asked: object) -> list[str]:
    """Local identifiers of the patients to ask, in order."""
    return [one.patient.identifiers[0].value for one in worklist(**asked).lines]


def fed() -> Gate:
    """Three patients are there, in two units, and one is expected."""
    gate = Gate()
    for number in range(1, 5):
        gate.receive(adt(control=f"C{number}", ipp=f"700{number}"))
    gate.receive(
        iti31(control="E1", ipp="7001", visit="V1", account="D1", movement="M1", start="20261118080000"),
        iti31(control="E2", ipp="7002", visit="V2", account="D2", movement="M2", start="20261118090000"),
        iti31(control="E3", ipp="7003", visit="V3", account="D3", movement="M3", uf="7000"),
        iti31("A05", "E4", "7004", visit="V4", account="D4", movement="M4", start="20261201080000"),
    )
    return gate


def test_present_patients_come_latest_first_and_expected_ones_apart() -> None:
    fed()
    assert waiting() == ["7002", "7001", "7003"] or waiting() == ["7002", "7003", "7001"]
    assert waiting(expected=True) == ["7004"]
    assert waiting(unit="1:7000") == ["7003"]
    assert waiting(unit="1:none") == waiting(unit="x") == []
    line = worklist(unit="1:7000").lines[0]
    assert (line.label, line.feeding, line.consultation, line.since) == (
        "Unité 7000", None, None, "2026-11-18T07:00:00.000Z",
    )  # fmt: skip


def test_both_choices_take_a_stay_off_and_one_alone_does_not() -> None:
    gate = fed()
    gate.receive(iti31("Z99", "E9", "7001", action="UPDATE", origin="A01", zfa=ZFA.format("INO", "NA")))
    assert "7001" in waiting()
    assert (
        next(one for one in worklist().lines if one.patient.identifiers[0].value == "7001").feeding == "INO"
    )
    stay = next(one.stay for one in worklist().lines if one.patient.identifiers[0].value == "7001")
    patient = next(one.patient.id for one in worklist().lines if one.patient.identifiers[0].value == "7001")
    done = gate.act(
        "consent.record", patient=patient, stay=stay, feeding="INO", consultation="IC", how="oral",
        source="console", by="Mme Kerdoncuff",
    )  # fmt: skip
    assert done.done, done.text_en
    assert "7001" not in waiting()
    shown = one_to_collect(READER, EVERYWHERE, stay)
    assert shown is not None and (shown.feeding, shown.consultation) == ("INO", "IC")


def test_feeding_holds_from_one_stay_to_the_next_and_consultation_does_not() -> None:
    gate = Gate()
    gate.receive(adt(), iti31(zfa=ZFA.format("INO", "IC")))
    assert waiting() == []
    gate.receive(iti31("A03", "E2", movement="M2", start="20261118100000"))
    gate.receive(iti31("A01", "E3", visit="V2", account="D2", movement="M3", start="20261125080000"))
    (line,) = worklist().lines
    assert (line.feeding, line.consultation) == ("INO", None)


def test_a_choice_said_in_general_since_the_admission_counts() -> None:
    gate = Gate()
    gate.receive(adt(), iti31(start="20261118080000"))
    (line,) = worklist().lines
    gate.act(
        "consent.record", patient=line.patient.id, feeding="INO", consultation="INC", how="written",
        source="console",
    )  # fmt: skip
    assert waiting() == []


def test_a_discharge_and_a_cancelled_admission_leave_and_come_back_when_taken_back() -> None:
    gate = fed()
    gate.receive(iti31("A03", "E8", "7003", visit="V3", account="D3", movement="M8", start="20261119080000"))
    assert "7003" not in waiting()
    assert [one.key for one in rates(EVERYWHERE)] == ["1:6268"]
    gate.receive(
        iti31(
            "A13",
            "E9",
            "7003",
            visit="V3",
            account="D3",
            movement="M8",
            start="20261119080000",
            action="CANCEL",
        )
    )
    assert "7003" in waiting()
    gate.receive(iti31("A11", "F1", "7001", movement="M1", action="CANCEL"))
    assert "7001" not in waiting()


def test_the_stay_of_a_merged_patient_is_told_of_the_survivor() -> None:
    gate = fed()
    waiting()
    gate.receive(adt("A40", "F2", "7001", prior=f"7003^^^{AUTHORITY}^PI"))
    assert waiting(unit="1:7000") == ["7001"]
    merged = READER.by_identifier("7003")[0]
    assert gate.act("patient.unmerge", patient=merged.id, reason="deux personnes").done
    assert waiting(unit="1:7000") == ["7003"]


def test_consultations_that_nobody_closes_are_dropped_after_two_days() -> None:
    gate = Gate()
    gate.receive(adt(), iti31("A04", patient_class="O", start="20261118080000"))
    assert waiting() == ["7001"]
    index_stays.drop_past(NOW)
    assert waiting() == ["7001"]
    assert rates(EVERYWHERE)[0].total == 1
    index_stays.drop_past(NOW + 3 * DAY)
    assert waiting() == [] and rates(EVERYWHERE) == ()


def test_units_tell_how_far_they_are() -> None:
    gate = fed()
    stay = worklist().lines[0]
    gate.act(
        "consent.record", patient=stay.patient.id, stay=stay.stay, feeding="IO", consultation="INC", how="oral",
        source="console",
    )  # fmt: skip
    assert index_stays.catch_up()
    first, second = rates(EVERYWHERE)
    assert (first.key, first.label, first.present, first.expected) == ("1:6268", "Unité 6268", 2, 1)
    assert (first.collected, first.missing, first.percent, first.opposed, first.refused) == (1, 2, 33, 1, 1)
    assert (second.key, second.total, second.percent) == ("1:7000", 1, 0)


def test_pages_follow_one_another_without_a_gap() -> None:
    gate = Gate()
    for number in range(7):
        ipp = f"80{number}"
        gate.receive(adt(control=f"C{number}", ipp=ipp))
        gate.receive(
            iti31(
                control=f"E{number}", ipp=ipp, visit=f"V{number}", account=f"D{number}", movement=f"M{number}"
            )
        )
    found, after = [], ""
    while True:
        page = worklist(limit=3, after=after)
        found += [one.patient.id for one in page.lines]
        if page.next is None:
            break
        after = page.next
    assert len(found) == len(set(found)) == 7
    assert worklist(after="rubbish:\x00").lines


def test_a_visitor_of_another_domain_sees_nobody() -> None:
    fed()
    assert worklist().lines
    elsewhere = Reach(frozenset({2}), "")
    assert to_collect(READER, elsewhere) == ToCollectPage((), None)
    assert rates(elsewhere) == ()
    assert one_to_collect(READER, elsewhere, worklist().lines[0].stay) is None
    assert to_collect(READER, Reach(frozenset({1, 2}), "")).lines


def test_a_page_follows_a_little_and_leaves_the_rest_to_the_worker() -> None:
    gate = fed()
    assert index_stays.keep_near()
    assert len(to_collect(READER, EVERYWHERE).lines) == 3
    for number in range(60):
        gate.receive(adt("A31", f"U{number}", "7001", street=f"{number} RUE NEUVE"))
    gate.receive(iti31("A11", "F1", "7001", movement="M1", action="CANCEL"))
    assert not index_stays.keep_near()
    assert len(to_collect(READER, EVERYWHERE).lines) == 3
    assert index_stays.catch_up() and index_stays.keep_near()
    assert len(to_collect(READER, EVERYWHERE).lines) == 2


def test_a_rebuild_fills_the_list_again() -> None:
    fed()
    before = waiting()
    told = rates(EVERYWHERE)
    OpenStay.objects.all().update(missing=0)
    UnitCount.objects.all().update(stays=9)
    assert waiting() == []
    rebuild_states()
    assert waiting() == before and rates(EVERYWHERE) == told
