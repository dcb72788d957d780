"""Errors: one form everywhere, a stable code, both languages, what to do; and nothing of what was asked."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.delivery.api.conftest import Api
from tests.services.feeding import MARIN, adt

MEMBERS = {
    "type", "title", "status", "detail", "code", "action", "title_fr", "title_en", "detail_fr", "detail_en",
    "action_fr", "action_en",
}  # fmt: skip


def is_problem(answer: Any, status: int, code: str) -> None:
    """Whether an answer is that problem, and whole."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    found = answer.json()
    assert set(found) - {"errors", "instance", "resume"} == MEMBERS
    assert (found["code"], found["status"], found["type"]) == (code, status, f"/api/v1/problems/{code}")


@pytest.mark.parametrize("address", ["", "/", "/nowhere", "/patients/", "/messages/x/raw", "/problems/no"])
def test_an_unknown_address_is_a_problem(api: Api, address: str) -> None:
    """Never a page."""
    answer = api.get(address, api.token())
    assert answer.status_code in (404, 422)
    is_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_another_method_is_a_problem(api: Api, method: str) -> None:
    """With those that are answered."""
    answer = api.ask(method, "/patients", api.token())
    is_problem(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET"
    is_problem(api.ask("POST", "/openapi.json"), 405, "method-not-allowed")
    is_problem(api.ask("POST", "/docs"), 405, "method-not-allowed")


def test_head_answers_as_get_without_body(api: Api) -> None:
    """RFC 9110, 9.3.2."""
    secret = api.token()
    head, get = api.ask("HEAD", "/domains", secret), api.get("/domains", secret)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == get["Content-Length"]


def test_a_host_that_is_not_ours_is_a_problem(api: Api) -> None:
    """DNS rebinding: programs too call by known names."""
    is_problem(api.get("/status", api.token(), host="evil.example"), 400, "bad-request")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/fhir+json"]
)
def test_another_type_of_body_is_a_problem(api: Api, kind: str) -> None:
    """JSON only."""
    answer = api.post("/patients/search", api.token(), {"identifier": "1"}, **{"content-type": kind})
    is_problem(answer, 415, "media-type")


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 60_000, b'{"identifier": NaN}'])
def test_a_body_that_is_no_json_is_a_problem(api: Api, body: bytes) -> None:
    """However deep or broken."""
    answer = api.ask("POST", "/patients/search", api.token(), body)
    assert answer.status_code in (400, 422)
    is_problem(answer, answer.status_code, answer.json()["code"])


def test_a_body_too_large_is_a_problem(api: Api) -> None:
    """Before it is read."""
    body = json.dumps({"identifier": "x" * 70_000}).encode()
    is_problem(api.ask("POST", "/patients/search", api.token(), body), 413, "body-too-large")


def test_an_unknown_or_repeated_parameter_is_a_problem(api: Api) -> None:
    """A misspelt filter would show more than was wanted."""
    secret = api.token()
    answer = api.get("/messages?sendr=GAM", secret)
    is_problem(answer, 422, "validation")
    assert answer.json()["errors"] == [
        {
            "where": "query.sendr",
            "type": "unknown",
            "what": "paramètre inconnu",
            "what_fr": "paramètre inconnu",
            "what_en": "unknown parameter",
        }
    ]
    is_problem(api.get("/messages?limit=1&limit=2", secret), 422, "validation")


@pytest.mark.parametrize(
    "query",
    [
        "since=hier",
        "since=2026-11-18T08:00:00",
        "since=2026-02-31T08:00:00Z",
        "limit=0",
        "limit=101",
        "answer=XX",
    ],
)
def test_a_parameter_that_does_not_fit_is_a_problem(api: Api, query: str) -> None:
    """A time without zone too."""
    is_problem(api.get(f"/messages?{query}", api.token()), 422, "validation")


def test_a_token_that_asks_too_often_is_told_to_wait(api: Api) -> None:
    """429 with the seconds."""
    from ecluse.services import access

    secret = api.token()
    access.use(access.AccessSettings(rate=0.25, burst=1))
    api.get("/domains", secret)
    answer = api.get("/domains", secret)
    is_problem(answer, 429, "rate-limited")
    assert answer["Retry-After"] == "4"


def test_a_failure_tells_a_number_and_nothing_else(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The number is in the log; the text of the error, which may quote a patient, is in neither."""
    from ecluse.services.queries import patient_search

    def fail(*_: object) -> None:
        raise RuntimeError(f"no {MARIN}")

    monkeypatch.setattr(patient_search, "ins_holders", fail)
    with caplog.at_level(logging.DEBUG):
        answer = api.post("/patients/search", api.token(), {"ins": MARIN})
    is_problem(answer, 500, "internal")
    assert answer.json()["instance"] in caplog.text
    assert MARIN not in caplog.text + answer.content.decode()


def test_a_store_that_does_not_answer_is_a_problem(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with when to try again; nothing of the database."""
    from django.db import DatabaseError

    from ecluse.services import access

    secret = api.token()

    def fail(*_: object) -> None:
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(access, "_show_use", fail)
    answer = api.get("/domains", secret)
    is_problem(answer, 503, "store-unavailable")
    assert answer["Retry-After"]
    assert b"disk" not in answer.content


def test_the_language_is_that_of_the_request(api: Api) -> None:
    """Both are beside it in any case."""
    french = api.get("/domains").json()
    english = api.get("/domains", **{"accept-language": "en-GB"}).json()
    assert french["title"] == french["title_fr"] == "Aucun jeton n’a été présenté."
    assert english["title"] == english["title_en"] == "No token was given."
    assert {**french, "title": "", "detail": "", "action": ""} == {
        **english, "title": "", "detail": "", "action": "",
    }  # fmt: skip


def test_the_type_of_a_problem_leads_to_its_description(api: Api) -> None:
    """Without a token: who has none must read why."""
    missing = api.get("/domains").json()
    found = api.get(missing["type"].removeprefix("/api/v1")).json()
    assert (found["code"], found["action_fr"]) == ("token-missing", missing["action_fr"])


def test_every_problem_of_the_code_is_described() -> None:
    """A code without a text would be a failure on top of a failure."""
    import re
    from pathlib import Path

    from ecluse.delivery import api
    from ecluse.services.problems import problem_types

    sources = [
        *Path(api.__file__).parent.rglob("*.py"),
        Path(api.__file__).parents[2] / "services" / "access.py",
    ]
    text = "".join(one.read_text("utf-8") for one in sources)
    used = set(re.findall(r'(?:Problem|Denied)\(\s*"([a-z-]+)"', text))
    assert used - set(problem_types()) == set()
    for one in problem_types().values():
        assert all(one[2:]) and 400 <= one.status < 600


def test_no_matricule_is_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is asked, by address or by body, found or refused; nor kept in the trail."""
    from tests.services.feeding import rows

    secret = api.token()
    api.gate.act("sender.add", application="GAM", facility="VALMONT")
    api.gate.receive(adt(ins=MARIN, status="VALI"))
    with caplog.at_level(logging.DEBUG):
        for address in (f"/patients?ins={MARIN}", f"/patients?ins={MARIN}&x=1", f"/nowhere?ins={MARIN}"):
            api.get(address, secret)
            api.get(address)
        api.post("/patients/search", secret, {"ins": MARIN})
        api.post("/patients/search", secret, {"ins": MARIN, "name": "x"})
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("django.db")]
    assert MARIN not in "\n".join(ours)
    assert MARIN not in repr(rows("SELECT * FROM store_accessline"))
