"""Encounter and the choices made for a stay, over HTTP: read, searched, within reach."""

from __future__ import annotations

import pytest

from tests.delivery.fhir.server import Fhir, matches
from tests.services.feeding import AUTHORITY, adt
from tests.services.stay_messages import iti31

SYSTEM = "urn:oid:1.2.250.1.999.7.1"
ZFA = "ZFA|ACTIF|20261118081500|||||||INO|20261118081500|INC|20261118081500"


@pytest.fixture
def stays(fhir: Fhir) -> Fhir:
    """BRIAND 7001 with a stay that goes on (V1) and one that ended (V2)."""
    fhir.gate.receive(
        adt(),
        iti31(),
        iti31(control="E2", visit="V2", movement="M2", start="20261101080000"),
        iti31("A03", "E3", visit="V2", movement="M3", start="20261105100000"),
    )
    return fhir


def found(fhir: Fhir, path: str) -> list[str]:
    """Visit numbers that a search finds."""
    page = fhir.get(path).json()
    entries = [one["resource"] for one in page.get("entry", [])]
    return sorted(one["identifier"][0]["value"] for one in entries if one["resourceType"] == "Encounter")


def test_a_stay_is_read(stays: Fhir) -> None:
    """With its patient; times have the offset of the sender."""
    patient = stays.patient("7001")
    (entry,) = stays.get(f"/Encounter?identifier={SYSTEM}|V2").json()["entry"]
    read = stays.get(f"/Encounter/{entry['resource']['id']}").json()
    assert read == entry["resource"]
    assert (read["status"], read["class"]["code"], read["subject"]) == (
        "finished",
        "IMP",
        {"reference": f"Patient/{patient}"},
    )
    assert read["period"] == {
        "start": "2026-11-01T08:00:00+01:00",
        "end": "2026-11-05T10:00:00+01:00",
    }
    assert read["serviceProvider"] == {"identifier": {"value": "6268"}, "display": "Unité 6268"}
    assert read["participant"][0]["individual"]["display"] == "PAUL RÉAULT"


def test_stays_are_found_by_each_parameter(stays: Fhir) -> None:
    """Those that lead to stays, and those that narrow."""
    patient = stays.patient("7001")
    both = ["V1", "V2"]
    for query, expected in (
        (f"patient={patient}", both),
        (f"patient=Patient/{patient}", both),
        ("patient=nobody", []),
        (f"identifier={SYSTEM}|V1", ["V1"]),
        (f"identifier={SYSTEM}|V1,{SYSTEM}|V2", both),
        (f"identifier={SYSTEM}|M1", []),
        ("identifier=urn:oid:1.2.3|V1", []),
        (f"patient={patient}&identifier=V1", ["V1"]),
        (f"patient={patient}&identifier=|V1", []),
        (f"patient={patient}&status=in-progress", ["V1"]),
        (f"patient={patient}&status=finished,in-progress", both),
        (f"patient={patient}&status=planned", []),
        (f"patient={patient}&status=http://hl7.org/fhir/encounter-status|finished", ["V2"]),
        (f"patient={patient}&status=http://nowhere.example|finished", []),
        (f"patient={patient}&status=|finished", []),
        (f"patient={patient}&date=2026-11-03", []),
        (f"patient={patient}&date=gt2026-11-03", both),
        (f"patient={patient}&date=sa2026-11-02", ["V1"]),
        (f"patient={patient}&date=sa2026-10-31", both),
        (f"patient={patient}&date=eb2026-11-03", []),
        (f"patient={patient}&date=eb2026-11-06", ["V2"]),
        (f"patient={patient}&date=ne2026", ["V1"]),
        (f"patient={patient}&date=eb2026-11-06,sa2026-11-10", both),
        (f"patient={patient}&date=2026-11-01,2026-11-02", []),
        (f"patient={patient}&date=lt2026-11-01", []),
        (f"patient={patient}&date=ge2026-11-06", ["V1"]),
        (f"patient={patient}&date=ge2026-11-01&date=lt2026-11-02", ["V2"]),
        (f"patient={patient}&date=2026", ["V2"]),
    ):
        assert (query, found(stays, f"/Encounter?{query}")) == (query, expected)


def test_stays_are_read_by_pages(stays: Fhir) -> None:
    """The link asks for the rest by ids."""
    page = stays.get(f"/Encounter?patient={stays.patient('7001')}&_count=1").json()
    links = {one["relation"]: one["url"] for one in page["link"]}
    rest = stays.get(links["next"].removeprefix("http://localhost/fhir")).json()
    assert page["total"] == 2
    assert len({*matches(page), *matches(rest)}) == 2


def test_a_stay_follows_its_patient_into_a_merge(stays: Fhir) -> None:
    """Its subject is the survivor, from wherever it is found."""
    stays.gate.receive(adt("A28", "C8", "7002"))
    survivor, merged = stays.patient("7002"), stays.patient("7001")
    stays.gate.receive(adt("A40", "C9", "7002", prior=f"7001^^^{AUTHORITY}^PI"))
    for path in (f"/Encounter?patient={survivor}", f"/Encounter?patient={merged}"):
        page = stays.get(path).json()
        subjects = {one["resource"]["subject"]["reference"] for one in page["entry"]}
        assert (len(page["entry"]), subjects) == (2, {f"Patient/{survivor}"})


def test_a_choice_for_a_stay_is_a_consent_of_its_own(fhir: Fhir) -> None:
    """Consultation is collected by episode: the consent refers to its stay."""
    fhir.gate.receive(adt(), iti31(zfa=ZFA))
    patient = fhir.patient("7001")
    (stay,) = matches(fhir.get(f"/Encounter?patient={patient}").json())
    page = fhir.get(f"/Consent?patient={patient}").json()
    for_stay = {one["resource"]["id"]: one["resource"] for one in page["entry"]}
    assert f"{stay}.consultation" in for_stay
    read = fhir.get(f"/Consent/{stay}.consultation").json()
    assert read == for_stay[f"{stay}.consultation"]
    assert read["provision"]["type"] == "deny"
    assert read["provision"]["data"] == [
        {"meaning": "related", "reference": {"reference": f"Encounter/{stay}"}}
    ]


def test_a_stay_out_of_reach_does_not_exist(stays: Fhir) -> None:
    """Whatever it is asked by."""
    from ecluse.store.models.access import InclusionList

    patient = stays.patient("7001")
    (stay, _) = matches(stays.get(f"/Encounter?patient={patient}").json())
    InclusionList(id="list1", name="Cardiologie", domain_id=1, created=1).save()
    secret = stays.token("stays:read", inclusion_id="list1")
    nobody = stays.get("/Encounter/nobody", secret)
    hidden = stays.get(f"/Encounter/{stay}", secret)
    assert (hidden.status_code, hidden.json()) == (404, nobody.json())
    for query in (f"patient={patient}", f"_id={stay}", f"identifier={SYSTEM}|V1"):
        assert stays.get(f"/Encounter?{query}", secret).json()["total"] == 0


def test_stays_need_their_scope_and_leave_a_trail(stays: Fhir) -> None:
    """A token that reads patients does not read their stays."""
    from ecluse.store.models.access import AccessLine

    patient = stays.patient("7001")
    assert stays.get(f"/Encounter?patient={patient}", stays.token("patients:read")).status_code == 403
    AccessLine.objects.all().delete()
    (stay, _) = matches(stays.get(f"/Encounter?patient={patient}").json())
    stays.get(f"/Encounter/{stay}")
    lines = AccessLine.objects.order_by("id").values_list("action", "patient")
    assert list(lines) == [("stay.search", patient), ("stay.read", patient)]


@pytest.mark.parametrize("query", ["", "status=finished", "date=2026", "identifier=V1", "identifier=|V1"])
def test_a_search_that_leads_nowhere_is_refused(quick_fhir: Fhir, query: str) -> None:
    """A status or a date alone, a number whose authority is not told."""
    assert quick_fhir.get(f"/Encounter?{query}").status_code == 400
