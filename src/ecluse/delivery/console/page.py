"""What all pages have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from ecluse.delivery.console import assets
from ecluse.delivery.console.settings import current
from ecluse.services.queries.simulation import simulated

View = Callable[..., HttpResponse]


def context(request: HttpRequest) -> dict[str, Any]:
    """Values for every template."""
    language = get_language() or "fr"
    other = "en" if language == "fr" else "fr"
    query = request.GET.copy()
    query["lang"] = other
    return {
        "language": language,
        "other_language": other,
        "other_language_address": f"?{query.urlencode()}",
        "home": "/" + (f"?{urlencode({'lang': language})}" if "lang" in request.GET else ""),
        "environment": current().environment,
        "simulation": _simulation(),
        "version": current().version,
        "stylesheet": assets.address("console.css"),
        "icon": assets.address("icon.svg"),
    }


def _simulation() -> bool:
    """A database that does not answer shows nobody to label."""
    try:
        return simulated()
    except DatabaseError:
        return False


def read_only(view: View) -> View:
    """Only GET and HEAD; other methods get the page of error 405."""

    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            from ecluse.delivery.console.errors import not_allowed

            return not_allowed(request)
        return view(request, *args, **kwargs)

    return handle
