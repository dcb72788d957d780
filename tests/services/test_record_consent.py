"""A consent collected by a person: recorded with who, when and how; wrong requests refused with their reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.stays import consents
from ecluse.services.wire import ActResult
from tests.services.feeding import AUTHORITY, Gate, adt, assert_sound, rows
from tests.services.stay_messages import iti31, stays

pytestmark = pytest.mark.usefixtures("store")

ASKED: dict[str, Any] = {"how": "oral", "source": "console", "by": "M. NOÉ, infirmier"}


@pytest.fixture
def gate() -> Gate:
    gate = Gate()
    assert gate.codes(adt(), iti31()) == ["AA", "AA"]
    return gate


def patient(ipp: str = "7001") -> str:
    (found,) = PatientReader("test").by_identifier(ipp)
    return found.id


def record(gate: Gate, **asked: Any) -> ActResult:
    return gate.act("consent.record", **{"patient": patient(), **ASKED, **asked})


def events() -> list[dict[str, Any]]:
    return [
        msgspec.json.decode(row[0])
        for row in rows("SELECT data FROM store_storedevent WHERE type = 'consent.recorded' ORDER BY id")
    ]


def test_a_consent_is_recorded_for_the_patient(gate: Gate) -> None:
    done = record(gate, feeding="INO", consultation="IC", consultation_date="2026-11-18T10:30:00+01:00")
    assert (done.done, done.seq) == (True, 3)
    (data,) = events()
    assert (data["source"], data["how"], data["by"]) == ("console", "oral", "M. NOÉ, infirmier")
    (found,) = PatientReader("test").by_identifier("7001")
    assert found.dmp_consent is not None
    assert (found.dmp_consent.feeding, found.dmp_consent.consultation) == ("INO", "IC")
    assert found.dmp_consent.consultation_date == "2026-11-18T09:30:00+00:00"
    assert found.dmp_consent.feeding_date is not None
    assert stays()[0].consent == ()
    assert_sound()


def test_a_consent_is_recorded_for_one_stay(gate: Gate) -> None:
    gate.codes(iti31("A04", "E2", visit="V2", movement="M2"))
    gate.intake.ledger.forget()
    one, other = stays()
    assert record(gate, stay=one.id, feeding="INO", consultation="INC", feeding_date="2026-11-18").done
    one, other = stays()
    assert (one.consent[8:11], other.consent) == (("INO", "20261118", "INC"), ())
    (found,) = PatientReader("test").by_identifier("7001")
    assert found.dmp_consent is not None
    assert found.dmp_consent.consultation == "INC"
    assert_sound()


def test_what_is_not_said_stays_as_it_was(gate: Gate) -> None:
    assert record(gate, feeding="INO", consultation="IC").done
    assert record(gate, consultation="INC").done
    assert [one["fields"][8] for one in events()] == ["INO", "INO"]
    assert [one["fields"][10] for one in events()] == ["IC", "INC"]


@pytest.mark.parametrize(
    ("feeding", "consultation"), [("INO", "IC"), ("INO", "INC"), ("IO", "INC"), ("INO", "NA"), ("NA", "NA")]
)
def test_the_national_combinations_are_recorded(gate: Gate, feeding: str, consultation: str) -> None:
    assert record(gate, feeding=feeding, consultation=consultation).done


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"feeding": "IO", "consultation": "IC"}, "INO/IC"),
        ({"feeding": "IO"}, "INO/IC"),
        ({"feeding": "OUI"}, "NA, INO, IO"),
        ({"consultation": "IO"}, "NA, IC, INC"),
        ({}, "alimentation"),
        ({"feeding": "INO", "how": "fax"}, "oral, written, online"),
        ({"feeding": "INO", "source": "message"}, "api, console, cli"),
        ({"feeding": "INO", "patient": "nobody"}, "patient est inconnu"),
        ({"feeding": "INO", "stay": "nowhere"}, "séjour est inconnu"),
        ({"feeding": "INO", "feeding_date": "18/11/2026"}, "AAAA-MM-JJ"),
        ({"feeding": "INO", "feeding_date": "2026-11-18T10:00"}, "fuseau"),
        ({"feeding": "INO", "feeding_date": "2031-01-01"}, "avenir"),
        ({"feeding": "NA", "feeding_date": "2026-11-18"}, "NA"),
        ({"feeding": "INO", "consultation_date": "2026-11-18"}, "ZFA-11"),
        ({"feeding": 1}, "illisible"),
        ({"feeding": "INO", "feeding_date": "0999-01-01"}, "1900"),
        ({"feeding": "INO", "feeding_date": "0001-01-01T00:00:00+23:59"}, "1900"),
        ({"feeding": "INO", "feeding_date": "1970-01-11"}, "12/01/1970"),
        ({"feeding": "INO", "feeding_date": "1970-01-11T08:00:00Z"}, "12/01/1970"),
        ({"feeding": "INO", "feeding_date": "9999-12-31T23:59:59-23:59"}, "avenir"),
    ],
)
def test_a_wrong_request_is_refused_and_nothing_is_kept(gate: Gate, asked: dict[str, Any], said: str) -> None:
    refused = record(gate, **asked)
    assert not refused.done
    assert said in refused.text_fr
    assert refused.text_en
    assert events() == []
    assert rows("SELECT count(*) FROM store_journalentry") == [(2,)]


def test_a_merged_patient_and_the_stay_of_another_are_refused(gate: Gate) -> None:
    gate.receive(adt("A28", "C2", "7002"))
    other = patient("7002")
    assert "autre patient" in record(gate, patient=other, stay=stays()[0].id, feeding="INO").text_fr
    mine = patient()
    assert gate.codes(adt("A40", "C3", "7002", prior=f"7001^^^{AUTHORITY}^PI")) == ["AA"]
    assert other in record(gate, patient=mine, feeding="INO").text_fr
    assert record(gate, patient=other, stay=stays()[0].id, feeding="INO").done
    assert_sound()


ZFA = "ZFA|ACTIF|20261101|||||||{}|20261118|{}|20261118"


def test_messages_record_a_consent_by_stay_and_never_an_obsolete_opposition(gate: Gate) -> None:
    assert gate.codes(iti31("A01", "E2", visit="V2", movement="M2", zfa=ZFA.format("INO", "INC"))) == ["AA"]
    assert gate.codes(iti31("A01", "E3", visit="V3", movement="M3", zfa="ZFA||||N||N|N")) == ["AA"]
    consents = {one.visit.value: one.consent for one in stays() if one.visit}
    assert (consents["V1"], consents["V3"]) == ((), ())
    assert (consents["V2"][0], consents["V2"][8], consents["V2"][10]) == ("ACTIF", "INO", "INC")
    (data,) = events()
    assert data["source"] == "message"
    assert gate.codes(iti31("Z99", "E4", visit="V2", movement="M2", origin="A01", action="UPDATE",
                            zfa=ZFA.format("INO", "INC"))) == ["AA"]  # fmt: skip
    assert len(events()) == 1
    assert_sound()


def test_an_older_consent_of_a_stay_does_not_undo_a_later_one(gate: Gate) -> None:
    assert record(gate, feeding="INO", consultation="INC", consultation_date="2026-11-18").done
    late = "ZFA||||||||||INO|20251001|IC|20251001".replace("ZFA||", "ZFA|", 1)
    assert gate.codes(iti31("Z99", "E2", origin="A01", action="UPDATE", zfa=late)) == ["AA"]
    assert stays()[0].consent[8:12] == ("INO", "20251001", "IC", "20251001")
    (found,) = PatientReader("test").by_identifier("7001")
    assert found.dmp_consent is not None
    assert (found.dmp_consent.consultation, found.dmp_consent.consultation_date) == ("INC", "2026-11-18")
    assert_sound()


def test_a_date_before_1900_is_refused_when_the_birth_date_is_unknown(gate: Gate) -> None:
    born = adt("A28", "C2", "7002").replace(b"|19700112|", b"||")
    assert gate.codes(born) == ["AA"]
    refused = record(gate, patient=patient("7002"), feeding="INO", feeding_date="1899-12-31")
    assert (refused.done, "01/01/1900" in refused.text_fr) == (False, True)
    assert record(gate, patient=patient("7002"), feeding="INO", feeding_date="1900-01-01").done
    assert events()[0]["fields"][9] == "19000101"


def test_a_choice_older_than_the_one_kept_is_refused_unless_it_is_a_correction(gate: Gate) -> None:
    assert record(gate, feeding="IO", consultation="INC", feeding_date="2026-11-18").done
    old = {"feeding": "INO", "feeding_date": "2020-01-01T00:00:00Z"}
    refused = record(gate, **old)
    assert not refused.done
    assert "ZFA-9" in refused.text_fr
    assert "18/11/2026" in refused.text_fr
    assert "correction" in refused.text_fr
    assert "2026-11-18" in refused.text_en
    assert len(events()) == 1
    assert record(gate, **old, correction=True).done
    assert [one["fields"][8] for one in events()] == ["IO", "INO"]
    assert events()[1]["correction"] is True
    assert_sound()


def test_an_older_choice_for_a_stay_is_refused_unless_it_is_a_correction(gate: Gate) -> None:
    stay = stays()[0].id
    assert record(gate, stay=stay, feeding="IO", consultation="INC", feeding_date="2026-11-18").done
    assert not record(gate, stay=stay, feeding="INO", feeding_date="2026-11-17").done
    assert record(gate, stay=stay, feeding="INO", feeding_date="2026-11-17", correction=True).done
    assert stays()[0].consent[8:10] == ("INO", "20261117")
    assert events()[-1]["fields"][8:10] == ["INO", "20261117"]
    assert_sound()


def test_the_correction_of_a_stay_leaves_what_the_patient_said_later(gate: Gate) -> None:
    stay = stays()[0].id
    assert record(gate, stay=stay, feeding="INO", consultation="IC", feeding_date="2026-11-16").done
    assert record(gate, feeding="IO", consultation="INC", feeding_date="2026-11-18").done
    assert record(gate, stay=stay, feeding="INO", feeding_date="2026-11-10", correction=True).done
    assert events()[-1]["fields"][8:10] == ["IO", "20261118"]
    assert stays()[0].consent[8:10] == ("INO", "20261110")


@pytest.mark.parametrize("together", [True, False])
def test_a_consent_follows_its_stay_to_the_right_patient(gate: Gate, together: bool) -> None:
    messages = [
        adt("A28", "C2", "7002"),
        iti31("A01", "E2", visit="V2", account="D2", movement="M2", zfa=ZFA.format("IO", "INC")),
        iti31("A44", "E3", "7002", account="D2", prior=f"7001^^^{AUTHORITY}^PI||D2^^^{AUTHORITY}^AN"),
    ]
    assert record(gate, feeding="INO", consultation="IC", feeding_date="2026-11-10",
                  consultation_date="2026-11-10").done  # fmt: skip
    batches = [messages] if together else [[one] for one in messages]
    for batch in batches:
        gate.receive(*batch)
    wrong, right = consents(patient("7001")), consents(patient("7002"))
    assert wrong is not None and wrong.dmp_consent is not None
    assert right is not None and right.dmp_consent is not None
    assert (wrong.dmp_consent.feeding, wrong.dmp_consent.consultation) == ("INO", "IC")
    assert (right.dmp_consent.feeding, right.dmp_consent.consultation) == ("IO", "INC")
    assert (wrong.by_stay, len(right.by_stay)) == ((), 1)
    assert [(one.source, one.stay) for one in wrong.history] == [("console", None), ("moved", None)]
    assert [(one.source, one.stay) for one in right.history] == [
        ("message", right.by_stay[0].stay),
        ("moved", None),
    ]
    assert wrong.dmp_state is None
    assert right.dmp_state is not None and right.dmp_state.state == "ACTIF"
    assert_sound()
