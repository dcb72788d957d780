"""A matricule never stands in an address: a search by INS is by POST, or the deployment says otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from ecluse.delivery.api.fhir.settings import FhirSettings, use
from tests.delivery.fhir.server import Fhir, matches
from tests.services.feeding import MARIN, adt

INS = "urn:oid:1.2.250.1.213.1.4.10"
LOCAL = "urn:oid:1.2.250.1.999.7.1"


@pytest.fixture
def qualified(quick_fhir: Fhir) -> Fhir:
    """One patient with a usable INS."""
    quick_fhir.gate.act("sender.add", application="GAM", facility="VALMONT")
    quick_fhir.gate.receive(adt("A28", ins=MARIN, status="VALI"))
    return quick_fhir


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["issue"][0]["details"]["coding"][0]["code"]


@pytest.mark.parametrize(
    "path",
    [
        f"/Patient?identifier={quote(f'{INS}|{MARIN}')}",
        f"/Patient?identifier={MARIN}",
        f"/Patient?identifier={MARIN[:5]}+{MARIN[5:]}",
        f"/Patient?identifier=7001,{quote(f'{INS}|{MARIN}')}",
        f"/Patient?identifier={quote(f'{INS}|{MARIN[:13]}')}",
        f"/Patient?identifier={quote(f'{LOCAL}|{MARIN}')}",
        f"/Patient?_id={MARIN}",
        f"/Patient?colour={MARIN}",
        f"/Encounter?identifier={MARIN}",
        f"/Consent?patient=Patient/{MARIN}",
    ],
)
def test_a_matricule_in_an_address_is_refused(qualified: Fhir, path: str) -> None:
    """In the query of a search by POST as well; the answer says what to do and repeats nothing of it."""
    kind, _, query = path[1:].partition("?")
    for response in (
        qualified.get(path),
        qualified.ask("POST", f"/{kind}/_search?{query}"),
    ):
        assert code(response) == (400, "ins-in-address")
        assert "POST" in response.json()["issue"][0]["details"]["text"]
        assert MARIN[:13] not in response.content.decode()


def test_local_identifiers_stay_in_addresses(qualified: Fhir) -> None:
    """Numbers of thirteen digits, and those of fifteen that say whose they are, are ordinary ones."""
    assert len(qualified.ids("/Patient?identifier=7001")) == 1
    assert qualified.ids("/Patient?identifier=1234567890123") == []
    assert qualified.ids(f"/Patient?identifier={quote(f'{LOCAL}|000000000000097')}") == []
    found = qualified.post("Patient", identifier=f"{INS}|{MARIN}")
    assert len(matches(found.json())) == 1


def test_a_deployment_may_accept_them_and_no_link_repeats_them(qualified: Fhir) -> None:
    """Setting ins_in_url."""
    use(FhirSettings(ins_in_url=True))
    page = qualified.get(f"/Patient?identifier={quote(f'{INS}|{MARIN}')}&_count=5").json()
    assert len(matches(page)) == 1
    assert [one["url"] for one in page["link"]] == ["http://localhost/fhir/Patient?_count=5"]
