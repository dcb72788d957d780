"""Consent: what a patient said of the DMP, read and searched by patient."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api.fhir import answers
from ecluse.delivery.api.fhir.answers import NotAnswered
from ecluse.delivery.api.fhir.searching import asked, bundle
from ecluse.delivery.api.guard import admit, now
from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.consent import consent
from ecluse.protocols.fhir.search import alternatives, reference, text
from ecluse.services import access
from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.fhir_consents import consents, patient_of

SCOPE = "consents:read"


def read(request: HttpRequest, id_: str) -> HttpResponse:
    """One choice of a patient, as it holds now."""
    caller = admit(request, SCOPE)
    found = [one for one in _of(access.reach(caller), patient_of(id_)) if one["id"] == id_]
    if not found:
        raise NotAnswered("not-found")
    access.record(caller, "consent.read", [patient_of(id_)], now(), "fhir")
    return answers.resource(found[0])


def search(request: HttpRequest) -> HttpResponse:
    """The choices of patients, for each subject and each stay the one that holds."""
    caller = admit(request, SCOPE)
    search = asked(request, "Consent")
    ids = [{text(one) for one in alternatives(value)} for value in search.known.get("_id", ())]
    patients = [
        {reference(one, "Patient") for one in alternatives(value)}
        for value in search.known.get("patient", ())
    ]
    if not ids and not patients:
        raise NotAnswered("criterion")
    about = set.intersection(*patients, *({patient_of(one) for one in each} for each in ids))
    reach = access.reach(caller)
    found = [
        one
        for patient in sorted(about)
        for one in _of(reach, patient)
        if all(one["id"] in each for each in ids)
    ]
    page, rest = found[: search.count], found[search.count :]
    following = (
        [("_id", ",".join(one["id"] for one in rest)), ("_count", str(search.count))] if page and rest else []
    )
    shown = [patient_of(one["id"]) for one in page]
    access.record(caller, "consent.search", shown, now(), "fhir")
    return bundle(request, "Consent", search, page, total=len(found), following=following)


def _of(reach: Reach, patient: str) -> list[Resource]:
    """The consents of a patient within reach; what was not collected is none."""
    if not visible(reach, [patient]):
        return []
    return [one for one in map(consent, consents(patient)) if one is not None]
