"""What a client may discover (RFC 7644, 4): what is served, the one type of resource and its schemas."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.scim.errors import answer
from ecluse.delivery.scim.guard import provisioning
from ecluse.delivery.scim.resources import ENTERPRISE, OWN, USER
from ecluse.delivery.scim.users import LIST, MOST
from ecluse.services.access import Caller

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"


def _attribute(name: str, type_: str = "string", **more: Any) -> dict[str, Any]:
    usual = {
        "multiValued": False, "required": False, "caseExact": False, "mutability": "readWrite",
        "returned": "default", "uniqueness": "none",
    }  # fmt: skip
    return {"name": name, "type": type_, **usual, **more}


_VALUE = [_attribute("value"), _attribute("type"), _attribute("primary", "boolean")]
SCHEMAS: dict[str, list[dict[str, Any]]] = {
    USER: [
        _attribute("userName", required=True, uniqueness="server", mutability="immutable"),
        _attribute("displayName"),
        _attribute(
            "name",
            "complex",
            subAttributes=[_attribute("formatted"), _attribute("givenName"), _attribute("familyName")],
        ),
        _attribute("active", "boolean"),
        _attribute("emails", "complex", multiValued=True, subAttributes=_VALUE),
        _attribute("roles", "complex", multiValued=True, subAttributes=[_attribute("value")]),
    ],
    ENTERPRISE: [_attribute("department")],
    OWN: [_attribute("profession")],
}


def service(request: HttpRequest, caller: Caller) -> HttpResponse:
    """ServiceProviderConfig."""
    no = {"supported": False}
    return answer(
        {
            "schemas": [f"{_CORE}ServiceProviderConfig"],
            "patch": {"supported": True},
            "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": MOST},
            "changePassword": no,
            "sort": no,
            "etag": no,
            "authenticationSchemes": [
                {
                    "type": "oauthbearertoken",
                    "name": "Bearer",
                    "description": "Token of the API with the scope users:write",
                }
            ],
        }
    )


def types(request: HttpRequest, caller: Caller) -> HttpResponse:
    """ResourceTypes."""
    return _listed(
        [
            {
                "schemas": [f"{_CORE}ResourceType"],
                "id": "User",
                "name": "User",
                "endpoint": "/Users",
                "schema": USER,
                "schemaExtensions": [
                    {"schema": ENTERPRISE, "required": False},
                    {"schema": OWN, "required": False},
                ],
            }
        ]
    )


def schemas(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Schemas."""
    return _listed(
        [
            {"schemas": [f"{_CORE}Schema"], "id": id_, "name": "User", "attributes": attributes}
            for id_, attributes in SCHEMAS.items()
        ]
    )


def _listed(found: list[dict[str, Any]]) -> HttpResponse:
    return answer(
        {
            "schemas": [LIST],
            "totalResults": len(found),
            "startIndex": 1,
            "itemsPerPage": len(found),
            "Resources": found,
        }
    )


SERVICE, TYPES, ALL_SCHEMAS = provisioning(GET=service), provisioning(GET=types), provisioning(GET=schemas)
