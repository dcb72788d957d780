"""Resources as the FHIR API of the Annuaire Santé gives them, of an invented professional."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

from ecluse.protocols.annuaire import Page, read_page
from ecluse.transports.annuaire import DirectoryUnavailable

_NOS = "https://mos.esante.gouv.fr/NOS/"
_TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"


def _code(table: str, code: str) -> dict[str, str]:
    return {"system": f"{_NOS}{table}/FHIR/{table.replace('_', '-', 1)}", "code": code}


def practitioner(rpps: str, *, active: bool = True, id_: str = "p1") -> dict[str, Any]:
    """A physician."""
    return {
        "resourceType": "Practitioner",
        "id": id_,
        "active": active,
        "identifier": [
            {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": f"8{rpps}"},
            {"system": "https://rpps.esante.gouv.fr", "value": rpps},
        ],
        "name": [{"family": "Martel", "given": ["Claire", "Anne"], "prefix": ["MME"], "suffix": ["DR"]}],
        "qualification": [
            {"code": {"coding": [_code("TRE_R48-DiplomeEtatFrancais", "DE05")]}},
            {
                "code": {
                    "coding": [
                        _code("TRE_G15-ProfessionSante", "10"),
                        _code("TRE_R09-CategorieProfessionnelle", "C"),
                    ]
                }
            },
            {"code": {"coding": [_code("TRE_R38-SpecialiteOrdinale", "SM26")]}},
        ],
    }


def role(*, active: bool = True) -> dict[str, Any]:
    """Her activity in a hospital."""
    return {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "active": active,
        "practitioner": {"reference": "Practitioner/p1"},
        "organization": {"reference": "Organization/o1"},
        "code": [
            {"coding": [_code("TRE_R22-GenreActivite", "GENR01")]},
            {"coding": [_code("TRE_R23-ModeExercice", "S")]},
            {"coding": [_code("TRE_R21-Fonction", "FON-AU")]},
        ],
    }


def organization(finess: str = "0B0100012", kind: str = "FINEG", id_: str = "o1") -> dict[str, Any]:
    """The hospital: a site of the legal entity o2."""
    return {
        "resourceType": "Organization",
        "id": id_,
        "active": True,
        "name": "CH DE VALMONT",
        "identifier": [
            {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": f"1{finess}"},
            {
                "system": "https://finess.esante.gouv.fr",
                "value": finess,
                "type": {"coding": [{"system": _TYPES, "code": kind}]},
            },
        ],
        "partOf": {"reference": "Organization/o2"} if kind == "FINEG" else None,
        "address": [{"postalCode": "00000", "city": "VALMONT"}],
    }


def bundle(*resources: dict[str, Any], following: str = "") -> dict[str, Any]:
    """An answer; following: address of the next page."""
    links = [{"relation": "next", "url": following}] if following else []
    return {"resourceType": "Bundle", "link": links, "entry": [{"resource": one} for one in resources]}


class Api:
    """An API in this process: what it knows, by resource; or a failure. asked: what it was asked."""

    def __init__(self, failure: DirectoryUnavailable | None = None, **known: list[dict[str, Any]]) -> None:
        self._known, self._failure = known, failure
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, _settings: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def search(self, resource: str, criteria: Mapping[str, str]) -> Iterator[Page]:
        """One page of everything known of that kind (searched by `_id`: that one)."""
        self.asked.append((resource, dict(criteria)))
        if self._failure is not None:
            raise self._failure
        wanted = criteria.get("_id")
        found = [one for one in self._known.get(resource, []) if wanted in (None, one.get("id"))]
        yield read_page(json.dumps(bundle(*found)).encode())
