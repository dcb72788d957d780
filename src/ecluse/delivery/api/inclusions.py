"""Inclusion lists: the patients that a device or a service follows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from ecluse.delivery.api import cursors
from ecluse.delivery.api.acts import act, located
from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.shapes import Cursor, Limit, Patients, Sent, Text
from ecluse.services import access
from ecluse.services.access import Caller
from ecluse.services.queries import access as queries
from ecluse.services.queries.access import (
    InclusionDocument,
    InclusionListDocument,
    InclusionPage,
    domain_name,
    visible,
)

router = Router(tags=["inclusions"])

PAGE = 100


class NewList(Sent):
    """An inclusion list to make. domain: name of the domain of its patients, null: of the token, else the first."""

    name: Text
    domain: Text | None = None


class Included(Sent):
    """Patients to include, by id."""

    patients: Patients


@router.get(
    "/inclusion-lists",
    operation_id="list_inclusion_lists",
    auth=Scoped("inclusions:read"),
    response=list[InclusionListDocument],
)
def list_lists(request: HttpRequest) -> Any:
    """Inclusion lists, by name."""
    return list(queries.lists(access.reach(caller(request))))


@router.post(
    "/inclusion-lists",
    operation_id="create_inclusion_list",
    auth=Scoped("inclusions:write"),
    response={201: InclusionListDocument},
)
def create_list(request: HttpRequest, body: NewList, response: HttpResponse) -> Any:
    """Make an inclusion list, empty."""
    asking = caller(request)
    mine = domain_name(asking.domain)
    if asking.inclusion or (mine is not None and body.domain not in (None, mine)):
        raise Problem("token-bound")
    made = act(
        asking, "inclusion-list.create", {"name": body.name, "domain": body.domain or mine or ""}
    ).data["id"]
    located(response, f"/inclusion-lists/{made}")
    return Status(201, _list(asking, made))


@router.get(
    "/inclusion-lists/{list_id}",
    operation_id="read_inclusion_list",
    auth=Scoped("inclusions:read"),
    response=InclusionListDocument,
)
def read_list(request: HttpRequest, list_id: str) -> InclusionListDocument:
    """One inclusion list."""
    return _list(caller(request), list_id)


@router.get(
    "/inclusion-lists/{list_id}/patients",
    operation_id="list_included_patients",
    auth=Scoped("inclusions:read"),
    response=InclusionPage,
)
def list_patients(
    request: HttpRequest, list_id: str, limit: Limit = PAGE, cursor: Cursor | None = None
) -> InclusionPage:
    """Patients of a list, by id; those excluded too, with the moment when they were."""
    asking = caller(request)
    found = queries.inclusions(_list(asking, list_id).id, cursors.opened("inclusions", cursor), limit)
    access.record(asking, "inclusion.list", [one.patient for one in found.patients], now(), f"list {list_id}")
    return InclusionPage(
        found.patients, None if found.next is None else cursors.seal("inclusions", found.next)
    )


@router.post(
    "/inclusion-lists/{list_id}/patients",
    operation_id="include_patients",
    auth=Scoped("inclusions:write"),
    response=InclusionListDocument,
)
def include(request: HttpRequest, list_id: str, body: Included) -> InclusionListDocument:
    """Include patients, 500 at most. They must be within the reach of the token that includes them."""
    asking = caller(request)
    found = _list(asking, list_id)
    reached = visible(access.reach(asking), body.patients)
    access.record(asking, "inclusion.include", sorted(reached), now(), f"list {list_id}")
    if reached != set(body.patients):
        raise Problem("patient-not-found")
    act(asking, "inclusion.include", {"list": found.id, "patients": list(body.patients)})
    return _list(asking, list_id)


@router.delete(
    "/inclusion-lists/{list_id}/patients/{patient}",
    operation_id="exclude_patient",
    auth=Scoped("inclusions:write"),
    response=InclusionDocument,
)
def exclude(request: HttpRequest, list_id: str, patient: str, purge: bool = False) -> InclusionDocument:
    """Exclude a patient: the tokens and subscribers of the list no longer see it. `purge` deletes what is kept here for
    this list about it, and marks what was delivered as to be purged where it went; an excluded patient may be purged
    later.
    """
    asking = caller(request)
    known = queries.inclusion(_list(asking, list_id).id, patient)
    if known is None:
        raise Problem("patient-not-found")
    access.record(asking, "inclusion.exclude", [patient], now(), f"list {list_id}")
    if known.included or (purge and not known.purge):
        act(asking, "inclusion.exclude", {"list": list_id, "patients": [patient], "purge": purge})
    found = queries.inclusion(list_id, patient)
    assert found is not None
    return found


def _list(asking: Caller, list_id: str) -> InclusionListDocument:
    found = queries.inclusion_list(access.reach(asking), list_id)
    if found is None:
        raise Problem("not-found")
    return found
