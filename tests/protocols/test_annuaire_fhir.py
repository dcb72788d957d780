"""Answers of the FHIR API: what is needed is read, what is not of the form counts as absent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.annuaire import NotABundle, read_page
from tests.services.directory.api import bundle, organization, practitioner, role

NUMBER = "99700245667"


def read(*resources: dict[str, Any], following: str = "") -> Any:
    return read_page(json.dumps(bundle(*resources, following=following)).encode())


def test_professional_with_activity_and_structure_is_read() -> None:
    page = read(practitioner(NUMBER), role(), organization(), following="https://api.example/fhir/v2?page=2")
    (who,) = page.practitioners
    assert (who.rpps, who.idnps, who.active) == (NUMBER, f"8{NUMBER}", True)
    assert (who.family, who.given, who.title) == ("Martel", "Claire Anne", "DR")
    assert (who.professions, who.categories, who.know_how) == (("10",), ("C",), ("SM26",))
    (activity,) = page.roles
    assert (activity.practitioner, activity.organization) == ("p1", "o1")
    assert (activity.mode, activity.function, activity.genre) == ("S", "FON-AU", "GENR01")
    (place,) = page.organizations
    assert (place.finess, place.kind, place.part_of) == ("0B0100012", "FINEG", "o2")
    assert (place.name, place.postal_code, place.city) == ("CH DE VALMONT", "00000", "VALMONT")
    assert page.next == "https://api.example/fhir/v2?page=2"


def test_inactive_record_keeps_only_its_identifier() -> None:
    page = read({"resourceType": "Practitioner", "id": "p1", "active": False,
                 "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": f"8{NUMBER}"}]})  # fmt: skip
    (who,) = page.practitioners
    assert (who.rpps, who.active, who.professions) == (NUMBER, False, ())


def test_record_that_does_not_say_it_is_active_is_not() -> None:
    body = practitioner(NUMBER)
    del body["active"]
    assert not read(body).practitioners[0].active


def test_nobody_found_is_an_empty_page() -> None:
    page = read_page(b'{"resourceType": "Bundle", "type": "searchset", "total": 0}')
    assert page == ((), (), (), "")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b'{"resourceType": "OperationOutcome"}', b"\xff", b"[" * 100_000],
)
def test_what_is_no_bundle_is_refused(body: bytes) -> None:
    with pytest.raises(NotABundle):
        read_page(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["identifier", "name", "qualification", "code", "coding", "system", "value", "partOf",
                         "reference", "address", "type", "active", "id", "given", "url", "relation"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["Practitioner", "PractitionerRole", "Organization"]), JSON, JSON)
def test_hostile_answer_is_read_without_failing(kind: str, body: Any, link: Any) -> None:
    resource = {**body, "resourceType": kind} if isinstance(body, dict) else body
    page = read_page(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": resource}], "link": link}).encode()
    )
    assert len(page.practitioners) + len(page.roles) + len(page.organizations) <= 1
