"""Addresses of the FHIR server, under `/fhir`."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from ecluse.delivery.api.fhir import answers, consents, encounters, patients
from ecluse.delivery.api.fhir.answers import NotAnswered, answering
from ecluse.delivery.api.fhir.settings import base, current
from ecluse.delivery.api.settings import current as gateway
from ecluse.protocols.fhir.capability import capability, served
from ecluse.protocols.fhir.reading import reading

View = Callable[..., HttpResponse]

_VIEWS: dict[str, dict[str, View]] = {
    "Patient": {
        "read": patients.read,
        "vread": patients.vread,
        "history-instance": patients.history,
        "search-type": patients.search,
    },
    "Encounter": {"read": encounters.read, "search-type": encounters.search},
    "Consent": {"read": consents.read, "search-type": consents.search},
}


def addresses() -> list[URLPattern]:
    """The patterns of `/fhir/…`; what none of them serves answers 404 in FHIR as well."""
    return [
        re_path(r"^fhir/metadata$", metadata),
        re_path(r"^fhir/(?P<kind>[A-Za-z]+)$", answering("GET")(_search)),
        re_path(r"^fhir/(?P<kind>[A-Za-z]+)/_search$", answering("POST")(_search)),
        re_path(r"^fhir/(?P<kind>[A-Za-z]+)/(?P<id_>[A-Za-z0-9.-]{1,64})$", answering("GET")(_read)),
        re_path(
            r"^fhir/(?P<kind>[A-Za-z]+)/(?P<id_>[A-Za-z0-9.-]{1,64})/_history$", answering("GET")(_history)
        ),
        re_path(
            r"^fhir/(?P<kind>[A-Za-z]+)/(?P<id_>[A-Za-z0-9.-]{1,64})/_history/(?P<version>[^/]{1,64})$",
            answering("GET")(_vread),
        ),
        re_path(r"^fhir(?:/.*)?$", answering("GET", "POST")(_nothing)),
    ]


@answering("GET")
def metadata(request: HttpRequest) -> HttpResponse:
    """What this server does. It shows no patient, so it needs no token."""
    statement = capability(
        base(request),
        reading(current().fr_core),
        software=gateway().version,
        started=current().started,
    )
    return answers.resource(statement)


def _view(kind: str, interaction: str) -> View:
    if kind not in served():
        raise NotAnswered("type-unknown")
    if interaction not in served()[kind].interactions:
        raise NotAnswered("not-found")
    return _VIEWS[kind][interaction]


def _read(request: HttpRequest, kind: str, id_: str) -> HttpResponse:
    return _view(kind, "read")(request, id_)


def _vread(request: HttpRequest, kind: str, id_: str, version: str) -> HttpResponse:
    return _view(kind, "vread")(request, id_, version)


def _history(request: HttpRequest, kind: str, id_: str) -> HttpResponse:
    return _view(kind, "history-instance")(request, id_)


def _search(request: HttpRequest, kind: str) -> HttpResponse:
    return _view(kind, "search-type")(request)


def _nothing(request: HttpRequest) -> HttpResponse:
    raise NotAnswered("type-unknown")
