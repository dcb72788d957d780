"""The roles of the console and the rights each gives (`data/roles.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

RIGHTS = frozenset(
    {
        "status.read", "messages.read", "refusals.manage", "patients.read", "identities.manage", "consents.record",
        "inclusions.manage", "senders.manage", "settings.read", "settings.write", "users.manage", "audit.read",
        "certificates.read", "certificates.manage",
    }
)  # fmt: skip
"""What a person may be allowed to do."""
ON_A_SITE = frozenset({"patients.read", "consents.record", "inclusions.manage", "identities.manage"})
"""Rights about patients: what remains of a role, or of a line of the matrix, that is limited to one site."""
NOT_BY_MATRIX = frozenset({"users.manage", "settings.write", "certificates.read", "certificates.manage"})
"""Rights that no profession and no unit give: whoever writes a profession would be the administrator, or would hold the
identity of the establishment."""

SCOPE_RIGHTS = {
    "patients:read": "patients.read", "stays:read": "patients.read", "consents:read": "patients.read",
    "events:read": "patients.read", "consents:write": "consents.record", "identities:write": "identities.manage",
    "messages:read": "messages.read", "inclusions:read": "inclusions.manage", "inclusions:write": "inclusions.manage",
    "settings:read": "settings.read", "settings:write": "settings.write", "status:read": "status.read",
    "users:write": "users.manage", "calendar:read": "certificates.read",
}  # fmt: skip
"""The right one has on every establishment to give a token a scope: nobody gives more than she has."""


class Role(NamedTuple):
    """A role: its name, how it is called and told of, and the rights it gives."""

    name: str
    title_fr: str
    title_en: str
    about_fr: str
    about_en: str
    rights: frozenset[str]


@cache
def roles() -> dict[str, Role]:
    """Every role, by name."""
    text = files("ecluse.services").joinpath("data/roles.toml").read_text("utf-8")
    found = {}
    for name, values in tomllib.loads(text).items():
        rights = frozenset(values.pop("rights"))
        if unknown := rights - RIGHTS:
            raise ValueError(f"role {name}: unknown rights {sorted(unknown)}")
        found[name] = Role(name, rights=rights, **values)
    return found
