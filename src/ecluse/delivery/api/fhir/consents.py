"""Consent: what a patient said of the DMP, read and searched by patient."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api.fhir import answers
from ecluse.delivery.api.fhir.answers import NotAnswered
from ecluse.delivery.api.fhir.searching import asked, bundle, first, following, patients
from ecluse.delivery.api.guard import admit, now
from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.consent import consent
from ecluse.protocols.fhir.facts import FhirConsent
from ecluse.protocols.fhir.search import alternatives, text
from ecluse.services import access
from ecluse.services.queries import fhir_consents
from ecluse.services.queries.access import visible

SCOPE = "consents:read"


def read(request: HttpRequest, id_: str) -> HttpResponse:
    """One choice of a patient, as it holds now."""
    caller = admit(request, SCOPE)
    one = next(iter(fhir_consents.by_ids(access.reach(caller), [id_])), None)
    found = consent(one) if one is not None else None
    if one is None or found is None:
        raise NotAnswered("not-found")
    access.record(caller, "consent.read", [one.patient], now(), "fhir")
    return answers.resource(found)


def search(request: HttpRequest) -> HttpResponse:
    """The choices of patients, for each subject and each stay the one that holds."""
    caller = admit(request, SCOPE)
    search = asked(request, "Consent")
    ids = [{text(one) for one in alternatives(value)} for value in search.known.get("_id", ())]
    if not ids and "patient" not in search.known:
        raise NotAnswered("criterion")
    reach = access.reach(caller)
    about = sorted(visible(reach, patients(search)))
    ones: list[FhirConsent] = []
    if "patient" in search.known:
        ones += [one for patient in about for one in fhir_consents.of_patient(reach, patient)]
    else:
        ones += fhir_consents.by_ids(reach, set.intersection(*ids))
    ones = [one for one in ones if all(one.id in each for each in ids)]
    told: list[tuple[str, Resource]] = [
        (one.patient, resource) for one in ones if (resource := consent(one)) is not None
    ]
    start = first(search)
    page, rest = told[start : start + search.count], told[start + search.count :]
    # How many there are tells of all of them, and of who was asked for.
    access.record(caller, "consent.search", [*about, *(patient for patient, _ in told)], now(), "fhir")
    return bundle(
        request,
        "Consent",
        search,
        [one for _, one in page],
        total=len(told),
        following=following(request, search, [one["id"] for _, one in rest]),
    )
