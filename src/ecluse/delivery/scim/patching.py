"""PatchOp (RFC 7644, 3.5.2) on the attributes that are kept: each path names one of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ecluse.delivery.scim import errors
from ecluse.delivery.scim.errors import ScimError
from ecluse.delivery.scim.resources import ENTERPRISE, OWN, boolean
from ecluse.services.provisioning import Wanted

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_MOST = 50

PATHS = {
    "active": "active",
    "displayname": "name",
    "name.formatted": "name",
    "externalid": "external",
    "emails": "email",
    "emails.value": "email",
    f"{ENTERPRISE}:department".lower(): "unit",
    f"{OWN}:profession".lower(): "profession",
}
_WHICH = re.compile(r"\[[^\]]*\]")
"""Which of the e-mail addresses is meant: there is one."""


def patched(wanted: Wanted, body: Any) -> Wanted:
    """The account once every operation was done.

    :raises ScimError: no PatchOp, or one that names something else.
    """
    told = body.get("Operations") if isinstance(body, dict) else None
    if (
        not isinstance(told, list)
        or not told
        or len(told) > _MOST
        or PATCH not in (body.get("schemas") or ())
    ):
        raise errors.syntax("Un PatchOp a des Operations.", "A PatchOp has Operations.")
    for operation in told:
        if not isinstance(operation, dict):
            raise errors.syntax("Une opération est un objet.", "An operation is an object.")
        wanted = _done(wanted, operation)
    return wanted


def _done(wanted: Wanted, operation: dict[str, Any]) -> Wanted:
    verb, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if verb not in ("add", "replace", "remove"):
        raise errors.syntax("op est add, replace ou remove.", "op is add, replace or remove.")
    if path is not None:
        return _set(wanted, path, "" if verb == "remove" else value)
    if verb == "remove":
        raise ScimError(400, "Que retirer ?", "Remove what?", "noTarget")
    if not isinstance(value, dict):
        raise errors.value("Sans path, value est un objet.", "Without path, value is an object.")
    for name, inner in value.items():
        if name in (ENTERPRISE, OWN) and isinstance(inner, dict):
            for part, told in inner.items():
                wanted = _set(wanted, f"{name}:{part}", told)
        else:
            wanted = _set(wanted, name, inner)
    return wanted


def _set(wanted: Wanted, path: Any, value: Any) -> Wanted:
    attribute = PATHS.get(_WHICH.sub("", path).lower()) if isinstance(path, str) else None
    if attribute is None:
        raise ScimError(
            400,
            f"Attribut non géré ici : {str(path)[:80]}.",
            f"Attribute not managed here: {str(path)[:80]}.",
            "invalidPath",
        )
    if attribute == "active":
        return replace(wanted, active=boolean(value))
    if attribute == "email" and isinstance(value, list):
        value = value[0].get("value", "") if value and isinstance(value[0], dict) else ""
    if not isinstance(value, str) or (attribute == "name" and not value.strip()):
        raise errors.value(f"{path} est un texte.", f"{path} is a text.")
    told: dict[str, Any] = {attribute: value.strip()}
    return replace(wanted, **told)
