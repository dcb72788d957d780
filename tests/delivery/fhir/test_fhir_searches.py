"""Searches over HTTP: what each parameter finds, pages, and what is refused or ignored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.delivery.fhir.server import Fhir, matches
from tests.services.feeding import AUTHORITY, adt
from tests.services.stay_messages import iti31

SYSTEM = "urn:oid:1.2.250.1.999.7.1"


@pytest.fixture
def three(fhir: Fhir) -> Fhir:
    """BRIAND 7001 and LE GOFF 7002 and 7003, each received a second after the other."""
    for number, name in enumerate(("BRIAND", "LE GOFF", "LE GOFF"), 1):
        fhir.gate.receive(adt("A28", f"C{number}", f"700{number}", name=name))
    return fhir


def follow(fhir: Fhir, path: str) -> list[list[str]]:
    """Ids of each page, following the links."""
    pages = []
    while path:
        page = fhir.get(path).json()
        pages.append(matches(page))
        following = [one["url"] for one in page["link"] if one["relation"] == "next"]
        path = following[0].removeprefix("http://localhost/fhir") if following else ""
    return pages


def test_searches_find_whom_they_designate(three: Fhir) -> None:
    """By GET and by POST alike; the patients stand in the order of their ids."""
    first, second, third = (three.patient(f"700{number}") for number in (1, 2, 3))
    table: dict[str, tuple[dict[str, str], list[str]]] = {
        "identifier": ({"identifier": "7001"}, [first]),
        "identifier and system": ({"identifier": f"{SYSTEM}|7001"}, [first]),
        "another system": ({"identifier": "urn:oid:1.2.3|7001"}, []),
        "a system that is no OID": ({"identifier": "http://x.example|7001"}, []),
        "no system": ({"identifier": "|7001"}, []),
        "either": ({"identifier": f"7001,{SYSTEM}|7003,nobody"}, [first, third]),
        "id": ({"_id": second}, [second]),
        "ids": ({"_id": f"{second},{first},nobody"}, [first, second]),
        "birth date": ({"birthdate": "1970-01-12"}, [first, second, third]),
        "birth date, eq": ({"birthdate": "eq1970-01-12"}, [first, second, third]),
        "another day": ({"birthdate": "1970-01-13"}, []),
        "three letters": ({"birthdate": "1970-01-12", "family": "bri"}, [first]),
        "letters over a blank": ({"birthdate": "1970-01-12", "family": "le"}, [second, third]),
        "given name": ({"birthdate": "1970-01-12", "given": "éL"}, [first, second, third]),
        "no such name": ({"birthdate": "1970-01-12", "family": "Z"}, []),
        "two criteria": ({"birthdate": "1970-01-12", "identifier": "7002"}, [second]),
        "criteria that contradict": ({"_id": first, "identifier": "7002"}, []),
        "changed since": ({"_id": f"{first},{third}", "since": "ge2026-11-18T11:06:43Z"}, [third]),
        "hostile": ({"identifier": "' OR 1=1 --\x00"}, []),
    }
    for name, (parameters, expected) in table.items():
        by_post = three.post("Patient", **parameters).json()
        pairs = {key.replace("since", "_lastUpdated"): value for key, value in parameters.items()}
        by_get = three.http.get(
            "/fhir/Patient", pairs, headers={"authorization": f"Bearer {three.secret}"}
        ).json()
        assert (name, matches(by_post)) == (name, sorted(expected))
        assert (name, matches(by_get)) == (name, sorted(expected))
        assert by_post["total"] == len(expected)


def test_last_changes_are_walked_in_their_order(three: Fhir) -> None:
    """A patient that changes goes to the end; each is there once; pages follow one another."""
    first, second, third = (three.patient(f"700{number}") for number in (1, 2, 3))
    assert follow(three, "/Patient?_lastUpdated=ge2026&_count=2") == [[first, second], [third]]
    three.gate.receive(adt("A31", "C4", "7001", street="2 QUAI NEUF"))
    assert follow(three, "/Patient?_lastUpdated=ge2026&_count=2") == [[second, third], [first]]
    changed = three.get(f"/Patient/{first}").json()["meta"]["lastUpdated"]
    for value, expected in (
        (changed, [first]),
        (f"ge{changed}", [first]),
        (f"gt{changed}", []),
        (f"lt{changed}", [second, third]),
        (f"le{changed}", [second, third, first]),
        ("2026-11-18", [second, third, first]),
        ("lt2026-11-18", []),
        ("gt2026-11-18", []),
    ):
        assert (value, three.ids(f"/Patient?_lastUpdated={value}")) == (value, expected)
    between = "_lastUpdated=ge2026-11-18T11:06:42Z&_lastUpdated=lt2026-11-18T11:06:43Z"
    assert three.ids(f"/Patient?{between}") == [second]


def test_the_number_alone_may_be_asked(three: Fhir) -> None:
    """_count=0 shows nobody."""
    page = three.get("/Patient?birthdate=1970-01-12&_count=0").json()
    assert (page["total"], matches(page)) == (3, [])
    assert code(three.get("/Patient?_lastUpdated=ge2026&_count=0")) == "count"


def test_a_page_that_looked_at_enough_leads_on(three: Fhir, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the journal, a page ends; none is missed."""
    from ecluse.services.queries import fhir_changes

    monkeypatch.setattr(fhir_changes, "LINES", 1)
    three.gate.receive(adt("A31", "C4", "7001", street="2 QUAI NEUF"))
    pages = follow(three, "/Patient?_lastUpdated=ge2026")
    assert len(pages) > 2
    assert [one for page in pages for one in page] == [three.patient(f"700{number}") for number in (2, 3, 1)]


def test_the_pages_of_a_search_by_post_name_nobody(three: Fhir) -> None:
    """The link asks by ids: what was kept out of addresses stays out of them."""
    body = b"birthdate=1970-01-12&family=LE&_count=1"
    page = three.ask("POST", "/Patient/_search", body).json()
    links = {one["relation"]: one["url"] for one in page["link"]}
    assert links["self"] == "http://localhost/fhir/Patient"
    assert "LE" not in links["next"] and "1970" not in links["next"]
    rest = three.get(links["next"].removeprefix("http://localhost/fhir")).json()
    assert sorted(matches(page) + matches(rest)) == sorted(three.patient(ipp) for ipp in ("7002", "7003"))


def test_a_merged_patient_is_found_by_its_identifier(three: Fhir) -> None:
    """It says who replaced it."""
    merged, survivor = three.patient("7003"), three.patient("7002")
    three.gate.receive(adt("A40", "C9", "7002", prior=f"7003^^^{AUTHORITY}^PI"))
    (entry,) = three.get("/Patient?identifier=7003").json()["entry"]
    assert entry["resource"]["id"] == merged
    assert entry["resource"]["link"][0]["other"]["reference"] == f"Patient/{survivor}"


def test_what_is_not_known_is_ignored_with_a_warning_or_refused_if_asked(quick_fhir: Fhir) -> None:
    """Prefer: handling; the self link says what was applied."""
    quick_fhir.gate.receive(adt("A28"))
    page = quick_fhir.get("/Patient?identifier=7001&colour=blue").json()
    assert len(matches(page)) == 1
    warning = page["entry"][-1]
    assert (warning["search"]["mode"], warning["resource"]["issue"][0]["expression"]) == (
        "outcome",
        ["colour"],
    )
    assert "colour" not in page["link"][0]["url"]
    strict = quick_fhir.get("/Patient?identifier=7001&colour=blue", Prefer="handling=strict")
    assert (strict.status_code, code(strict)) == (400, "parameter-unknown")
    lenient = quick_fhir.get("/Patient?identifier=7001&colour=blue", Prefer="handling=lenient")
    assert lenient.status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Patient", "criterion"),
        ("/Patient?_count=10", "criterion"),
        ("/Patient?family=BRI", "three-letters"),
        ("/Patient?birthdate=1970-01-12&family=BRIA", "three-letters"),
        ("/Patient?birthdate=1970-01-12&family=BRI&given=ELO", "three-letters"),
        ("/Patient?birthdate=1970", "value"),
        ("/Patient?birthdate=lt1970-01-12", "prefix"),
        ("/Patient?birthdate=1970-01-12&family:exact=BRI", "modifier"),
        ("/Patient?identifier:of-type=x", "modifier"),
        ("/Patient?_lastUpdated=hier", "value"),
        ("/Patient?_lastUpdated=ne2026", "prefix"),
        ("/Patient?_lastUpdated=ge2026&_count=x", "value"),
        ("/Patient?_lastUpdated=ge2026&_page=x", "cursor-invalid"),
        ("/Consent", "criterion"),
    ],
)
def test_a_search_that_is_refused(quick_fhir: Fhir, path: str, expected: str) -> None:
    """400, with the reason in a sentence of the language asked for."""
    response = quick_fhir.get(path)
    assert (response.status_code, code(response)) == (400, expected)
    english = quick_fhir.get(path, accept_language="en").json()["issue"][0]["details"]["text"]
    assert english != response.json()["issue"][0]["details"]["text"]


def test_too_many_patients_are_not_shown(quick_fhir: Fhir) -> None:
    """More than a hundred on one birth date: the search is to be made narrower."""
    quick_fhir.gate.receive(*(adt("A28", f"C{number}", f"8{number}") for number in range(101)))
    assert code(quick_fhir.get("/Patient?birthdate=1970-01-12")) == "too-many"
    assert len(quick_fhir.ids("/Patient?birthdate=1970-01-12&identifier=80,81")) == 2


def test_choices_about_the_dmp_are_found_by_patient(fhir: Fhir) -> None:
    """The choice that holds for each subject; what was not collected is none; a version for each change."""
    zfa = "ZFA|ACTIF|20260306111154|||||||{}|20260306111154|{}|20260306111154\r"
    fhir.gate.receive(
        adt("A28") + zfa.format("INO", "NA").encode(),
        adt("A31", "C2") + zfa.format("IO", "INC").encode(),
    )
    id_ = fhir.patient("7001")
    page = fhir.get(f"/Consent?patient=Patient/{id_}").json()
    told = {
        one["resource"]["id"]: (one["resource"]["provision"]["type"], one["resource"]["meta"]["versionId"])
        for one in page["entry"]
    }
    assert told == {f"{id_}.feeding": ("deny", "2"), f"{id_}.consultation": ("deny", "2")}
    assert fhir.get(f"/Consent/{id_}.feeding").json() == page["entry"][0]["resource"]
    assert fhir.ids(f"/Consent?_id={id_}.feeding") == [f"{id_}.feeding"]
    assert fhir.get(f"/Consent/{id_}.other").status_code == 404
    assert fhir.ids(f"/Consent?patient=Group/{id_}") == []


def code(response: Any) -> str:
    """Code of the first issue."""
    found: str = response.json()["issue"][0]["details"]["coding"][0]["code"]
    return found


@pytest.mark.parametrize(
    ("kind", "field"),
    [("Patient", "_id"), ("Patient", "identifier"), ("Encounter", "patient"), ("Consent", "_id")],
)
def test_a_search_has_a_hundred_values_at_most(quick_fhir: Fhir, kind: str, field: str) -> None:
    """All parameters together: each value is looked for, and a body has room for thousands."""
    many = ",".join(f"s{number}" for number in range(99))
    other = "_id" if field != "_id" else "patient" if kind == "Consent" else "identifier"
    assert quick_fhir.post(kind, **{field: many, other: "a"}).status_code == 200
    refused = quick_fhir.post(kind, **{field: many, other: "a,b"})
    assert (code(refused), refused.json()["issue"][0]["code"]) == ("too-many-values", "too-costly")


def test_the_stays_of_a_patient_are_read_however_many(quick_fhir: Fhir) -> None:
    """More than a search takes ids: the next page repeats the search, those after ask by ids."""
    quick_fhir.gate.receive(adt())
    quick_fhir.gate.receive(
        *(iti31("A01", f"E{number}", visit=f"V{number}", movement=f"M{number}") for number in range(105))
    )
    address: str | None = f"/Encounter?patient={quick_fhir.patient('7001')}&_count=3"
    found: list[str] = []
    while address is not None:
        page = quick_fhir.get(address).json()
        found += matches(page)
        links = {one["relation"]: one["url"] for one in page["link"]}
        address = links["next"].removeprefix("http://localhost/fhir") if "next" in links else None
        if len(found) == 3:
            assert "_page=" in str(address)
            address = str(address).replace("_count=3", "_count=51")
    assert (len(found), len(set(found))) == (105, 105)
