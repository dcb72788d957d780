"""What surrounds the resources: bundles, outcomes, the statement of capabilities, and consents."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from ecluse.protocols.fhir import bundle
from ecluse.protocols.fhir.answers import answers
from ecluse.protocols.fhir.capability import capability, served
from ecluse.protocols.fhir.consent import consent
from ecluse.protocols.fhir.facts import FhirConsent, Version
from ecluse.protocols.fhir.outcome import Issue, outcome
from ecluse.protocols.fhir.patient import patient
from ecluse.protocols.fhir.reading import FrCore, reading
from tests.protocols.fhir.people import CLOTILDE
from tests.protocols.fhir.validator import Validator

_BASE = "http://localhost:8080/fhir"


def test_the_answer_to_a_search(validator: Validator) -> None:
    """Matches, then the warnings about the search, each with its mode."""
    warning = outcome(Issue("warning", "not-supported", "parameter-ignored", "Ignoré.", "colour"))
    found = bundle.searchset(
        _BASE,
        [patient(CLOTILDE, reading("2.1"))],
        self_url=f"{_BASE}/Patient?_id=p1",
        next_url=f"{_BASE}/Patient?_page=x",
        total=1,
        outcome=warning,
    )
    assert validator.problems(found) == []
    assert [one["search"]["mode"] for one in found["entry"]] == ["match", "outcome"]
    assert found["entry"][0]["fullUrl"] == f"{_BASE}/Patient/p1"
    assert [(one["relation"], one["url"]) for one in found["link"]] == [
        ("self", f"{_BASE}/Patient?_id=p1"),
        ("next", f"{_BASE}/Patient?_page=x"),
    ]


def test_an_empty_answer_says_zero(validator: Validator) -> None:
    """No entry rather than an empty list."""
    found = bundle.searchset(_BASE, [], self_url=f"{_BASE}/Patient?_id=p9", total=0)
    assert validator.problems(found) == []
    assert (found["total"], "entry" in found) == (0, False)


def test_a_history_tells_how_each_version_came(validator: Validator) -> None:
    """The first version was made, the others changed it."""
    versions = [
        patient(
            replace(CLOTILDE, version=Version(number, f"2026-11-1{number}T08:00:00.000Z")), reading("2.2")
        )
        for number in (3, 1)
    ]
    found = bundle.history(_BASE, versions, self_url=f"{_BASE}/Patient/p1/_history", total=2)
    assert validator.problems(found) == []
    assert [(one["request"], one["response"]) for one in found["entry"]] == [
        (
            {"method": "PUT", "url": "Patient/p1"},
            {"status": "200", "etag": 'W/"3"', "lastModified": "2026-11-13T08:00:00.000Z"},
        ),
        (
            {"method": "POST", "url": "Patient"},
            {"status": "201", "etag": 'W/"1"', "lastModified": "2026-11-11T08:00:00.000Z"},
        ),
    ]


@pytest.mark.parametrize("code", sorted(answers()))
def test_every_answer_is_a_valid_outcome(code: str, validator: Validator) -> None:
    """Its type is of the value set of HL7 FHIR R4."""
    answer = answers()[code]
    assert validator.problems(outcome(Issue("error", answer.type, code, answer.text_fr, "_count"))) == []


@pytest.mark.parametrize("fr_core", get_args(FrCore))
def test_the_statement_is_valid_and_says_what_is_served(fr_core: FrCore, validator: Validator) -> None:
    """Types, interactions and parameters are those the addresses follow."""
    found = capability(_BASE, reading(fr_core), software="1.0", started="2026-11-18T10:11:12.345Z")
    assert validator.problems(found) == []
    told = {
        one["type"]: (
            [each["code"] for each in one["interaction"]],
            [each["name"] for each in one["searchParam"]],
        )
        for one in found["rest"][0]["resource"]
    }
    assert told == {kind: (list(one.interactions), list(one.names)) for kind, one in served().items()}


@pytest.mark.parametrize(
    ("subject", "choice", "decision", "action"),
    [
        ("feeding", "INO", "permit", "collect"),
        ("feeding", "IO", "deny", "collect"),
        ("consultation", "IC", "permit", "access"),
        ("consultation", "INC", "deny", "access"),
    ],
)
def test_a_choice_about_the_dmp(
    subject: str, choice: str, decision: str, action: str, validator: Validator
) -> None:
    """Feeding works by opposition, consultation by consent (PAM France 2.11.1, ZFA-9 and ZFA-11)."""
    one = FhirConsent(
        "p1.x", Version(1, "2026-11-18T10:11:12.345Z"), "p1", subject, choice, "2026-03-06T11:11:54+01:00"
    )  # type: ignore[arg-type]
    found = consent(one)
    assert found is not None
    assert validator.problems(found) == []
    assert found["provision"]["type"] == decision
    assert found["provision"]["action"][0]["coding"][0]["code"] == action
    assert (found["status"], found["dateTime"], found["patient"]) == (
        "active",
        "2026-03-06T11:11:54+01:00",
        {"reference": "Patient/p1"},
    )
