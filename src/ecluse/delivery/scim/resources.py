"""An account as a User of SCIM, and back (RFC 7643, 4.1 and 4.3)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ecluse.delivery.scim import errors
from ecluse.services.provisioning import Grant, Unwanted, Wanted, grants, read_grant, write_grant
from ecluse.services.queries.users import UserDocument

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OWN = "urn:ecluse:params:scim:schemas:1.0:User"
"""profession: code of TRE_G15."""


def resource(one: UserDocument, base: str) -> dict[str, Any]:
    """A User. base: address of the interface."""
    body: dict[str, Any] = {
        "schemas": [USER, ENTERPRISE, OWN],
        "id": str(one.id),
        "userName": one.username,
        "displayName": one.name,
        "name": {"formatted": one.name},
        "active": one.state != "closed",
        "roles": [{"value": write_grant(grant)} for grant in sorted(grants(one), key=write_grant)],
        ENTERPRISE: {"department": one.unit} if one.unit else {},
        OWN: {"profession": one.profession} if one.profession else {},
    }
    if one.external:
        body["externalId"] = one.external
    if one.email:
        body["emails"] = [{"value": one.email, "type": "work", "primary": True}]
    body["meta"] = {
        "resourceType": "User",
        "created": one.created,
        "location": f"{base}/Users/{one.id}",
        "version": f'W/"{sha256(repr(sorted(body.items())).encode()).hexdigest()[:16]}"',
    }
    return body


def wanted(body: Any) -> Wanted:
    """The account that a User asks for.

    :raises ScimError: it is no User, or an attribute has another type.
    """
    if not isinstance(body, dict):
        raise errors.syntax("Un User est un objet JSON.", "A User is a JSON object.")
    given = {str(name).lower(): value for name, value in body.items()}
    username = _text(given, "username").lower()
    if not username:
        raise errors.value("userName est nécessaire.", "userName is needed.")
    return Wanted(
        username=username,
        name=_name(given) or username,
        email=_email(given.get("emails")),
        profession=_text(_object(given, OWN.lower()), "profession"),
        unit=_text(_object(given, ENTERPRISE.lower()), "department"),
        external=_text(given, "externalid"),
        active=boolean(given.get("active", True)),
        roles=_roles(given["roles"]) if "roles" in given else None,
    )


def boolean(told: Any) -> bool:
    """A boolean; some clients write it as a text.

    :raises ScimError: it is none.
    """
    if isinstance(told, str) and told.lower() in ("true", "false"):
        return told.lower() == "true"
    if not isinstance(told, bool):
        raise errors.value("active est true ou false.", "active is true or false.")
    return told


def _name(given: dict[str, Any]) -> str:
    name = _object(given, "name")
    whole = _text(given, "displayname") or _text(name, "formatted")
    return whole or " ".join(filter(None, (_text(name, "givenname"), _text(name, "familyname"))))


def _email(told: Any) -> str:
    if told is None:
        return ""
    if not isinstance(told, list):
        raise errors.value("emails est une liste.", "emails is a list.")
    found = [one for one in told if isinstance(one, dict)]
    chosen = next((one for one in found if one.get("primary") is True), found[0] if found else {})
    return _text({str(name).lower(): value for name, value in chosen.items()}, "value")


def _roles(told: Any) -> frozenset[Grant]:
    if not isinstance(told, list):
        raise errors.value("roles est une liste.", "roles is a list.")
    try:
        return frozenset(
            read_grant(_text({str(name).lower(): value for name, value in one.items()}, "value"))
            for one in told
            if isinstance(one, dict)
        )
    except Unwanted as unwanted:
        raise errors.value(unwanted.text_fr, unwanted.text_en) from None


def _object(given: dict[str, Any], name: str) -> dict[str, Any]:
    found = given.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise errors.value(f"{name} est un objet.", f"{name} is an object.")
    return {str(one).lower(): value for one, value in found.items()}


def _text(given: dict[str, Any], name: str) -> str:
    found = given.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise errors.value(f"{name} est un texte.", f"{name} is a text.")
    return found.strip()
