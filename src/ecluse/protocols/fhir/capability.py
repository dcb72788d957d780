"""CapabilityStatement: what this server does, read from the same data as what it does.

Source: HL7 FHIR R4, 5.1; `data/searches.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecluse.protocols.fhir import FHIR_VERSION, MEDIA_TYPE, Resource
from ecluse.protocols.fhir.reading import STRUCTURES, Reading
from ecluse.protocols.fhir.values import without_empty


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter; definition: its canonical URL in HL7 FHIR R4; note: what is particular here, or empty."""

    name: str
    type: str
    definition: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """What is done with a resource type: interactions of HL7 FHIR R4, search parameters, profiles of FR Core."""

    interactions: tuple[str, ...]
    versioning: str
    profiles: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the search parameters."""
        return tuple(one.name for one in self.parameters)


@cache
def served() -> dict[str, Served]:
    """What is done, by resource type."""
    data = tomllib.loads(files(__package__).joinpath("data/searches.toml").read_text("utf-8"))
    return {
        kind: Served(
            tuple(body["interactions"]),
            body["versioning"],
            tuple(body["profiles"]),
            tuple(Parameter(**one) for one in body["parameters"]),
        )
        for kind, body in data.items()
    }


def capability(base: str, reading: Reading, *, software: str, started: str) -> Resource:
    """The statement of this server.

    :param base: its address; software: its release; started: instant since when it answers so.
    """
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": started,
        "kind": "instance",
        "software": {"name": "Écluse", "version": software},
        "implementation": {"description": "Écluse", "url": base},
        "fhirVersion": FHIR_VERSION,
        "format": [MEDIA_TYPE, "json"],
        "implementationGuide": [
            f"https://hl7.fr/ig/fhir/core/ImplementationGuide/hl7.fhir.fr.core|{reading.version}"
        ],
        "rest": [
            {
                "mode": "server",
                "documentation": "Read only: identities change by HL7 messages. Out of reach answers 404.",
                "security": {
                    "cors": False,
                    "service": [{"text": "Bearer token of this gateway (ecluse token create)"}],
                },
                "resource": [_resource(kind, one, reading) for kind, one in served().items()],
            }
        ],
    }


def _resource(kind: str, one: Served, reading: Reading) -> Resource:
    return without_empty(
        {
            "type": kind,
            "supportedProfile": [f"{STRUCTURES}{name}|{reading.version}" for name in one.profiles],
            "interaction": [{"code": code} for code in one.interactions],
            "versioning": one.versioning,
            "readHistory": "vread" in one.interactions,
            "updateCreate": False,
            "conditionalCreate": False,
            "conditionalRead": "not-supported",
            "conditionalUpdate": False,
            "conditionalDelete": "not-supported",
            "searchParam": [
                without_empty(
                    {
                        "name": each.name,
                        "definition": each.definition,
                        "type": each.type,
                        "documentation": each.note,
                    }
                )
                for each in one.parameters
            ],
        }
    )
