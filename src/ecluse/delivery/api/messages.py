"""Messages as received: lines of the journal, bytes, what they say, findings, acknowledgement."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from ecluse.delivery.api import cursors
from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.patients import known
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.shapes import Cursor, Limit, Moment, Text
from ecluse.services import access
from ecluse.services.access import Caller
from ecluse.services.queries import journal
from ecluse.services.queries.access import domain_name, visible
from ecluse.services.queries.decoded import DecodedDocument, decoded
from ecluse.services.queries.journal import Filter, JournalDocument, JournalPage
from ecluse.services.queries.message_patients import shown_patients

router = Router(tags=["messages"])

PAGE = 50
Seq = Annotated[int, Path(ge=1, le=2**53)]
"""Number of a journal line."""


@router.get("/messages", operation_id="list_messages", auth=Scoped("messages:read"), response=JournalPage)
def list_messages(
    request: HttpRequest,
    sender: Text | None = None,
    answer: Literal["AA", "AE", "AR"] | None = None,
    kind: Literal["message", "duplicate", "unreadable", "ack", "act"] | None = None,
    event: Text | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = PAGE,
    cursor: Cursor | None = None,
) -> JournalPage:
    """Lines of the journal, newest first. sender: MSH-3, MSH-3/MSH-4 or number; since included, until excluded.

    For a token without domain and without inclusion list; the others read the messages of a patient.
    """
    asking = caller(request)
    if asking.domain is not None or asking.inclusion:
        raise Problem("token-bound")
    wanted = Filter(sender, answer, kind, event, None, _time("since", since), _time("until", until))
    return _page(wanted, cursor, limit)


@router.get(
    "/patients/{patient}/messages",
    operation_id="list_patient_messages",
    auth=Scoped("messages:read"),
    response=JournalPage,
)
def patient_messages(
    request: HttpRequest, patient: str, limit: Limit = PAGE, cursor: Cursor | None = None
) -> JournalPage:
    """Lines of the journal that changed a patient, newest first."""
    document = known(caller(request), patient, "message.list")
    return _page(Filter(patient=document.id), cursor, limit)


def _page(wanted: Filter, cursor: str | None, limit: int) -> JournalPage:
    found = journal.page(wanted, cursors.opened("messages", cursor, number=True), limit)
    return JournalPage(found.lines, None if found.next is None else cursors.seal("messages", found.next))


def _time(name: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        error = {"where": f"query.{name}", "type": "datetime", "what": "not a time of the calendar"}
        raise Problem(
            "validation", f"{name} : cette date n’existe pas.", f"{name}: no such time.", errors=[error]
        ) from None


@router.get(
    "/messages/{seq}", operation_id="read_message", auth=Scoped("messages:read"), response=JournalDocument
)
def read(request: HttpRequest, seq: Seq) -> JournalDocument:
    """Everything kept of a line: text, findings, acknowledgement (`answered`), what it changed."""
    return _shown(caller(request), seq, "message.read")


@router.get(
    "/messages/{seq}/decoded",
    operation_id="read_message_decoded",
    auth=Scoped("messages:read"),
    response=DecodedDocument,
)
def read_decoded(request: HttpRequest, seq: Seq) -> DecodedDocument:
    """The message taken apart: segments, fields, repetitions, components, subcomponents."""
    _shown(caller(request), seq, "message.decoded")
    found = decoded(seq)
    if found is None:
        raise _gone()
    return found


@router.get(
    "/messages/{seq}/raw",
    operation_id="read_message_raw",
    auth=Scoped("messages:read"),
    openapi_extra={
        "responses": {
            "200": {
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            }
        }
    },
)
def read_raw(request: HttpRequest, seq: Seq) -> HttpResponse:
    """The exact bytes received."""
    _shown(caller(request), seq, "message.raw")
    raw = journal.received(seq)
    if raw is None:
        raise _gone()
    headers = {"Content-Disposition": f'attachment; filename="{seq}.hl7"'}
    return HttpResponse(raw, content_type="application/octet-stream", headers=headers)


def _gone() -> Problem:
    return Problem(
        "not-found",
        "Les octets de cette ligne ont été purgés, ou ne sont pas un message HL7.",
        "The bytes of this line were purged, or are no HL7 message.",
    )


def _shown(asking: Caller, seq: int, action: str) -> JournalDocument:
    """A line within the caller's reach; that its patients are shown is written down."""
    document = journal.show(seq)
    if document is None or not _reached(asking, document):
        raise Problem("not-found")
    access.record(asking, action, shown_patients(document), now(), f"message {seq}")
    return document


def _reached(asking: Caller, document: JournalDocument) -> bool:
    """A bound token sees the lines of its domain; with an inclusion list, those whose patients are all within reach."""
    if asking.domain is not None and document.domain != domain_name(asking.domain):
        return False
    patients = {one.patient for one in document.events if one.patient}
    if asking.inclusion:
        return bool(patients) and visible(access.reach(asking), patients) == patients
    return True
