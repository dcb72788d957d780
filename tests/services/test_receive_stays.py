"""Stays through the intake: every row of the French table of ITI-31, kept, folded again, and shown."""

from __future__ import annotations

import pytest

from ecluse.services.queries.patients import PatientReader
from tests.rules.stay_ward import FRENCH_TABLE
from tests.services.feeding import AUTHORITY, Gate, adt, assert_sound, findings, rows
from tests.services.stay_messages import iti31, standing, stay_events, stays

pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize(("event", "undone", "status"), FRENCH_TABLE)
def test_a_row_of_the_table(event: str, undone: str, status: str) -> None:
    gate = Gate()
    admitted = iti31("A01", "E0", movement="M0", start="20261117080000", uf="1000")
    before = () if event in ("A01", "A04", "A05", "A14") else (admitted,)
    assert gate.codes(adt(), *before) == ["AA"] * (1 + len(before))
    assert gate.codes(iti31(event, "E1", uf="2000")) == ["AA"]
    assert standing().status == status
    assert gate.codes(iti31("Z99", "E2", action="UPDATE", origin=event, uf="3000", doctor="810^NOÉ")) == [
        "AA"
    ]
    corrected = stays()[0].movements[-1]
    assert (corrected.event, corrected.medical_unit[9], corrected.fields["PV1-7"]) == (
        event,
        "3000",
        (("810", "NOÉ"),),
    )
    assert gate.codes(iti31(undone, "E3", action="CANCEL", origin=event, uf="1000")) == ["AA"]
    assert standing().status == ("in-progress" if before else "cancelled")
    assert [one.cancelled for one in stays()[0].movements] == [*[""] * len(before), undone]
    assert_sound()


def test_an_admission_is_kept_with_all_it_says() -> None:
    gate = Gate()
    assert gate.codes(adt(), iti31(extra=("PV2||||||||20261118|20261122", "ZFM|8"))) == ["AA", "AA"]
    (stay,) = stays()
    now = standing()
    assert (stay.visit and stay.visit.value, stay.account and stay.account.value) == ("V1", "D1")
    assert (now.value("PV1-2"), now.first("PV1-3"), now.value("PV1-7")) == (
        "I",
        ("CHIR", "12", "A", "VALMONT&750000001&N"),
        "801234567897",
    )
    assert now.medical_unit is not None
    assert (now.medical_unit.code, now.medical_unit.label) == ("6268", "Unité 6268")
    assert (now.admitted, now.value("PV2-9"), now.value("ZFM-1")) == ("20261118080000+0100", "20261122", "8")
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.id == stay.patient
    assert stay_events() == ["patient.created", "stay.opened", "stay.movement-inserted"]
    assert "STY-" not in findings(2)


def test_an_unknown_patient_is_created_and_a_known_one_is_untouched() -> None:
    gate = Gate()
    assert gate.codes(iti31()) == ["AA"]
    assert "IDN-STAY-001" in findings(1)
    assert gate.codes(iti31("A02", "E2", movement="M2", name="BRILLANT")) == ["AA"]
    assert "IDN-STAY-002" in findings(2)
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.traits.birth_name == "BRIAND"
    assert_sound()


def test_a_setting_lets_stays_update_identities() -> None:
    gate = Gate(stays_update_identity=True)
    assert gate.codes(adt(), iti31(name="BRILLANT")) == ["AA", "AA"]
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.traits.birth_name == "BRILLANT"
    assert_sound()


def test_a_merged_patient_and_two_patients_are_refused() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), adt("A40", "C3", prior=f"7002^^^{AUTHORITY}^PI"))
    assert gate.codes(iti31(ipp="7002")) == ["AE 204"]
    gate.receive(adt("A28", "C4", "7003"))
    assert gate.codes(iti31(control="E2", ipp=f"7001^^^{AUTHORITY}^PI~7003")) == ["AE 204"]
    assert stays() == []


def test_stays_follow_their_patient_after_a_merge() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), iti31(ipp="7002"))
    assert gate.codes(adt("A40", "C3", prior=f"7002^^^{AUTHORITY}^PI")) == ["AA"]
    gate.intake.ledger.forget()
    assert gate.codes(iti31("A03", "E2", movement="M2", start="20261120080000")) == ["AA"]
    assert (len(stays()), standing().status, standing().discharged) == (
        1,
        "discharged",
        "20261120080000+0100",
    )
    assert_sound()


def test_the_stay_of_another_patient_is_refused() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), iti31())
    assert gate.codes(iti31("A02", "E2", "7002", movement="M2")) == ["AE 204"]
    assert "STY-OWNER-001" in findings(4)
    assert_sound()


def test_an_account_moves_to_another_patient() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), iti31(), iti31("A04", "E2", visit="V2", movement="M2"))
    move = iti31("A44", "E3", "7002", prior=f"7001^^^{AUTHORITY}^PI||D1^^^{AUTHORITY}^AN")
    assert gate.codes(move) == ["AA"]
    owners = dict(rows("SELECT id, patient FROM store_staystate"))
    (other,) = PatientReader("test").by_identifier("7002")
    assert set(owners.values()) == {other.id}
    assert gate.codes(iti31("A03", "E4", "7002", movement="M3")) == ["AA"]
    assert gate.codes(iti31("A44", "E5", "7002", prior=f"7001^^^{AUTHORITY}^PI||D1^^^{AUTHORITY}^AN")) == [
        "AA"
    ]
    assert stay_events().count("stay.moved") == 4
    assert_sound()


def test_an_account_is_renumbered() -> None:
    gate = Gate()
    gate.receive(adt(), iti31())
    assert gate.codes(iti31("A49", "E2", account="D7", prior=f"||D1^^^{AUTHORITY}^AN")) == ["AA"]
    assert gate.codes(iti31("A02", "E3", visit="", account="D7", movement="M2")) == ["AA"]
    assert len(stays()[0].movements) == 2
    assert_sound()


def test_a_stay_is_loaded_again_from_the_store() -> None:
    gate = Gate()
    gate.receive(adt(), iti31())
    gate.intake.ledger.forget()
    assert gate.codes(iti31("A02", "E2", movement="M2", uf="7000", start="20261119080000")) == ["AA"]
    gate.intake.ledger.forget()
    assert gate.codes(iti31("A12", "E3", movement="M2", action="CANCEL", uf="6268")) == ["AA"]
    now = standing()
    assert now.medical_unit is not None
    assert now.medical_unit.code == "6268"
    assert_sound()


def test_a_batch_that_is_lost_leaves_no_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    gate.receive(adt())
    monkeypatch.setattr(gate.intake.ledger, "finish", _no_room)
    assert gate.codes(iti31()) == ["AR 207"]
    monkeypatch.undo()
    assert stays() == []
    assert gate.codes(iti31()) == ["AA"]
    assert len(stays()[0].movements) == 1
    assert_sound()


def _no_room() -> None:
    raise OSError("no room")


def test_hostile_numbers_are_kept_or_refused_without_harm() -> None:
    gate = Gate()
    long = "9" * 5_000
    answers = gate.codes(
        adt(), iti31(visit=long, movement=long), iti31("A02", "E2", visit="\x00", account="")
    )
    assert answers == ["AA", "AA", "AA"]
    assert gate.codes(iti31("A11", "E3", visit=long, movement=long, action="CANCEL")) == ["AA"]
    assert_sound()


@pytest.mark.parametrize("event", ["A08", "Z80", "Z84"])
def test_an_event_outside_the_profile_is_rejected(event: str) -> None:
    assert Gate().codes(iti31(event)) == ["AR 201"]


def test_a_sender_that_numbers_the_movements_of_every_stay_alike_costs_no_more() -> None:
    """Each stay has its own movement M1: memory holds a few of them, and each message still finds its own."""
    gate = Gate()
    gate.receive(adt(), *(iti31(control=f"E{n}", visit=f"V{n}", movement="M1") for n in range(40)))
    gate.intake.ledger.forget()
    corrected = iti31("Z99", "X1", visit="V39", movement="M1", action="UPDATE", origin="A01", uf="7000")
    assert gate.codes(corrected) == ["AA"]
    assert len(gate.intake.ledger.stays.stays) < 40
    found = {one.visit.value: one.movements[0].medical_unit[9] for one in stays() if one.visit}
    assert (found["V39"], found["V38"], len(found)) == ("7000", "6268", 40)
    assert gate.codes(iti31("A02", "X2", visit="", movement="M2", start="20261119080000")) == ["AE 204"]
    assert gate.codes(iti31("A11", "X3", visit="", account="", action="CANCEL")) == ["AE 101"]
    assert_sound()


def test_an_account_of_many_visits_moves_whole() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"))
    gate.receive(*(iti31(control=f"E{n}", visit=f"V{n}", movement=f"M{n}") for n in range(30)))
    gate.intake.ledger.forget()
    gate.receive(iti31("A02", "X1", visit="V7", movement="N7"))
    assert gate.codes(iti31("A44", "X2", "7002", prior=f"7001^^^{AUTHORITY}^PI||D1^^^{AUTHORITY}^AN")) == [
        "AA"
    ]
    assert rows("SELECT count(*), count(DISTINCT patient) FROM store_staystate") == [(30, 1)]
    assert gate.codes(iti31("A03", "X3", "7002", visit="V29", movement="N9")) == ["AA"]
    assert_sound()
