"""Who may ask what: every operation of the OpenAPI document, for every kind of token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.conftest import NOW
from tests.delivery.api.conftest import Api
from tests.services.feeding import AUTHORITY, MARIN, adt
from tests.services.stay_messages import iti31

OPEN = {"list_problems", "read_problem"}


class Operation(NamedTuple):
    """An operation of the document."""

    id: str
    method: str
    path: str
    scopes: list[str]


def operations() -> Iterator[Operation]:
    """All operations."""
    from ecluse.delivery.api.addresses import interface

    for path, methods in interface().get_openapi_schema()["paths"].items():
        for method, one in methods.items():
            scopes = [scope for need in one.get("security", ()) for scope in need["token"]]
            yield Operation(one["operationId"], method.upper(), path.removeprefix("/api/v1"), scopes)


BODIES: dict[str, Any] = {
    "search_patients": {"identifier": "7001"},
    "record_consent": {"how": "oral", "feeding": "INO"},
    "unmerge_patient": {"reason": "homonymes distincts"},
    "add_domain": {"name": "cabinet"},
    "edit_domain": {},
    "add_establishment": {"name": "CH Valmont"},
    "edit_establishment": {"name": "CH Valmont"},
    "add_site": {"name": "Site nord", "establishment": 1},
    "edit_site": {"name": "Site nord"},
    "add_sender": {"application": "LGC", "facility": "CABINET"},
    "create_token": {"name": "autre", "scopes": ["settings:write"]},
    "create_inclusion_list": {"name": "Cardiologie"},
    "include_patients": {"patients": ["nobody"]},
    "add_subscriber": {"name": "telesuivi", "kind": "webhook", "target": "https://telesuivi.example/ecluse"},
    "release_deliveries": {},
    "skip_delivery": {"position": 1},
    "replay_subscriber": {"after": ""},
}


def filled(one: Operation, **values: str) -> str:
    """The address of an operation. Numbers that nothing has, unless given."""
    path = one.path
    for name in ("patient", "list_id", "token", "code", "subscriber", "stay"):
        path = path.replace(f"{{{name}}}", values.get(name, "nobody"))
    for name in ("seq", "domain", "establishment", "site", "sender"):
        path = path.replace(f"{{{name}}}", values.get(name, "999"))
    query = "?identifier=7001" if one.id == "find_patients" else ""
    return path + query


def ask(api: Api, one: Operation, secret: str, **values: str) -> Any:
    """Ask an operation with what it needs to be understood."""
    headers = {"if-match": "*"} if one.method == "PUT" else {}
    return api.ask(one.method, filled(one, **values), secret, BODIES.get(one.id), headers)


def test_an_operation_says_its_scope_or_is_open() -> None:
    """Nothing is open by oversight."""
    from ecluse.services.access import SCOPES

    without = {one.id for one in operations() if not one.scopes}
    assert without == OPEN
    assert {scope for one in operations() for scope in one.scopes} <= SCOPES


def test_no_operation_answers_a_token_that_is_none(api: Api) -> None:
    """Absent, of another form, unknown, expired, revoked: 401 with what to do, whatever is asked."""
    ended = api.token(expires=NOW + 20_000_000)
    revoked = api.token()
    assert api.gate.act("token.revoke", id=revoked.split("_")[1]).done
    from ecluse.store.models.access import Token

    Token.objects.filter(id=ended.split("_")[1]).update(expires=NOW)
    expected = {"": "token-missing", "x": "token-unknown", ended: "token-expired", revoked: "token-revoked"}
    for one in operations():
        for secret, code in expected.items():
            if one.id not in OPEN:
                answer = ask(api, one, secret)
                assert (answer.status_code, answer.json()["code"]) == (401, code), one.id
                assert answer["WWW-Authenticate"].startswith("Bearer")


def test_no_operation_answers_without_its_scope(api: Api) -> None:
    """A token with all the other scopes gets 403 naming the one that lacks; with it alone, it is let in."""
    from ecluse.services.access import SCOPES

    for one in operations():
        for scope in one.scopes:
            answer = ask(api, one, api.token(*sorted(SCOPES - {scope})))
            assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing"), one.id
            assert scope in answer.json()["detail"]
        if one.scopes:
            answer = ask(api, one, api.token(*one.scopes))
            assert answer.status_code not in (401, 403, 405, 415, 422, 500), (one.id, answer.content)


@pytest.fixture
def two_domains(api: Api) -> tuple[str, str]:
    """A patient of the first domain and one of another domain."""
    api.gate.act("sender.add", application="GAM", facility="VALMONT")
    api.gate.act("sender.add", application="LGC", facility="CABINET", domain="cabinet")
    api.gate.receive(
        adt(ins=MARIN, status="VALI"), iti31("A01", "E1"), adt(control="C2", ipp="8001", name="AUBIN")
    )
    api.gate.receive(adt(control="D1", ipp="9001", application="LGC", facility="CABINET", name="CARON"))
    return api.patient("7001"), api.patient("9001")


def patient_operations() -> list[Operation]:
    """Operations on one patient, named in their address."""
    return [one for one in operations() if one.path.startswith("/patients/{patient}")]


def test_a_patient_of_another_domain_does_not_exist(api: Api, two_domains: tuple[str, str]) -> None:
    """The same answer, byte for byte, as for an id that nobody has."""
    here, elsewhere = two_domains
    secret = api.token(domain="défaut")
    for one in patient_operations():
        hidden, nobody = ask(api, one, secret, patient=elsewhere), ask(api, one, secret)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "patient-not-found"), one.id
        assert hidden.content == nobody.content
        assert dict(hidden.headers) == dict(nobody.headers)
        assert ask(api, one, secret, patient=here).status_code != 404, one.id


def test_an_excluded_patient_does_not_exist(api: Api, two_domains: tuple[str, str]) -> None:
    """At once, and one never included neither."""
    here, elsewhere = two_domains
    other = api.patient("8001")
    chosen = api.list_of(here, other)
    secret = api.token(inclusion=chosen)
    assert api.gate.act("inclusion.exclude", list=chosen, patients=[other]).done
    for one in patient_operations():
        for hidden in (other, elsewhere):
            answer = ask(api, one, secret, patient=hidden)
            assert (answer.status_code, answer.json()["code"]) == (404, "patient-not-found"), one.id
        assert ask(api, one, secret, patient=here).status_code != 404, one.id


def test_searches_find_only_within_reach(api: Api, two_domains: tuple[str, str]) -> None:
    """By any of the three ways, for a token of a domain and for one of a list."""
    here, _ = two_domains
    searches: list[dict[str, str]] = [
        {"ins": MARIN}, {"identifier": "7001"}, {"identifier": "8001"}, {"identifier": "9001"},
        {"birth_date": "1970-01-12"},
    ]  # fmt: skip
    tokens = {
        "domain": api.token("patients:read", domain="cabinet"),
        "list": api.token("patients:read", inclusion=api.list_of(here)),
    }
    counts = {
        name: [len(api.post("/patients/search", secret, body).json()["patients"]) for body in searches]
        for name, secret in tokens.items()
    }
    assert counts == {"domain": [0, 0, 0, 1, 1], "list": [1, 1, 0, 0, 1]}


def test_messages_of_a_bound_token_are_those_of_its_patients(api: Api, two_domains: tuple[str, str]) -> None:
    """The whole journal is for tokens that are not bound."""
    here, elsewhere = two_domains
    of_list = api.token("messages:read", inclusion=api.list_of(here))
    of_domain = api.token("messages:read", domain="défaut")
    free = api.token("messages:read")
    mine = [one["seq"] for one in api.get(f"/patients/{here}/messages", free).json()["lines"]]
    theirs = [one["seq"] for one in api.get(f"/patients/{elsewhere}/messages", free).json()["lines"]]
    assert mine and theirs
    for secret in (of_list, of_domain):
        assert api.get("/messages", secret).json()["code"] == "token-bound"
        for part in ("", "/raw", "/decoded"):
            assert api.get(f"/messages/{mine[-1]}{part}", secret).status_code == 200
            hidden = api.get(f"/messages/{theirs[-1]}{part}", secret)
            assert hidden.content == api.get(f"/messages/99999{part}", secret).content
            assert hidden.status_code == 404


def test_a_link_does_not_name_a_patient_out_of_reach(api: Api, two_domains: tuple[str, str]) -> None:
    """The identifier is the sender's to tell; who carries it here is not."""
    here, _ = two_domains
    other = api.patient("8001")
    link = adt("A24", "L1") + f"PID|2||8001^^^{AUTHORITY}^PI||AUBIN^ÉLOI^^^^^L\r".encode()
    assert api.gate.codes(link) == ["AA"]
    free = api.get(f"/patients/{here}", api.token("patients:read")).json()["links"]
    bound = api.get(f"/patients/{here}", api.token("patients:read", inclusion=api.list_of(here))).json()[
        "links"
    ]
    assert [one["patient"] for one in free] == [other]
    assert [one["patient"] for one in bound] == [None]


def test_settings_of_a_bound_token_are_those_of_its_domain(api: Api, two_domains: tuple[str, str]) -> None:
    """It reads its own, and writes none: settings concern everybody."""
    secret = api.token("settings:read", "settings:write", domain="cabinet")
    assert [one["name"] for one in api.get("/domains", secret).json()] == ["cabinet"]
    assert [one["application"] for one in api.get("/senders", secret).json()] == ["LGC"]
    assert api.get("/domains/1", secret).status_code == 404
    assert api.get("/senders/1", secret).status_code == 404
    made = api.post("/domains", secret, {"name": "autre"})
    assert (made.status_code, made.json()["code"]) == (403, "token-bound")


def test_scopes_are_written_the_same_everywhere() -> None:
    """The OpenAPI document and the help of the command repeat them."""
    from typing import get_args

    from ecluse.delivery.api.tokens import Scope
    from ecluse.delivery.cli.token import SCOPES as SPOKEN
    from ecluse.services.access import SCOPES

    assert set(get_args(Scope)) == set(SPOKEN) == SCOPES


def test_a_list_of_two_is_a_list(api: Api) -> None:
    """Two of anything: the number that django-ninja takes for a status and a body."""
    secret = api.token()
    for name in ("A", "B"):
        assert api.post("/establishments", secret, {"name": name}).status_code == 201
        api.post("/sites", secret, {"name": name, "establishment": 1})
        api.post("/senders", secret, {"application": name, "facility": "CH"})
        api.list_of()
    api.post("/domains", secret, {"name": "cabinet"})
    api.token()
    for kind in ("domains", "establishments", "sites", "senders", "tokens", "inclusion-lists"):
        answer = api.get(f"/{kind}", secret)
        assert (answer.status_code, len(answer.json())) == (200, 2), kind
