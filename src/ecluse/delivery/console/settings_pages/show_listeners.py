"""Where messages come in: listeners as the running gateway has them, their TLS, and a trial."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecluse.delivery.console import settings as console_settings
from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.settings_pages.common import READ, WRITE, everywhere, show
from ecluse.services.deployment_view import current
from ecluse.services.listening.tally import Told, tallies
from ecluse.services.try_listener import Trial, certificate_state, try_listener
from ecluse.services.typography import french

_trying = threading.Lock()


@page(READ)
def every(request: Request) -> HttpResponse:
    """All of them."""
    return show(request, "listeners", "listeners", _values(None, None))


@act(WRITE)
@everywhere(WRITE)
def attempt(request: Request) -> HttpResponse:
    """Try one: this machine connects, shakes hands, and leaves. Nothing changes, nothing is sent.

    One trial at a time: a listener that is silent holds a thread for seconds, and the pages have few.
    """
    name = request.POST.get("name", "")
    found = next((one for one in current().listeners if one.name == name), None)
    tried = None
    if found is not None and _trying.acquire(blocking=False):
        try:
            tried = try_listener(found)
        finally:
            _trying.release()
    elif found is not None:
        messages.info(request, _("Un essai est déjà en cours : recommencez dans quelques secondes."))
    return show(request, "listeners", "listeners", _values(name, tried))


class RefusalRow(NamedTuple):
    """A client that TLS refused, as it is shown. times: refusals alike; why: in the language of the page."""

    at: datetime
    listener: str
    peer: str
    check: str
    why: str
    subject: str
    times: int


def _row(told: Told) -> RefusalRow:
    why = told.text_en if get_language() == "en" else french(told.text_fr)
    at = datetime.fromtimestamp(told.at / 1_000_000, UTC)
    return RefusalRow(at, told.listener, told.peer, told.check, why, told.subject, told.times)


def _values(name: str | None, tried: Trial | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "view": current(),
        "refusals": [_row(one) for one in tallies(console_settings.current().writer).latest],
        "listeners": [
            (one, certificate_state(one, now), tried if one.name == name else None)
            for one in current().listeners
        ],
    }
