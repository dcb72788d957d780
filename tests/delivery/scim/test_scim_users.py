"""People arrive, change and leave by SCIM 2.0 (RFC 7644)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.delivery.scim.conftest import Scim
from tests.services.feeding import journal

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OWN = "urn:ecluse:params:scim:schemas:1.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

CLAIRE: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "userName": "C.Moreau",
    "externalId": "E-1",
    "name": {"givenName": "Claire", "familyName": "Moreau"},
    "emails": [
        {"value": "autre@ch.example"},
        {"value": "c.moreau@ch.example", "type": "work", "primary": True},
    ],
    "active": True,
    "roles": [{"value": "soignant"}],
    ENTERPRISE: {"department": "Cardiologie"},
    OWN: {"profession": "10"},
}


def created(scim: Scim, **changed: Any) -> dict[str, Any]:
    answer = scim.ask("POST", "/Users", {**CLAIRE, **changed})
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def error(answer: Any, status: int, kind: str = "") -> str:
    body = answer.json()
    assert (answer.status_code, body["schemas"], body["status"]) == (status, [ERROR], str(status))
    assert body.get("scimType", "") == kind
    assert answer["Content-Type"] == "application/scim+json"
    return str(body["detail"])


def patched(scim: Scim, id_: str, *operations: dict[str, Any]) -> Any:
    return scim.ask("PATCH", f"/Users/{id_}", {"schemas": [PATCH], "Operations": list(operations)})


def test_person_who_arrives_has_an_account(scim: Scim) -> None:
    answer = scim.ask("POST", "/Users", CLAIRE)
    body = answer.json()
    assert answer.status_code == 201
    assert answer["Content-Type"] == "application/scim+json"
    assert answer["Location"] == body["meta"]["location"] == f"http://localhost/scim/v2/Users/{body['id']}"
    assert (body["userName"], body["externalId"], body["displayName"]) == ("c.moreau", "E-1", "Claire Moreau")
    assert body["emails"] == [{"value": "c.moreau@ch.example", "type": "work", "primary": True}]
    assert (body["active"], body["roles"]) == (True, [{"value": "soignant"}])
    assert (body[ENTERPRISE], body[OWN]) == ({"department": "Cardiologie"}, {"profession": "10"})
    assert scim.ask("GET", f"/Users/{body['id']}").json() == body
    assert "invitation" not in answer.content.decode()
    assert journal()[-1][0] == "act"


def test_same_name_twice_is_a_conflict(scim: Scim) -> None:
    created(scim)
    lines = len(journal())
    error(scim.ask("POST", "/Users", {**CLAIRE, "userName": "c.MOREAU"}), 409, "uniqueness")
    assert scim.ask("GET", "/Users").json()["totalResults"] == 1
    assert len(journal()) == lines


def test_token_bound_to_a_certificate_is_told_why_it_is_refused(scim: Scim) -> None:
    bound = scim.token("users:write", certificate="ab" * 32)
    assert "bound to a client certificate" in error(scim.ask("GET", "/Users", secret=bound), 401)
    assert "not valid" in error(scim.ask("GET", "/Users", secret=f"{bound[:-1]}!"), 401)
    assert "Bearer" in error(scim.ask("GET", "/Users", secret=""), 401)


def test_search_by_name_and_by_external_identifier(scim: Scim) -> None:
    claire = created(scim)
    created(scim, userName="p.durand", externalId='E"2')
    for told in ('userName eq "C.MOREAU"', 'username EQ "c.moreau"', 'externalId eq "E-1"'):
        found = scim.ask("GET", f"/Users?filter={told}").json()
        assert [one["id"] for one in found["Resources"]] == [claire["id"]], told
    assert scim.ask("GET", '/Users?filter=externalId eq "E\\"2"').json()["totalResults"] == 1
    assert scim.ask("GET", '/Users?filter=userName eq "nobody"').json()["Resources"] == []
    assert scim.ask("GET", '/Users?filter=externalId eq ""').json()["totalResults"] == 0


@pytest.mark.parametrize(
    "told", ['userName co "c"', "userName pr", 'a eq "b" and c eq "d"', "", 'userName eq "\\"']
)
def test_other_filter_is_refused(scim: Scim, told: str) -> None:
    error(scim.ask("GET", f"/Users?filter={told}"), 400, "invalidFilter")


def test_list_goes_page_by_page(scim: Scim) -> None:
    ids = [created(scim, userName=f"u{rank}", externalId=f"X{rank}")["id"] for rank in range(5)]
    page = scim.ask("GET", "/Users?startIndex=2&count=2").json()
    assert [one["id"] for one in page["Resources"]] == ids[1:3]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert scim.ask("GET", "/Users?count=0").json()["Resources"] == []
    assert scim.ask("GET", "/Users?startIndex=-3&count=-1").json()["startIndex"] == 1
    assert scim.ask("GET", "/Users?startIndex=99").json()["itemsPerPage"] == 0
    error(scim.ask("GET", "/Users?count=many"), 400, "invalidValue")


def test_replacing_erases_what_is_not_named_but_not_roles(scim: Scim) -> None:
    id_ = created(scim)["id"]
    body = scim.ask("PUT", f"/Users/{id_}", {"userName": "c.moreau", "displayName": "Claire M."}).json()
    assert (body["displayName"], body.get("externalId"), body.get("emails"), body[ENTERPRISE]) == (
        "Claire M.",
        None,
        None,
        {},
    )
    assert body["roles"] == [{"value": "soignant"}]
    error(scim.ask("PUT", f"/Users/{id_}", {"userName": "autre"}), 400, "mutability")


def test_departure_closes_and_return_opens_again(scim: Scim) -> None:
    id_ = created(scim)["id"]
    for value, active in ((False, False), ("True", True), ("False", False)):
        assert (
            patched(scim, id_, {"op": "Replace", "path": "active", "value": value}).json()["active"] is active
        )
    assert patched(scim, id_, {"op": "replace", "value": {"active": True}}).json()["active"] is True
    assert scim.ask("PUT", f"/Users/{id_}", {**CLAIRE, "active": False}).json()["active"] is False


def test_patch_changes_what_it_names_and_nothing_else(scim: Scim) -> None:
    id_ = created(scim)["id"]
    body = patched(
        scim,
        id_,
        {"op": "replace", "path": "displayName", "value": "Claire Durand"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "c.durand@ch.example"},
        {"op": "add", "path": f"{ENTERPRISE}:department", "value": "Pédiatrie"},
        {"op": "remove", "path": "externalId"},
    ).json()
    assert (body["displayName"], body["emails"][0]["value"]) == ("Claire Durand", "c.durand@ch.example")
    assert (body[ENTERPRISE]["department"], body.get("externalId")) == ("Pédiatrie", None)
    assert (body[OWN]["profession"], body["roles"]) == ("10", [{"value": "soignant"}])


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "replace", "path": "password", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "userName", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "active", "value": "maybe"}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": " "}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": ["x"]}, "invalidValue"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "burn", "path": "active"}, "invalidSyntax"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": 7, "value": "x"}, "invalidPath"),
    ],
)
def test_patch_of_something_else_changes_nothing(scim: Scim, operation: dict[str, Any], kind: str) -> None:
    before = created(scim)
    error(
        patched(scim, before["id"], {"op": "replace", "path": "displayName", "value": "X"}, operation),
        400,
        kind,
    )
    assert scim.ask("GET", f"/Users/{before['id']}").json() == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "invalidSyntax"),
        (b"\xff", "invalidSyntax"),
        (b"[]", "invalidSyntax"),
        (b"[" * 100_000, "invalidSyntax"),
        (b"{}", "invalidValue"),
        (b'{"userName": 7}', "invalidValue"),
        (b'{"userName": "a b"}', "invalidValue"),
        (b'{"userName": "ab", "emails": "x"}', "invalidValue"),
        (b'{"userName": "ab", "name": "x"}', "invalidValue"),
        (b'{"userName": "ab", "displayName": "\\u0000"}', "invalidValue"),
        (b'{"userName": "ab", "roles": [{"value": "administration"}]}', "invalidValue"),
        (b'{"userName": "ab", "roles": [{"value": "soignant:99"}]}', "invalidValue"),
    ],
)
def test_user_that_cannot_be_kept_is_refused(scim: Scim, body: bytes, kind: str) -> None:
    error(scim.ask("POST", "/Users", body), 400, kind)
    assert scim.ask("GET", "/Users").json()["totalResults"] == 0


def test_unknown_account_is_not_found(scim: Scim) -> None:
    for method, body in (("GET", None), ("PUT", CLAIRE), ("PATCH", {})):
        for id_ in ("999", "0", "x", "1%00"):
            error(scim.ask(method, f"/Users/{id_}", body), 404)


def test_accounts_are_closed_not_deleted(scim: Scim) -> None:
    id_ = created(scim)["id"]
    detail = error(scim.ask("DELETE", f"/Users/{id_}"), 501)
    assert "active = false" in detail
    error(scim.ask("POST", f"/Users/{id_}", CLAIRE), 405)
    assert scim.ask("GET", f"/Users/{id_}").json()["active"] is True


def test_only_a_token_that_may_write_accounts_is_served(scim: Scim) -> None:
    error(scim.ask("GET", "/Users", secret=""), 401)
    error(scim.ask("GET", "/Users", secret="ecl_aaaaaaaaaa_" + "x" * 43), 401)
    error(scim.ask("GET", "/Users", secret=scim.token("settings:write", "patients:read")), 403)
    scim.gate.act("domain.add", name="labo")
    error(scim.ask("GET", "/Users", secret=scim.token("users:write", domain="labo")), 403)
    for address in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes"):
        error(scim.ask("GET", address, secret=""), 401)
        assert scim.ask("GET", address).status_code == 200


def test_discovery_tells_what_is_served(scim: Scim) -> None:
    told = scim.ask("GET", "/ServiceProviderConfig").json()
    assert (told["patch"]["supported"], told["filter"]["supported"], told["bulk"]["supported"]) == (
        True,
        True,
        False,
    )
    schemas = scim.ask("GET", "/Schemas").json()
    assert [one["id"] for one in schemas["Resources"]] == [USER, ENTERPRISE, OWN]
