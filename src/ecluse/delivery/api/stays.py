"""Stays: where a patient is and was, as ITI-31 messages tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from ninja import Router

from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.patients import known
from ecluse.delivery.api.problems import Problem
from ecluse.services import access
from ecluse.services.access import Caller
from ecluse.services.queries import stays
from ecluse.services.queries.access import visible
from ecluse.services.queries.stay_documents import StayDocument

router = Router(tags=["stays"])


@router.get(
    "/patients/{patient}/stays",
    operation_id="list_patient_stays",
    auth=Scoped("stays:read"),
    response=list[StayDocument],
)
def of_patient(request: HttpRequest, patient: str) -> Any:
    """Stays of a patient in the order of their admissions, those of the patients merged into it included.

    `dmp_consent` is null too for a token without `consents:read`.
    """
    asking = caller(request)
    document = known(asking, patient, "stay.list")
    return [_shown(asking, one) for one in stays.of_patient(document.id)]


@router.get("/stays/{stay}", operation_id="read_stay", auth=Scoped("stays:read"), response=StayDocument)
def read(request: HttpRequest, stay: str) -> StayDocument:
    """One stay with its movements, those cancelled too.

    `dmp_consent` is null too for a token without `consents:read`.
    """
    asking = caller(request)
    found = stays.get(stay)
    seen = visible(access.reach(asking), [found.patient if found is not None else ""])
    if found is None or not seen:
        raise Problem("not-found")
    access.record(asking, "stay.read", [found.patient], now(), f"stay {found.id}")
    return _shown(asking, found)


def _shown(asking: Caller, one: StayDocument) -> StayDocument:
    return one if "consents:read" in asking.scopes else replace(one, dmp_consent=None)
