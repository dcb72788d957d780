"""Where messages come in: listeners as the running gateway has them, their TLS, and a trial."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.settings_pages.common import READ, show
from ecluse.services.deployment_view import current
from ecluse.services.try_listener import Trial, certificate_state, try_listener


@page(READ)
def every(request: Request) -> HttpResponse:
    """All of them."""
    return show(request, "listeners", "listeners", _values(None, None))


@act(READ)
def attempt(request: Request) -> HttpResponse:
    """Try one: this machine connects, shakes hands, and leaves. Nothing changes, nothing is sent."""
    name = request.POST.get("name", "")
    found = next((one for one in current().listeners if one.name == name), None)
    tried = try_listener(found) if found is not None else None
    return show(request, "listeners", "listeners", _values(name, tried))


def _values(name: str | None, tried: Trial | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "view": current(),
        "listeners": [
            (one, certificate_state(one, now), tried if one.name == name else None)
            for one in current().listeners
        ],
    }
