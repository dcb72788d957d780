"""The reading of FR Core in force, and the tables of codes. Source of each in its data file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ecluse.protocols.fhir.facts import Trust

FrCore = Literal["2.1", "2.2"]
"""Value of the setting `fr_core`."""

STRUCTURES = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
SYSTEMS = "https://hl7.fr/ig/fhir/core/CodeSystem/"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a version of FR Core says; the fields are explained in `data/fr_core.toml`."""

    version: str
    status_system: str
    status: Mapping[str, str]
    attributes: Literal["status", "comment"]
    attributes_system: str
    nia_use: Literal["temp", "official"]
    asked_on: str
    proofs: frozenset[str]
    category: bool
    birth_and_name: bool

    def code(self, trust: Trust) -> str:
        """identityStatus of a level of trust."""
        return self.status[trust]

    def profile(self, name: str) -> str:
        """Canonical URL of a profile, with its version: it tells which meaning the codes have."""
        return f"{STRUCTURES}{name}|{self.version}"


@cache
def reading(fr_core: FrCore) -> Reading:
    """The reading that a setting names."""
    data = dict(_data("fr_core")[fr_core])
    data.pop("source")
    data.pop("uncertain", None)
    return Reading(**{**data, "proofs": frozenset(data["proofs"])})


@cache
def codes(table: str) -> Mapping[str, Any]:
    """A table of `data/codes.toml`."""
    found: Mapping[str, Any] = _data("codes")[table]
    return found


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"data/{name}.toml").read_text("utf-8"))
