"""Patients: found, shown, and what changed on them. Each answer is written to the access trail before it leaves."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Body, Router

from ecluse.delivery.api import cursors
from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.settings import current
from ecluse.delivery.api.shapes import (
    BirthDate,
    ByIdentifier,
    ByIns,
    ByTraits,
    Cursor,
    FoundPatients,
    History,
    Letters,
    Limit,
    Matricule,
    Oid,
    Patient,
    Search,
    Text,
    complete,
    found,
)
from ecluse.services import access
from ecluse.services.access import Caller
from ecluse.services.queries import patient_search, stays
from ecluse.services.queries.access import visible
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.patient_search import IndexNotReady, Unclear
from ecluse.services.queries.patient_search import search as search_for
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.stay_documents import ConsentsDocument
from ecluse.services.queries.within import within

router = Router(tags=["patients"])

PAGE = 50


def reader() -> PatientReader:
    """Reads the patients of this gateway."""
    settings = current()
    return PatientReader(
        settings.environment,
        require_strict_traits=settings.require_strict_traits,
        wrong_key=settings.wrong_key,
    )


def known(asking: Caller, patient: str, action: str) -> PatientDocument:
    """A patient within the caller's reach, naming no other out of it; that it is shown is written down.

    :raises Problem: there is none; one out of reach is answered in the same way.
    """
    document = reader().get(patient) if visible(access.reach(asking), [patient]) else None
    if document is None:
        raise Problem("patient-not-found")
    access.record(asking, action, [document.id], now())
    return within(document, access.reach(asking))


@router.get("/patients", operation_id="find_patients", auth=Scoped("patients:read"), response=FoundPatients)
def find(
    request: HttpRequest,
    ins: Matricule | None = None,
    ins_oid: Oid | None = None,
    identifier: Text | None = None,
    authority: Text | None = None,
    birth_date: BirthDate | None = None,
    name: Letters | None = None,
    first_name: Letters | None = None,
    limit: Limit = PAGE,
    cursor: Cursor | None = None,
) -> FoundPatients:
    """Find patients by INS, by local identifier, or by birth date and first letters of a name.

    An address ends up in the logs of proxies: prefer the POST, above all for a matricule.
    """
    wanted: Search
    if ins is not None and not any((identifier, authority, birth_date, name, first_name)):
        wanted = ByIns(ins=ins, ins_oid=ins_oid)
    elif identifier is not None and not any((ins, ins_oid, birth_date, name, first_name)):
        wanted = ByIdentifier(identifier=identifier, authority=authority)
    elif birth_date is not None and not any((ins, ins_oid, identifier, authority)):
        wanted = ByTraits(birth_date=birth_date, name=name, first_name=first_name)
    else:
        raise Problem("search-unclear")
    return _search(caller(request), wanted, limit, cursor)


@router.post(
    "/patients/search", operation_id="search_patients", auth=Scoped("patients:read"), response=FoundPatients
)
def search(
    request: HttpRequest,
    wanted: Annotated[Search, Body()],
    limit: Limit = PAGE,
    cursor: Cursor | None = None,
) -> FoundPatients:
    """Find patients, with what is searched in the body: nothing of it stands in an address."""
    return _search(caller(request), wanted, limit, cursor)


def _search(asking: Caller, wanted: Search, limit: int, cursor: str | None) -> FoundPatients:
    after = cursors.opened("patients", cursor)
    try:
        page = search_for(reader(), access.reach(asking), _wanted(wanted), after=after, limit=limit)
    except Unclear:
        raise Problem("search-unclear") from None
    except IndexNotReady:
        raise Problem("index-not-ready", headers={"Retry-After": "30"}) from None
    access.record(asking, "patient.search", [one.id for one in page.patients], now(), page.how)
    more = cursors.seal("patients", page.next) if page.next is not None else None
    return FoundPatients(tuple(map(found, page.patients)), more)


def _wanted(asked: Search) -> patient_search.Wanted:
    if isinstance(asked, ByIns):
        return patient_search.ByIns(asked.ins, asked.ins_oid)
    if isinstance(asked, ByIdentifier):
        return patient_search.ByIdentifier(asked.identifier, asked.authority)
    return patient_search.ByTraits(asked.birth_date, asked.name or "", asked.first_name or "")


@router.get(
    "/patients/{patient}", operation_id="read_patient", auth=Scoped("patients:read"), response=Patient
)
def read(request: HttpRequest, patient: str) -> Patient:
    """A patient with its demographics. A merged one says which patient replaced it."""
    return complete(known(caller(request), patient, "patient.read"))


@router.get(
    "/patients/{patient}/history",
    operation_id="read_patient_history",
    auth=Scoped("patients:read"),
    response=History,
)
def history(request: HttpRequest, patient: str, limit: Limit = PAGE, cursor: Cursor | None = None) -> History:
    """What changed on a patient, newest first, with the journal line that brought each change."""
    start = int(cursors.opened("history", cursor, number=True) or 0)
    changes = known(caller(request), patient, "patient.history").history[::-1]
    page = changes[start : start + limit]
    more = cursors.seal("history", str(start + limit)) if len(changes) > start + limit else None
    return History(page, more)


@router.get(
    "/patients/{patient}/consents",
    operation_id="read_patient_consents",
    auth=Scoped("consents:read"),
    response=ConsentsDocument,
)
def consents(request: HttpRequest, patient: str) -> ConsentsDocument:
    """What the patient said of the DMP, by the codes of PAM France (ZFA-9 to 12): now, by stay, and the history with
    who collected it and how.
    """
    return chosen(known(caller(request), patient, "consent.read").id)


def chosen(patient: str) -> ConsentsDocument:
    """The consents of a patient that is known."""
    found = stays.consents(patient)
    if found is None:
        raise Problem("patient-not-found")
    return found
