"""What the pages of feeds share: what the visitor may see of them, and whether only a part of the page is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpResponse

from ecluse.delivery.console import errors
from ecluse.delivery.console.guard import Request
from ecluse.services import access
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.queries import journal
from ecluse.services.queries.access import domain_name
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.message_patients import shown_patients

READ = "messages.read"
SENDERS = "status.read"
"""Senders are systems: nobody's data is in what they are called and how much they send."""
MANAGE = "senders.manage"

View = Callable[Concatenate[Request, ...], HttpResponse]


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000


def domains(request: Request, right: str) -> frozenset[int] | None:
    """Ids of the domains on which the visitor has a right, in the place she chose; None: all."""
    return request.visitor.reach(right).domains


def is_part(request: Request) -> bool:
    """Whether htmx asks for a part of the page; when the browser goes back, it wants the whole."""
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def number(text: str | None) -> int | None:
    """A number of an address, or None when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None


def traced(view: View) -> View:
    """A view that shows nothing when the access trail cannot be written; its address serves both a page and a part."""

    @wraps(view)
    def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except TrailUnavailable:
            return errors.unavailable(request)
        response["Vary"] = "Cookie, HX-Request, Accept-Language"
        return response

    return handle


def message(request: Request, seq: int, action: str) -> JournalDocument:
    """A line of the journal within the visitor's reach; that its patients are shown is written down.

    :raises Http404: there is none; one out of reach is answered in the same way.
    :raises TrailUnavailable: nothing may be shown.
    """
    document = journal.show(seq) if 0 < seq < 2**53 else None
    if document is None or not _within(document, domains(request, READ)):
        raise Http404
    access.record(request.visitor.caller(READ), action, shown_patients(document), now(), f"message {seq}")
    return document


def _within(document: JournalDocument, reach: frozenset[int] | None) -> bool:
    return reach is None or document.domain in {domain_name(one) for one in reach if one}
