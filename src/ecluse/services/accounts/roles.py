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
    }
)  # fmt: skip
"""What a person may be allowed to do."""


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
