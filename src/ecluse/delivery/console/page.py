"""What all pages have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from ecluse.delivery.console import assets, navigation
from ecluse.delivery.console.settings import current
from ecluse.delivery.console.times import zone
from ecluse.services.accounts import places
from ecluse.services.queries.simulation import simulated

View = Callable[..., HttpResponse]

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "apparence"
"""Holds one of `THEMES`; set by the page of appearance and by the script of the pages, and says nothing of anybody."""


def context(request: HttpRequest) -> dict[str, Any]:
    """Values for every template."""
    language = get_language() or "fr"
    other = "en" if language == "fr" else "fr"
    query = request.GET.copy()
    query["lang"] = other
    visitor = getattr(request, "visitor", None)
    return {
        "language": language,
        "other_language": other,
        "other_language_address": f"?{query.urlencode()}",
        "home": "/" + (f"?{urlencode({'lang': language})}" if "lang" in request.GET else ""),
        "here": request.path,
        "back": _back(request),
        "environment": current().environment,
        "simulation": _simulation(),
        "version": current().version,
        "zone": zone().key,
        "visitor": visitor,
        "places": SimpleLazyObject(lambda: _places(visitor)),
        "theme": theme(request),
        "bar": _bar(request.path, visitor),
        "can_search": visitor is not None and navigation.exists("/recherche/"),
        "can_choose": navigation.exists("/compte/apparence"),
        "keeps_language": visitor is not None and navigation.exists("/compte/langue/"),
        "has_account": visitor is not None and navigation.exists("/compte/"),
        "stylesheet": assets.address("console.css"),
        "font": assets.address("inter.woff2"),
        "scripts": tuple(map(assets.address, ("htmx.js", "console.js", "webauthn.js"))),
        "favicon": assets.address("icon.svg"),
        "favicon_dark": assets.address("icon-dark.svg"),
    }


def _back(request: HttpRequest) -> str:
    """Where a choice of language or appearance comes back to: this page, without the language asked for it alone."""
    query = request.GET.copy()
    query.pop("lang", None)
    return f"{request.path}?{query.urlencode()}" if query and request.method == "GET" else request.path


def theme(request: HttpRequest) -> str:
    """The appearance chosen: `light`, `dark`, or `auto` for that of the visitor's system."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def _bar(path: str, visitor: Any) -> tuple[navigation.Entry, ...]:
    """An error page must hold when the database does not: what waits is then left out, and the bar with it."""
    if visitor is None:
        return ()
    try:
        return navigation.entries(visitor, path)
    except DatabaseError:
        return ()


def _places(visitor: Any) -> tuple[tuple[int, str], ...]:
    """Establishments the visitor may look at; none on an error page that the store does not answer."""
    if visitor is None or not navigation.exists("/etablissement/"):
        return ()
    try:
        return places.offered(visitor.id)
    except DatabaseError:
        return ()


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
