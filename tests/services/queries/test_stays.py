"""Stays and consents as readers see them: situation, movements in order, consents by stay and their history."""

from __future__ import annotations

import pytest

from ecluse.services.queries import stays
from ecluse.services.queries.patients import PatientReader
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt
from tests.services.stay_messages import iti31

pytestmark = pytest.mark.usefixtures("store")

ZFA = "ZFA|ACTIF|20261101|||||||INO|20261118|{}|20261118"


def patient(ipp: str = "7001") -> str:
    (found,) = PatientReader("test").by_identifier(ipp)
    return found.id


def test_a_stay_is_shown_whole() -> None:
    gate = Gate()
    extra = ("PV2|||||||CS|20261117|20261122", "ZFM|8|||5")
    gate.receive(adt(), iti31(zfa=ZFA.format("IC"), extra=extra))
    gate.receive(iti31("A02", "E2", movement="M2", start="20261119090000", uf="7000", ward="MED^^^VALMONT"))
    gate.receive(iti31("A02", "E3", movement="M3", start="20261118200000", uf="6500", historic="Y"))
    gate.receive(iti31("A02", "E4", movement="M4", start="20261120090000", uf="8000"))
    gate.receive(iti31("A12", "E5", movement="M4", action="CANCEL", origin="A02", uf="7000"))
    (stay,) = stays.of_patient(patient())
    assert stays.get(stay.id) == stay
    assert (stay.patient, stay.visit and stay.visit.value, stay.account and stay.account.value) == (
        patient(),
        "V1",
        "D1",
    )
    now = stay.situation
    assert (now.status, now.patient_class, now.admitted) == ("in-progress", "I", "2026-11-18T08:00:00+01:00")
    assert now.medical_unit is not None and now.location is not None and now.location.facility is not None
    assert (now.medical_unit.code, now.medical_unit.label) == ("7000", "Unité 7000")
    assert (now.location.unit, now.location.room, now.location.facility.name) == ("MED", None, "VALMONT")
    assert [(one.number, one.family, one.given) for one in now.attending] == [
        ("801234567897", "RÉAULT", "PAUL")
    ]
    assert (now.expected_discharge, now.discharged, now.expected_return) == ("2026-11-22", None, None)
    assert [(one.location, one.values) for one in now.details] == [("ZFM-1", (("8",),)), ("ZFM-4", (("5",),))]
    assert [(one.event, one.ids[0].value, one.historic, one.cancelled) for one in stay.movements] == [
        ("A01", "M1", False, None),
        ("A02", "M3", True, None),
        ("A02", "M2", False, None),
        ("A02", "M4", False, "A12"),
    ]
    assert (stay.movements[1].label_fr, stay.movements[1].label_en) == ("mutation", "transfer")
    assert stay.dmp_consent is not None
    assert (stay.dmp_consent.feeding, stay.dmp_consent.consultation_date) == ("INO", "2026-11-18")


def test_what_is_expected_is_shown_until_it_comes() -> None:
    gate = Gate()
    gate.receive(adt(), iti31("A14", "E1", movement="M1", start="20261201080000"))
    gate.receive(iti31("A16", "E2", movement="M2", start="20261205100000"))
    (stay,) = stays.of_patient(patient())
    assert (stay.situation.status, stay.situation.admitted) == ("pre-admitted", None)
    assert [(one.event, one.at) for one in stay.situation.expected] == [
        ("A14", "2026-12-01T08:00:00+01:00"),
        ("A16", "2026-12-05T10:00:00+01:00"),
    ]
    gate.receive(iti31("A01", "E3", movement="M3", start="20261130080000"))
    (stay,) = stays.of_patient(patient())
    assert (stay.situation.status, [one.event for one in stay.situation.expected]) == ("in-progress", ["A16"])


def test_a_patient_followed_elsewhere_is_shown_there_until_the_return() -> None:
    gate = Gate()
    gate.receive(adt(), iti31())
    away = iti31("A09", "E2", movement="M2", start="20261118100000").replace(
        b"||||801234567897^R\xc3\x89AULT^PAUL||||", b"||||801234567897^R\xc3\x89AULT^PAUL||||RADIO^3"
    )
    assert gate.codes(away) == ["AA"]
    (stay,) = stays.of_patient(patient())
    assert stay.situation.temporary_location is not None and stay.situation.location is not None
    assert (stay.situation.temporary_location.unit, stay.situation.location.unit) == ("RADIO", "CHIR")
    gate.receive(iti31("A10", "E3", movement="M3", start="20261118110000"))
    (stay,) = stays.of_patient(patient())
    assert stay.situation.temporary_location is None


def test_stays_and_consents_are_shown_under_the_survivor() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), adt("A28", "C3", "7003"))
    gate.receive(
        iti31(ipp="7003", zfa=ZFA.format("INC")), iti31("A01", "E2", visit="V2", account="D2", movement="M2")
    )
    gate.receive(adt("A40", "C4", "7002", prior=f"7003^^^{AUTHORITY}^PI"))
    gate.receive(adt("A40", "C5", "7001", prior=f"7002^^^{AUTHORITY}^PI"))
    found = stays.of_patient(patient())
    assert {(one.visit.value if one.visit else "", one.patient) for one in found} == {
        ("V1", patient()),
        ("V2", patient()),
    }
    said = stays.consents(patient())
    assert said is not None
    assert [(one.visit.value if one.visit else "", one.dmp_consent.consultation) for one in said.by_stay] == [
        ("V1", "INC")
    ]
    assert len(said.history) == 1


def test_the_history_of_consents_says_where_each_comes_from() -> None:
    gate = Gate()
    gate.receive(adt(), iti31(zfa=ZFA.format("IC")))
    one = stays.of_patient(patient())[0].id
    asked = {"patient": patient(), "how": "written", "source": "api", "by": "accueil"}
    assert gate.act("consent.record", **asked, consultation="INC", consultation_date="2026-11-19").done
    said = stays.consents(patient())
    assert said is not None and said.dmp_consent is not None and said.dmp_state is not None
    assert (said.dmp_consent.feeding, said.dmp_consent.consultation) == ("INO", "INC")
    assert [(line.source, line.how, line.by, line.stay, line.message) for line in said.history] == [
        ("message", None, None, one, "2"),
        ("api", "written", "accueil", None, "3"),
    ]
    assert [line.dmp_consent and line.dmp_consent.consultation for line in said.history] == ["IC", "INC"]
    assert (said.dmp_state.state, said.dmp_state.date) == ("ACTIF", "2026-11-01")
    assert said.dmp_state.said_at == said.history[0].at


def test_a_matricule_slipped_into_a_number_is_masked() -> None:
    gate = Gate()
    gate.receive(adt(), iti31(visit=MARIN, movement=MARIN, doctor=f"{MARIN}^RÉAULT"))
    (stay,) = stays.of_patient(patient())
    assert MARIN not in repr(stay)


def test_nobody_and_nothing_are_answered_so() -> None:
    assert stays.of_patient("nobody") == ()
    assert stays.get("nothing") is None and stays.get("\x00") is None
    assert stays.consents("nobody") is None and stays.of_patient("\x00") == ()


def test_the_history_of_the_patient_tells_its_stays() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), iti31(account="D1"))
    gate.receive(iti31("Z99", "E2", action="UPDATE", origin="A01", uf="7000"))
    gate.receive(iti31("A11", "E3", action="CANCEL", origin="A01"))
    gate.receive(iti31("A49", "E4", account="D7", prior=f"||D1^^^{AUTHORITY}^AN"))
    gate.receive(
        iti31("A44", "E5", "7002", account="D7", prior=f"7001^^^{AUTHORITY}^PI||D7^^^{AUTHORITY}^AN")
    )
    (found,) = PatientReader("test").by_identifier("7001")
    assert [one.detail.fr for one in found.history if one.event.startswith("stay.")] == [
        "séjour ouvert\xa0: V1",
        "mouvement\xa0: A01 admission d’un patient hospitalisé 2026-11-18T08:00:00+01:00",
        "mouvement corrigé\xa0: mouvement 1",
        "mouvement annulé\xa0: mouvement 1, par A11",
        "numéro de séjour\xa0: D7",
        f"séjour changé de patient\xa0: vers {patient('7002')}",
    ]
    (other,) = PatientReader("test").by_identifier("7002")
    assert other.history[-1].detail.en == f"stay moved to another patient: from {found.id}"
