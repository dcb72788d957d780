"""The protocol: who may ask, formats, methods, addresses, and what the server says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.protocols.fhir.capability import served
from tests.delivery.fhir.server import Fhir
from tests.delivery.fhir.test_fhir_searches import code
from tests.services.feeding import adt


@pytest.mark.parametrize(
    "path", ["/Patient/x", "/Patient?identifier=1", "/Consent?patient=x", "/Patient/x/_history"]
)
def test_nobody_is_answered_without_a_token(quick_fhir: Fhir, path: str) -> None:
    """401 with what to do, whether the patient exists or not."""
    response = quick_fhir.get(path, "")
    assert (response.status_code, code(response)) == (401, "token-missing")
    assert response["WWW-Authenticate"] == 'Bearer realm="ecluse"'
    assert response.json()["issue"][0]["code"] == "login"


def test_each_type_needs_its_scope(quick_fhir: Fhir) -> None:
    """A token that reads patients does not read their choices."""
    patients, consents = quick_fhir.token("patients:read"), quick_fhir.token("consents:read")
    for path, right, wrong in (("/Patient/x", patients, consents), ("/Consent/x", consents, patients)):
        assert quick_fhir.get(path, right).status_code == 404
        refused = quick_fhir.get(path, wrong)
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (403, "forbidden")


def test_a_name_that_is_too_long_is_refused(quick_fhir: Fhir) -> None:
    """For whom one asks is written in the trail: 422 when it cannot be."""
    response = quick_fhir.get("/Patient/x", Ecluse_On_Behalf_Of="x" * 201)
    assert (response.status_code, response.json()["issue"][0]["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/metadata", {"Accept": "application/fhir+json"}, 200),
        ("/metadata", {"Accept": "application/json"}, 200),
        ("/metadata", {"Accept": "text/html, */*;q=0.1"}, 200),
        ("/metadata", {"Accept": "application/fhir+json; fhirVersion=4.0"}, 200),
        ("/metadata", {"Accept": "application/fhir+json; fhirVersion=5.0"}, 406),
        ("/metadata", {"Accept": "application/fhir+xml"}, 406),
        ("/metadata", {"Accept": "application/fhir+json;q=0"}, 406),
        ("/metadata", {"Accept": "application/json;q=x"}, 406),
        ("/metadata?_format=json", {"Accept": "application/fhir+xml"}, 200),
        ("/metadata?_format=application/fhir+json", {}, 200),
        ("/metadata?_format=xml", {}, 406),
        ("/Patient/x?_format=xml", {}, 406),
    ],
)
def test_the_format_is_json(quick_fhir: Fhir, path: str, headers: dict[str, str], status: int) -> None:
    """_format wins over Accept; a refusal is told in JSON as well."""
    assert quick_fhir.get(path, **headers).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/Patient", "GET, HEAD"),
        ("PUT", "/Patient/x", "GET, HEAD"),
        ("DELETE", "/Patient/x", "GET, HEAD"),
        ("PATCH", "/Consent/x", "GET, HEAD"),
        ("GET", "/Patient/_search", "POST"),
        ("POST", "/metadata", "GET, HEAD"),
        ("DELETE", "/Patient/x/_history/1", "GET, HEAD"),
        ("PUT", "/", "GET, POST, HEAD"),
    ],
)
def test_this_server_is_read_only(quick_fhir: Fhir, method: str, path: str, allow: str) -> None:
    """405 names the methods."""
    response = quick_fhir.ask(method, path)
    assert (response.status_code, response["Allow"], code(response)) == (405, allow, "method")


@pytest.mark.parametrize(
    "path",
    ["", "/", "/Observation", "/Observation/x", "/patient/x", "/Patient/x/y", "/Patient/x/$everything",
     "/Patient/é", "/Patient/" + "x" * 65, "/Consent/x/_history", "/Patient/_history", "/_search"],
)  # fmt: skip
def test_what_is_not_served_answers_404_in_fhir(quick_fhir: Fhir, path: str) -> None:
    """Whatever the address."""
    assert quick_fhir.get(path).status_code == 404


def test_a_form_of_another_type_is_refused(quick_fhir: Fhir) -> None:
    """415: a search by POST is a form."""
    response = quick_fhir.ask("POST", "/Patient/_search", b"{}", content_type="application/json")
    assert (response.status_code, code(response)) == (415, "form")


def test_hostile_parameters_are_refused_in_fhir(quick_fhir: Fhir) -> None:
    """A thousand parameters, a body too large."""
    many = "&".join(f"a{number}=1" for number in range(1100))
    assert quick_fhir.get(f"/Patient?{many}").status_code == 400
    assert quick_fhir.ask("POST", "/Patient/_search", many.encode()).status_code == 400
    large = b"identifier=" + b"x" * 3_000_000
    assert quick_fhir.ask("POST", "/Patient/_search", large).status_code == 413


def test_another_name_of_the_machine_is_refused_in_fhir(quick_fhir: Fhir) -> None:
    """A Host header that is not ours."""
    response = quick_fhir.get("/metadata", host="evil.example")
    assert (response.status_code, response["Content-Type"]) == (400, "application/fhir+json; charset=utf-8")


def test_head_says_what_get_says_without_its_body(quick_fhir: Fhir) -> None:
    """The version of a patient, for instance."""
    quick_fhir.gate.receive(adt("A28"))
    path = f"/Patient/{quick_fhir.patient('7001')}"
    head, get = quick_fhir.ask("HEAD", path), quick_fhir.get(path)
    assert (head.status_code, head["ETag"], head.content) == (200, get["ETag"], b"")


def test_the_statement_needs_no_token_and_says_what_is_done(quick_fhir: Fhir) -> None:
    """Each parameter it names is applied: strict handling refuses none of them, and every other."""
    response = quick_fhir.get("/metadata", "")
    assert response.status_code == 200
    for one in response.json()["rest"][0]["resource"]:
        for parameter in one["searchParam"]:
            asked = f"/{one['type']}?{parameter['name']}={_value(parameter)}"
            found = quick_fhir.get(asked, Prefer="handling=strict")
            refused = code(found) if found.status_code != 200 else ""
            assert refused in ("", "three-letters", "criterion", "system"), (asked, refused)
        assert (
            code(quick_fhir.get(f"/{one['type']}?_sort=x", Prefer="handling=strict")) == "parameter-unknown"
        )
    assert {one["type"] for one in response.json()["rest"][0]["resource"]} == set(served())


def test_the_public_address_may_be_another(quick_fhir: Fhir) -> None:
    """Behind a proxy, links and full addresses name the proxy."""
    from ecluse.delivery.api.fhir.settings import FhirSettings, use

    quick_fhir.gate.receive(adt("A28"))
    use(FhirSettings(base_url="https://ecluse.example/fhir"))
    page = quick_fhir.get("/Patient?identifier=7001").json()
    assert page["link"][0]["url"].startswith("https://ecluse.example/fhir/Patient?")
    assert page["entry"][0]["fullUrl"].startswith("https://ecluse.example/fhir/Patient/")


def test_an_error_that_nobody_expected_tells_nothing(
    quick_fhir: Fhir, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with a number to find it by; neither the answer nor the log says what was asked."""

    def fail(*_: object) -> None:
        raise ValueError("7001 BRIAND")

    monkeypatch.setattr("ecluse.delivery.api.fhir.patients.identified", fail)
    response = quick_fhir.get("/Patient?identifier=7001")
    assert (response.status_code, code(response)) == (500, "internal")
    assert "BRIAND" not in response.content.decode() + caplog.text
    assert "urn:uuid:" in response.json()["issue"][0]["details"]["text"]


def _value(parameter: dict[str, Any]) -> str:
    if parameter["name"] == "birthdate":
        return "1970-01-12"
    return "ge2026" if parameter["type"] == "date" else "x"
