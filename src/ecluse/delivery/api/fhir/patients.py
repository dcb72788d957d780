"""Patient: read, vread, history and search. Each answer is written to the access trail before it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api import cursors
from ecluse.delivery.api.fhir import answers
from ecluse.delivery.api.fhir.answers import NotAnswered
from ecluse.delivery.api.fhir.searching import asked, bundle, following
from ecluse.delivery.api.fhir.settings import base, current
from ecluse.delivery.api.guard import admit, now
from ecluse.delivery.api.patients import reader as patient_reader
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.settings import current as gateway
from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.bundle import history as history_bundle
from ecluse.protocols.fhir.facts import FhirIdentity
from ecluse.protocols.fhir.patient import patient
from ecluse.protocols.fhir.reading import reading
from ecluse.protocols.fhir.search import (
    MOST,
    Asked,
    Between,
    SearchError,
    alternatives,
    between,
    day,
    text,
    token,
)
from ecluse.services import access
from ecluse.services.access import Caller, Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.births import MOST_LETTERS, IndexNotReady, by_birth
from ecluse.services.queries.fhir import IdentityReader, last_changes
from ecluse.services.queries.fhir_changes import changed
from ecluse.services.queries.fhir_identified import identified

SCOPE = "patients:read"
_TRAITS = ("birthdate", "family", "given")
_CHOOSING = ("_id", "identifier", *_TRAITS)


def read(request: HttpRequest, id_: str) -> HttpResponse:
    """A patient as it is now."""
    caller = admit(request, SCOPE)
    found = _reader(access.reach(caller)).get([id_])
    if not found:
        raise NotAnswered("not-found")
    access.record(caller, "patient.read", [id_], now(), "fhir")
    return answers.resource(_resource(found[0]))


def vread(request: HttpRequest, id_: str, version: str) -> HttpResponse:
    """A patient as it was in one version."""
    caller = admit(request, SCOPE)
    reader = _reader(access.reach(caller))
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    found = reader.version(id_, number)
    if found is None:
        raise NotAnswered("version-not-found" if reader.get([id_]) else "not-found")
    access.record(caller, "patient.read", [id_], now(), "fhir vread")
    return answers.resource(_resource(found))


def history(request: HttpRequest, id_: str) -> HttpResponse:
    """The versions of a patient, the latest first."""
    caller = admit(request, SCOPE)
    search = asked(request, "Patient")
    if search.known:
        raise SearchError("parameter-unknown", next(iter(search.known)))
    start = int(cursors.opened("fhir-history", search.page or None, number=True) or 0)
    page = _reader(access.reach(caller)).history(id_, start, max(1, search.count))
    if page is None:
        raise NotAnswered("not-found")
    access.record(caller, "patient.history", [id_], now(), "fhir")
    address = f"{base(request)}/Patient/{id_}/_history"
    more = f"{address}?_count={search.count}&_page={cursors.seal('fhir-history', str(page.next))}"
    return answers.resource(
        history_bundle(
            base(request),
            [_resource(one) for one in page.versions],
            self_url=address,
            next_url=more if page.next is not None else "",
            total=page.total,
        )
    )


def search(request: HttpRequest) -> HttpResponse:
    """Patients by id, by identifier, by traits, by time of their last change."""
    caller = admit(request, SCOPE)
    search = asked(request, "Patient")
    span = between(search.known.get("_lastUpdated", ()), "_lastUpdated")
    chosen = _chosen(search)
    if chosen is not None:
        return _among(request, caller, search, chosen, span)
    if "_lastUpdated" not in search.known:
        raise NotAnswered("criterion")
    return _walk(request, caller, search, span)


def _chosen(search: Asked) -> set[str] | None:
    """Ids that the criteria designate, whoever asks; None when there is no such criterion."""
    sets: list[set[str]] = []
    for value in search.known.get("_id", ()):
        sets.append({text(one) for one in alternatives(value)})
    for value in search.known.get("identifier", ()):
        tokens = map(token, alternatives(value))
        sets.append({id_ for one in tokens for id_ in identified(patient_reader(), one.system, one.value)})
    if any(name in search.known for name in _TRAITS):
        sets.append(set(_by_traits(search)))
    return set.intersection(*sets) if sets else None


def _by_traits(search: Asked) -> list[str]:
    """Birth date first, then at most three letters of one name (INS implementation guide, EXI ID 17)."""
    dates, *names = (search.known.get(name, ()) for name in _TRAITS)
    letters = [text(value) for values in names for value in values]
    if len(dates) != 1 or len(letters) > 1 or any(len(one) > MOST_LETTERS for one in letters):
        raise SearchError("three-letters", "birthdate" if len(dates) != 1 else "family")
    family, given = (text(values[0]) if values else "" for values in names)
    try:
        return by_birth(day(dates[0], "birthdate"), family, given)
    except IndexNotReady:
        raise Problem("index-not-ready", headers={"Retry-After": "30"}) from None


def _among(
    request: HttpRequest, caller: Caller, search: Asked, chosen: Iterable[str], span: Between
) -> HttpResponse:
    """The answer for patients that were designated: few, so they are all known before the first page.

    The next page is asked by ids: what was searched by POST appears in no address.
    """
    reach = access.reach(caller)
    seen = sorted(visible(reach, chosen))
    if "_lastUpdated" in search.known:
        times = last_changes(seen)
        seen = [one for one in seen if span.holds(times.get(one, 0))]
    if len(seen) > MOST:
        raise NotAnswered("too-many")
    page, rest = seen[: search.count], seen[search.count :]
    by = ",".join(name for name in _CHOOSING if name in search.known)
    found = _resources(reach, page)
    # The number found tells of those of the other pages too.
    access.record(caller, "patient.search", seen, now(), f"fhir {by}")
    more = following(request, search, rest)
    return bundle(request, "Patient", search, found, total=len(seen), following=more)


def _walk(request: HttpRequest, caller: Caller, search: Asked, span: Between) -> HttpResponse:
    """The answer for all patients that changed in a span of time, in the order of the changes."""
    reach = access.reach(caller)
    after = int(cursors.opened("fhir-changes", search.page or None, number=True) or 0)
    if search.count == 0:
        raise NotAnswered("count", "_count")
    page = changed(reach, span, after, search.count)
    more = (
        [
            *(("_lastUpdated", value) for value in search.known["_lastUpdated"]),
            ("_count", str(search.count)),
            ("_page", cursors.seal("fhir-changes", str(page.next))),
        ]
        if page.next is not None
        else []
    )
    found = _resources(reach, page.patients)
    access.record(caller, "patient.search", [one["id"] for one in found], now(), "fhir _lastUpdated")
    return bundle(request, "Patient", search, found, following=more)


def _resources(reach: Reach, ids: Sequence[str]) -> list[Resource]:
    """The patients of a page, in its order."""
    found = {one.id: _resource(one) for one in _reader(reach).get(ids)}
    return [found[id_] for id_ in ids if id_ in found]


def _reader(reach: Reach) -> IdentityReader:
    settings = gateway()
    return IdentityReader(
        reach,
        settings.environment,
        require_strict_traits=settings.require_strict_traits,
        wrong_key=settings.wrong_key,
    )


def _resource(one: FhirIdentity) -> Resource:
    return patient(one, reading(current().fr_core))
