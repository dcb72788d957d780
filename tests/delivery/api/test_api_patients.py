"""Patients found and shown over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.delivery.api.conftest import Api
from tests.services.feeding import AUTHORITY, MARIN, adt
from tests.services.stay_messages import iti31

OID = "1.2.250.1.213.1.4.10"


def qualified(api: Api) -> str:
    """A patient whose INS may be used; its id."""
    api.gate.act("sender.add", application="GAM", facility="VALMONT")
    assert api.gate.codes(adt(ins=MARIN, status="VALI")) == ["AA"]
    return api.patient()


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["patients"]]


def test_a_patient_is_found_by_usable_ins(both: Api) -> None:
    """By body and by address, with its OID or without; what is found says everything but demographics."""
    secret, patient = both.token("patients:read"), qualified(both)
    for body in ({"ins": MARIN}, {"ins": MARIN, "ins_oid": OID}, {"ins": f"1 70 01 29 123 456 {MARIN[13:]}"}):
        assert ids(both.post("/patients/search", secret, body)) == [patient]
    found = both.get(f"/patients?ins={MARIN}&ins_oid={OID}", secret).json()["patients"][0]
    assert found["trust"] == "qualifiee"
    assert found["ins"] == {
        "matricule": MARIN, "oid": OID, "kind": "NIR", "environment": "test", "key_valid": True,
    }  # fmt: skip
    assert found["traits"]["birth_date"] == "1970-01-12"
    assert found["identifiers"][0]["value"] == "7001"
    assert "demographics" not in found


def test_an_ins_that_may_not_be_used_finds_nobody(api: Api) -> None:
    """A provisional identity, and an INS under another OID."""
    secret = api.token("patients:read")
    api.gate.receive(adt(ins=MARIN, status="PROV"))
    assert ids(api.post("/patients/search", secret, {"ins": MARIN})) == []
    api.gate.act("sender.confirm", application="GAM", facility="VALMONT")
    api.gate.receive(adt("A31", "C2", ins=MARIN, status="VALI"))
    assert ids(api.post("/patients/search", secret, {"ins": MARIN, "ins_oid": "1.2.250.1.213.1.4.8"})) == []


def test_a_patient_is_found_by_local_identifier(both: Api) -> None:
    """Its authority by OID, or left out."""
    secret, patient = both.token("patients:read"), qualified(both)
    oid = AUTHORITY.split("&")[1]
    for body in ({"identifier": "7001"}, {"identifier": "7001", "authority": oid}):
        assert ids(both.post("/patients/search", secret, body)) == [patient]
    assert ids(both.get(f"/patients?identifier=7001&authority={oid}", secret)) == [patient]
    assert ids(both.post("/patients/search", secret, {"identifier": "7001", "authority": "1.2.3"})) == []


@pytest.mark.parametrize(
    ("letters", "found"),
    [
        ({}, True), ({"name": "BRI"}, True), ({"name": "bri"}, True), ({"name": "B"}, True), ({"name": "BRO"}, False),
        ({"first_name": "ÉLO"}, True), ({"first_name": "elo"}, True), ({"first_name": "MAR"}, True),
        ({"first_name": "BRI"}, False), ({"name": "ELO"}, False),
    ],
)  # fmt: skip
def test_a_patient_is_found_by_traits(api: Api, letters: dict[str, str], found: bool) -> None:
    """Birth date, then the first letters of a name or of a first name, without case and accents (EXI ID 17)."""
    secret, patient = api.token("patients:read"), qualified(api)
    answer = api.post("/patients/search", secret, {"birth_date": "1970-01-12", **letters})
    assert ids(answer) == ([patient] if found else [])


def test_the_search_by_traits_follows_what_is_received(both: Api) -> None:
    """At once, on both databases: a new patient, a corrected birth date."""
    secret = both.token("patients:read")
    assert ids(both.post("/patients/search", secret, {"birth_date": "1970-01-12"})) == []
    patient = qualified(both)
    assert ids(both.post("/patients/search", secret, {"birth_date": "1970-01-12"})) == [patient]
    both.gate.receive(adt("A31", "C2").replace(b"19700112", b"19710112"))
    assert ids(both.post("/patients/search", secret, {"birth_date": "1970-01-12"})) == []
    assert ids(both.post("/patients/search", secret, {"birth_date": "1971-01-12"})) == [patient]


def test_an_index_too_far_behind_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than missing somebody."""
    from ecluse.services.queries import births

    monkeypatch.setattr(births, "catch_up", lambda: False)
    answer = api.post("/patients/search", api.token("patients:read"), {"birth_date": "1970-01-12"})
    assert (answer.status_code, answer.json()["code"]) == (503, "index-not-ready")
    assert answer["Retry-After"] == "30"


@pytest.mark.parametrize(
    "query",
    [
        "", "?name=BRI", "?ins_oid=1.2.3", f"?ins={MARIN}&identifier=7001", "?birth_date=1970-01-12&authority=1.2.3",
        "?birth_date=1970-01-12&name=BRI&first_name=ELO",
    ],
)  # fmt: skip
def test_a_search_says_by_what(api: Api, query: str) -> None:
    """One way at a time."""
    answer = api.get(f"/patients{query}", api.token("patients:read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "search-unclear")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"ins": "12"}, {"ins": MARIN, "identifier": "7001"}, {"birth_date": "12/01/1970"}, {"name": "BRI"},
        {"birth_date": "1970-01-12", "name": "BRIA"}, {"identifier": "70\x00"}, {"identifier": ""}, [], "x", 3, b"{",
        b"\xff",
    ],
)  # fmt: skip
def test_a_search_that_does_not_fit_is_refused(api: Api, body: Any) -> None:
    """With the fields at fault and none of the values."""
    answer = api.post("/patients/search", api.token("patients:read"), body)
    assert answer.status_code in (400, 422)
    assert MARIN not in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "problem", "errors"),
    [
        ({"name": "BRI"}, "search-unclear", {}),
        ({"nom": "BRI"}, "search-unclear", {}),
        ({"ins": None}, "search-unclear", {}),
        (b"null", "search-unclear", {}),
        ([], "search-unclear", {}),
        ({"ins": MARIN, "identifier": "7001"}, "search-unclear", {}),
        ({"birth_date": "1970-01-12", "name": "BRI", "first_name": "ELO"}, "search-unclear", {}),
        ({"birth_date": "1970-01-12", "name": "BRIA"}, "three-letters", {}),
        ({"birth_date": "1970-01-12", "first_name": "ELOD"}, "three-letters", {}),
        ({"birth_date": "12/01/1970"}, "validation",
         {"/birth_date": "une date AAAA-MM-JJ, AAAA-MM ou AAAA est attendue"}),
        ({"ins": MARIN, "a/b": 1}, "validation", {"/a~1b": "ce champ n’est pas connu ici"}),
        ({"identifier": 7001}, "validation", {"/identifier": "un texte est attendu"}),
    ],
)  # fmt: skip
def test_a_search_in_a_body_says_what_is_wrong(
    api: Api, body: Any, problem: str, errors: dict[str, str]
) -> None:
    """The one cause, at its place in what was sent, without our own names; as for a search in the address."""
    answer = api.post("/patients/search", api.token("patients:read"), body)
    assert (answer.status_code, answer.json()["code"]) == (422, problem)
    assert {one["where"]: one["what"] for one in answer.json().get("errors", [])} == errors
    assert "wrap" not in answer.content.decode()


def test_a_search_in_an_address_says_three_letters_too(api: Api) -> None:
    """The same problem for the same fault."""
    answer = api.get("/patients?birth_date=1970-01-12&name=BRIA", api.token("patients:read"))
    assert (answer.status_code, answer.json()["code"]) == (422, "three-letters")


def test_a_null_says_nothing(api: Api) -> None:
    """A program may send every name it knows."""
    body = {"identifier": "7001", "authority": None, "ins": None, "birth_date": None}
    answer = api.post("/patients/search", api.token("patients:read"), body)
    assert (answer.status_code, ids(answer)) == (200, [])


def test_pages_follow_one_another(api: Api) -> None:
    """Every patient once."""
    secret = api.token("patients:read")
    for number in range(5):
        api.gate.receive(adt(control=f"C{number}", ipp=f"{number}", name=f"NOM{'ABCDE'[number]}"))
    seen, cursor = [], ""
    while True:
        address = f"/patients/search?limit=2{cursor}"
        answer = api.post(address, secret, {"birth_date": "1970-01-12"})
        seen += ids(answer)
        if answer.json()["next"] is None:
            break
        cursor = f"&cursor={answer.json()['next']}"
    assert len(seen) == 5
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("cursor", ["x", "AAAA", "cGF0aWVudHM", "bWVzc2FnZXMKMQ"])
def test_a_cursor_of_elsewhere_is_refused(api: Api, cursor: str) -> None:
    """Those of another list too."""
    answer = api.get(f"/patients?identifier=1&cursor={cursor}", api.token("patients:read"))
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")


def test_a_patient_is_shown_with_its_demographics(both: Api) -> None:
    """Complete, but neither consent nor history, which have scopes and addresses of their own."""
    patient = qualified(both)
    found = both.get(f"/patients/{patient}", both.token("patients:read")).json()
    assert found["id"] == patient
    assert found["demographics"]["addresses"][0]["city"] == "BREST"
    assert "dmp_consent" not in found
    assert "history" not in found


def test_a_merged_patient_names_its_survivor(api: Api) -> None:
    """200: a client that kept its id learns where to go."""
    secret, patient = api.token("patients:read"), qualified(api)
    api.gate.receive(adt(control="C2", ipp="7002", name="AUBIN"))
    other = api.patient("7002")
    assert api.gate.codes(adt("A40", "C3", prior=f"7002^^^{AUTHORITY}^PI")) == ["AA"]
    answer = api.get(f"/patients/{other}", secret)
    assert (answer.status_code, answer.json()["merged_into"]) == (200, patient)


def test_the_history_is_told_newest_first(api: Api) -> None:
    """In both languages, page by page, with the journal line of each change."""
    patient, secret = qualified(api), api.token("patients:read")
    api.gate.receive(adt("A31", "C2", ins=MARIN, status="VALI", street="9 QUAI NEUF"))
    first = api.get(f"/patients/{patient}/history?limit=1", secret).json()
    assert first["changes"][0]["event"] == "patient.updated"
    assert set(first["changes"][0]["detail"]) == {"fr", "en"}
    rest = api.get(f"/patients/{patient}/history?limit=100&cursor={first['next']}", secret).json()
    assert rest["next"] is None
    assert rest["changes"][-1]["event"] == "patient.created"
    assert first["changes"][0]["message"] > rest["changes"][0]["message"]


def test_a_consent_is_recorded_and_read(api: Api) -> None:
    """Who asked stands in the history; what was not said stays unsaid."""
    patient, secret = qualified(api), api.token("consents:read", "consents:write", "patients:read")
    assert api.get(f"/patients/{patient}/consents", secret).json()["dmp_consent"] is None
    body = {"how": "oral", "feeding": "INO", "by": "Mme LEROY, infirmière"}
    made = api.post(f"/patients/{patient}/consents", secret, body)
    assert (made.status_code, made.json()["dmp_consent"]["feeding"]) == (201, "INO")
    kept = api.get(f"/patients/{patient}/consents", secret).json()
    assert kept == made.json()
    assert [(one["source"], one["how"], one["by"]) for one in kept["history"]] == [
        ("api", "oral", "Mme LEROY, infirmière")
    ]
    older = {"how": "oral", "feeding": "INO", "feeding_date": "2020-01-01T00:00:00Z"}
    assert api.post(f"/patients/{patient}/consents", secret, older).status_code == 409
    assert api.post(f"/patients/{patient}/consents", secret, older | {"correction": True}).status_code == 201
    author = api.get(f"/patients/{patient}/history?limit=1", secret).json()["changes"][0]["operator"]
    assert author == f"token:{secret.split('_')[1]}"


def test_stays_are_shown(api: Api) -> None:
    """With their movements, to those who may read them; what was said of the DMP for one, to fewer."""
    patient = qualified(api)
    zfa = "ZFA|||||||||INO|20261118080000|IC|20261118080000"
    assert api.gate.codes(iti31("A01", "E1", zfa=zfa), iti31("A02", "E2", movement="M2")) == ["AA", "AA"]
    (stay,) = api.get(f"/patients/{patient}/stays", api.token("stays:read", "consents:read")).json()
    assert (stay["patient"], stay["visit"]["value"]) == (patient, "V1")
    assert [one["event"] for one in stay["movements"]] == ["A01", "A02"]
    assert stay["situation"]["status"] == "in-progress"
    assert stay["dmp_consent"]["feeding"] == "INO"
    alone = api.get(f"/stays/{stay['id']}", api.token("stays:read")).json()
    assert alone == {**stay, "dmp_consent": None}
    hidden = api.get(f"/stays/{stay['id']}", api.token(inclusion=api.list_of()))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not-found")


def test_a_merge_is_undone(api: Api) -> None:
    """With its reason; a patient that is not merged is refused with what to do."""
    secret, patient = api.token("identities:write", "patients:read"), qualified(api)
    api.gate.receive(adt(control="C2", ipp="7002", name="AUBIN"))
    other = api.patient("7002")
    wrong = api.post(f"/patients/{other}/unmerge", secret, {"reason": "homonymes distincts"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "act-refused")
    api.gate.receive(adt("A40", "C3", prior=f"7002^^^{AUTHORITY}^PI"))
    answer = api.post(f"/patients/{other}/unmerge", secret, {"reason": "homonymes distincts"})
    assert answer.json() == {"patient": other, "survivor": patient}
    assert api.get(f"/patients/{other}", secret).json()["merged_into"] is None
