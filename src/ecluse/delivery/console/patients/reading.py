"""What every page about patients does: read within the visitor's reach, and write it down before showing anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpResponse

from ecluse.delivery.console import errors
from ecluse.delivery.console.guard import Request
from ecluse.delivery.console.settings import current
from ecluse.services import access
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.queries.access import visible
from ecluse.services.queries.patient_card import PatientCard, card
from ecluse.services.queries.patients import PatientReader

READ = "patients.read"

View = Callable[Concatenate[Request, ...], HttpResponse]


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000


def reader() -> PatientReader:
    """Reads the patients of this gateway."""
    settings = current()
    return PatientReader(
        settings.environment,
        require_strict_traits=settings.require_strict_traits,
        wrong_key=settings.wrong_key,
    )


def traced(view: View) -> View:
    """A view that shows nothing when the access trail cannot be written."""

    @wraps(view)
    def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TrailUnavailable:
            return errors.unavailable(request)

    return handle


def record(request: Request, action: str, patients: Sequence[str], detail: str = "") -> None:
    """Write that the visitor is shown patients.

    :raises TrailUnavailable: nothing may be shown.
    """
    access.record(request.visitor.caller(READ), action, patients, now(), detail)


def known(request: Request, patient: str, action: str, right: str = READ) -> str:
    """A patient on whom the visitor has a right, written down as shown.

    :raises Http404: there is none; one out of reach is answered in the same way.
    """
    if patient not in visible(request.visitor.reach(right), [patient]):
        raise Http404
    record(request, action, [patient])
    return patient


def card_of(request: Request, patient: str, action: str, right: str = READ) -> PatientCard:
    """The card of such a patient, whom the visitor may see, and on whom a further right holds.

    :raises Http404: as `known`.
    """
    found = card(reader(), request.visitor.reach(READ), patient)
    if found is None or (right != READ and not visible(request.visitor.reach(right), [patient])):
        raise Http404
    others = [one.id for one in found.absorbed] if action == "patient.read" else []
    record(request, action, [patient, *others])
    return found


def number(text: str | None) -> int | None:
    """A cursor of an address, or None when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
