"""Encounter: stays, read and searched by patient, by visit number, by status and by date."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api.fhir import answers
from ecluse.delivery.api.fhir.answers import NotAnswered
from ecluse.delivery.api.fhir.searching import asked, bundle, first, following, patients
from ecluse.delivery.api.fhir.settings import current
from ecluse.delivery.api.guard import admit, now
from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.encounter import STATUSES, encounter, status
from ecluse.protocols.fhir.facts import FhirStay
from ecluse.protocols.fhir.periods import DateAsked, dates, period
from ecluse.protocols.fhir.reading import reading
from ecluse.protocols.fhir.search import (
    Asked,
    SearchError,
    Token,
    alternatives,
    text,
    token,
)
from ecluse.services import access
from ecluse.services.access import Reach
from ecluse.services.queries import fhir_stays
from ecluse.services.queries.access import visible

SCOPE = "stays:read"
_OID = "urn:oid:"


def read(request: HttpRequest, id_: str) -> HttpResponse:
    """A stay as it is now."""
    caller = admit(request, SCOPE)
    found = fhir_stays.by_ids(access.reach(caller), [id_])
    resource = _resource(found[0]) if found else None
    if resource is None:
        raise NotAnswered("not-found")
    access.record(caller, "stay.read", [found[0].patient], now(), "fhir")
    return answers.resource(resource)


def search(request: HttpRequest) -> HttpResponse:
    """Stays of patients, by number or by id, narrowed by status and by date."""
    caller = admit(request, SCOPE)
    search = asked(request, "Encounter")
    reach = access.reach(caller)
    told = [
        (one.patient, resource)
        for one in _matching(reach, search)
        if (resource := _resource(one)) is not None
    ]
    start = first(search)
    page, rest = told[start : start + search.count], told[start + search.count :]
    # How many there are tells of all of them, and of who was asked for.
    about = [*sorted(visible(reach, patients(search))), *(patient for patient, _ in told)]
    access.record(caller, "stay.search", about, now(), "fhir")
    return bundle(
        request,
        "Encounter",
        search,
        [one for _, one in page],
        total=len(told),
        following=following(request, search, [one["id"] for _, one in rest]),
    )


def _matching(reach: Reach, search: Asked) -> list[FhirStay]:
    found = _designated(reach, search)
    ids = [{text(one) for one in alternatives(value)} for value in search.known.get("_id", ())]
    numbers = [[token(one) for one in alternatives(value)] for value in search.known.get("identifier", ())]
    states = [[token(one) for one in alternatives(value)] for value in search.known.get("status", ())]
    asked_dates = [dates(value, "date") for value in search.known.get("date", ())]
    at = now()
    return [
        one
        for one in found
        if all(one.id in each for each in ids)
        and all(any(_numbered(one, each) for each in tokens) for tokens in numbers)
        and all(any(_in_state(one, each) for each in tokens) for tokens in states)
        and all(_meets(one, each, at) for each in asked_dates)
    ]


def _designated(reach: Reach, search: Asked) -> tuple[FhirStay, ...]:
    """The stays of one criterion that leads to few of them; the others narrow.

    :raises NotAnswered: no such criterion.
    """
    known = search.known
    if "patient" in known:
        return fhir_stays.of_patients(reach, patients(search))
    if "_id" in known:
        return fhir_stays.by_ids(reach, (text(one) for one in alternatives(known["_id"][0])))
    if "identifier" not in known:
        raise NotAnswered("criterion")
    tokens = [token(one) for one in alternatives(known["identifier"][0])]
    if any(not one.system for one in tokens):
        raise SearchError("system", "identifier")
    oids = [(str(one.system).removeprefix(_OID), one.value) for one in tokens]
    return fhir_stays.by_ids(reach, {id_ for oid, value in oids for id_ in fhir_stays.by_visit(oid, value)})


def _numbered(one: FhirStay, asked: Token) -> bool:
    if one.visit is None or one.visit.value != asked.value:
        return False
    return asked.system is None or asked.system == (f"{_OID}{one.visit.oid}" if one.visit.oid else "")


def _in_state(one: FhirStay, asked: Token) -> bool:
    return asked.value == status(one) and asked.system in (None, STATUSES)


def _meets(one: FhirStay, asked: Sequence[DateAsked], at: int) -> bool:
    """Whether the period of a stay answers one of these dates; one that goes on has no end."""
    found = period(one.start, one.end)
    return found is not None and any(each.met_by(found, at) for each in asked)


def _resource(one: FhirStay) -> Resource | None:
    return encounter(one, reading(current().fr_core))
