"""Who was shown whom is written before the answer leaves; otherwise nothing is shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.delivery.api.conftest import Api
from tests.delivery.api.test_api_events import publish
from tests.services.feeding import AUTHORITY, MARIN, adt, rows
from tests.services.stay_messages import iti31


def lines() -> list[tuple[Any, ...]]:
    """The trail: who, for whom, what, which patient."""
    return rows("SELECT caller, on_behalf_of, action, patient FROM store_accessline ORDER BY id")


@pytest.fixture
def patient(api: Api) -> str:
    """A patient whose INS may be used."""
    api.gate.act("sender.add", application="GAM", facility="VALMONT")
    api.gate.receive(adt(ins=MARIN, status="VALI"), iti31("A01", "E1"))
    return api.patient()


def test_each_reading_is_written(api: Api, patient: str) -> None:
    """Who, on whose behalf, what, whom."""
    secret = api.token()
    who = f"token:{secret.split('_')[1]}"
    reads = {
        f"/patients/{patient}": "patient.read",
        f"/patients/{patient}/history": "patient.history",
        f"/patients/{patient}/consents": "consent.read",
        f"/patients/{patient}/messages": "message.list",
        f"/patients?ins={MARIN}": "patient.search",
    }
    for address, action in reads.items():
        headers = {"ecluse-on-behalf-of": "RPPS 801234567897"}
        assert api.get(address, secret, **headers).status_code == 200
        assert lines()[-1] == (who, "RPPS 801234567897", action, patient), address
    seq = api.get(f"/patients/{patient}/messages", secret).json()["lines"][-1]["seq"]
    for part, action in (("", "message.read"), ("/raw", "message.raw"), ("/decoded", "message.decoded")):
        assert api.get(f"/messages/{seq}{part}", secret).status_code == 200
        assert lines()[-1] == (who, "", action, patient)


def test_a_search_that_finds_nobody_is_written_too(api: Api) -> None:
    """Trying many matricules leaves traces."""
    api.post("/patients/search", api.token(), {"ins": MARIN})
    assert lines()[-1][2:] == ("patient.search", "")


def test_what_is_refused_or_out_of_reach_shows_nobody(api: Api, patient: str) -> None:
    """And names nobody in the trail."""
    api.get(f"/patients/{patient}", api.token("status:read"))
    api.get(f"/patients/{patient}", api.token(inclusion=api.list_of()))
    assert [one for one in lines() if one[3]] == []


def test_a_declaration_may_hold_accents(api: Api, patient: str) -> None:
    """Percent-encoded, as headers are ASCII."""
    api.get(f"/patients/{patient}", api.token(), **{"ecluse-on-behalf-of": "Mme L%C3%A9a NO%C3%8B"})
    assert lines()[-1][1] == "Mme Léa NOË"


@pytest.mark.parametrize("told", ["x" * 201, "a\tb", "\x7f", "%00", "é"])
def test_a_declaration_that_does_not_fit_is_refused(api: Api, patient: str, told: str) -> None:
    """Rather than cut: the trail must say what was declared."""
    answer = api.get(f"/patients/{patient}", api.token(), **{"ecluse-on-behalf-of": told})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")


def test_nothing_is_shown_when_the_trail_cannot_be_written(api: Api, patient: str) -> None:
    """503 everywhere a patient would be shown; the rest still answers."""
    secret = api.token()
    seq = api.get(f"/patients/{patient}/messages", secret).json()["lines"][-1]["seq"]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE store_accessline RENAME TO elsewhere")
    try:
        shown = (
            f"/patients/{patient}", f"/patients/{patient}/history", f"/patients/{patient}/consents",
            f"/patients/{patient}/messages", f"/patients?ins={MARIN}", "/patients?identifier=7001",
            "/patients?birth_date=1970-01-12", f"/messages/{seq}", f"/messages/{seq}/raw", f"/messages/{seq}/decoded",
        )  # fmt: skip
        for address in shown:
            answer = api.get(address, secret)
            assert (answer.status_code, answer.json()["code"]) == (503, "trail-unavailable"), address
            assert "BRIAND" not in answer.content.decode()
        assert api.get("/domains", secret).status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO store_accessline")


def test_the_trail_is_listed(api: Api, patient: str) -> None:
    """By patient and by token, the newest first, page by page."""
    from ecluse.services.queries.access import trail

    first, second = api.token(), api.token()
    for secret in (first, second, first):
        api.get(f"/patients/{patient}", secret)
    page = trail(patient=patient, limit=2)
    rest = trail(patient=patient, limit=2, after=page.next)
    ids = [one.id for one in (*page.lines, *rest.lines)]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), rest.next) == (3, None)
    assert len(trail(caller=f"token:{first.split('_')[1]}").lines) == 2


def _last_patients(number: int) -> list[str]:
    return [one[3] for one in lines()[-number:]]


def test_a_message_that_changed_nobody_shows_whom_it_names(both: Api) -> None:
    """Refused, or received twice: its bytes show the patient all the same; so does an act."""
    again = adt()
    both.gate.receive(again, adt("A28", "C2", "7002"))
    refused = adt("A40", "C3", "7002", prior=f"7001^^^{AUTHORITY}^PI", name="").replace(
        b"ADT^A40", b"ADT^A34"
    )
    both.gate.receive(again)
    both.gate.receive(refused)
    both.gate.act("patient.note", patient=both.patient("7002"), text="relu")
    first, second = both.patient("7001"), both.patient("7002")
    secret = both.token("messages:read")
    told = {one["kind"]: one["seq"] for one in both.get("/messages", secret).json()["lines"][::-1]}
    assert both.get(f"/messages/{told['duplicate']}", secret).json()["events"] == []
    assert _last_patients(1) == [first]
    assert both.get(f"/messages/{told['message']}/raw", secret).status_code == 200
    assert sorted(_last_patients(2)) == sorted([first, second])


def test_an_event_shows_both_of_its_patients(both: Api) -> None:
    """A merge: the trail of each says that it was read."""
    both.gate.receive(
        adt(), adt("A28", "C2", "7002"), adt("A40", "C9", "7002", prior=f"7001^^^{AUTHORITY}^PI")
    )
    publish()
    both.get("/events?types=patient.merged", both.token("events:read"))
    assert sorted(_last_patients(2)) == sorted([both.patient("7001"), both.patient("7002")])


@pytest.mark.parametrize(
    "search",
    [
        "Encounter?patient={}&status=in-progress", "Encounter?patient={}&status=cancelled",
        "Consent?patient={}", "Patient?birthdate=1970-01-12&family=BRI",
    ],
)  # fmt: skip
def test_a_number_of_matches_tells_of_the_patient(api: Api, patient: str, search: str) -> None:
    """`_count=0` asks for the total alone: that there is one, or none, is said of somebody."""
    headers = {"authorization": f"Bearer {api.token()}"}
    assert api.http.get(f"/fhir/{search.format(patient)}&_count=0", headers=headers).status_code == 200
    assert _last_patients(1) == [patient]
