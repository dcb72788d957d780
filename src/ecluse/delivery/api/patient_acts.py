"""What is done to a patient by a person: a consent collected, a wrong merge undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from ecluse.delivery.api.acts import act, located
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.patients import chosen, known, router
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.shapes import Moment, Sent, Text
from ecluse.services.queries import stays
from ecluse.services.queries.documents import ConsentDocument
from ecluse.services.queries.merges import survivor
from ecluse.services.queries.patients import merged_into
from ecluse.services.queries.stay_documents import ConsentsDocument

__all__ = ["router"]
"""One address answers several methods only when its operations share a router."""


class NewConsent(Sent):
    """What a patient said of the DMP, by the codes of PAM France (ZFA-9, ZFA-11); null: nothing of it.

    Dates: now when null; how: it was collected; by: who collected it; stay: id of the stay it is for, null: in general;
    correction: a choice older than the one kept replaces it (otherwise it is refused).
    """

    how: Literal["oral", "written", "online"]
    feeding: Literal["NA", "INO", "IO"] | None = None
    feeding_date: Moment | None = None
    consultation: Literal["NA", "IC", "INC"] | None = None
    consultation_date: Moment | None = None
    by: Text | None = None
    stay: Text | None = None
    correction: Annotated[bool, Field(strict=True)] = False


class Undoing(Sent):
    """Why a merge was wrong: it stays in the history. version: of the merged patient as it was read, or null."""

    reason: Annotated[str, Field(min_length=5, max_length=1000, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None


class Undone(Sent):
    """Two identities that are two again."""

    patient: str
    survivor: str


@router.post(
    "/patients/{patient}/consents",
    operation_id="record_consent",
    auth=Scoped("consents:write"),
    response={201: ConsentsDocument},
)
def record_consent(request: HttpRequest, patient: str, body: NewConsent, response: HttpResponse) -> Any:
    """Record what a patient said of the DMP. What is not said stays as it was.

    A token without `consents:read` is answered with what it said alone, as the only line of the history.
    """
    asking = caller(request)
    known(asking, patient, "consent.record")
    stay = stays.get(body.stay) if body.stay is not None else None
    if body.stay is not None and (stay is None or stay.patient != survivor(patient)):
        raise Problem(  # the same words for a stay that does not exist and for one of somebody else
            "act-refused", "Ce patient n’a pas ce séjour.", "This patient does not have that stay."
        )
    wish = {name: value for name, value in body.model_dump().items() if value is not None}
    done = act(asking, "consent.record", {"patient": patient, "source": "api", **wish})
    located(response, f"/patients/{patient}/consents")
    found = chosen(patient)
    return Status(201, found if "consents:read" in asking.scopes else _only(found, done.seq, body))


def _only(found: ConsentsDocument, seq: int, body: NewConsent) -> ConsentsDocument:
    """For a token that may not read consents: what it has just said, and nothing that was kept before."""
    said = ConsentDocument(None, None, None, None)
    lines = [one for one in found.history if one.message == str(seq)]
    for kept in (one.dmp_consent for one in lines if one.dmp_consent is not None):
        said = ConsentDocument(
            kept.feeding if body.feeding else None,
            kept.feeding_date if body.feeding else None,
            kept.consultation if body.consultation else None,
            kept.consultation_date if body.consultation else None,
        )
    told = tuple(replace(one, dmp_consent=said) for one in lines)
    return ConsentsDocument(found.patient, None, (), None, told)


@router.post(
    "/patients/{patient}/unmerge",
    operation_id="unmerge_patient",
    auth=Scoped("identities:write"),
    response=Undone,
)
def unmerge(request: HttpRequest, patient: str, body: Undoing) -> Any:
    """Undo the merge of a patient (the one that was merged): both identities are as before, and the events say so. Both
    must be within reach.
    """
    asking = caller(request)
    known(asking, patient, "patient.unmerge")
    into = merged_into(patient)
    if into:
        known(asking, into, "patient.unmerge")
    done = act(
        asking, "patient.unmerge", {"patient": patient, "reason": body.reason, "version": body.version}
    )
    if done.data["survivor"] != into:  # undone by this very request, sent before
        known(asking, done.data["survivor"], "patient.unmerge")
    return Undone(patient=done.data["patient"], survivor=done.data["survivor"])
