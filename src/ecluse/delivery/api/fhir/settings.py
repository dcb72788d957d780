"""What the FHIR server needs to know of its gateway, besides what the REST interface knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from ecluse.protocols.fhir.reading import FrCore


@dataclass(frozen=True, slots=True)
class FhirSettings:
    """fr_core: reading of FR Core; base_url: public address, empty: the one called; started: since when it answers so
    (ISO 8601, UTC); ins_in_url: accept a matricule in the address of a search.
    """

    fr_core: FrCore = "2.1"
    base_url: str = ""
    started: str = "1970-01-01T00:00:00Z"
    ins_in_url: bool = False


_current: list[FhirSettings] = [FhirSettings()]


def use(settings: FhirSettings) -> None:
    """Answer so from now on."""
    _current[:] = [settings]


def current() -> FhirSettings:
    """The settings in force."""
    return _current[0]


def base(request: HttpRequest) -> str:
    """Address of this server, as its clients know it, without a slash at its end."""
    return current().base_url or request.build_absolute_uri("/fhir")
