"""Who may see a page or ask for an act: each view of the console says it, and a test reads it from every address."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ecluse.delivery.console import errors
from ecluse.delivery.console.visits import Request
from ecluse.services.accounts import first_visit

__all__ = ["Request", "act", "own", "page", "public"]

View = Callable[Concatenate[Request, ...], HttpResponse]
Guarded = Callable[Concatenate[HttpRequest, ...], HttpResponse]

READING = ("GET", "HEAD")
SIGN_IN, FIRST_VISIT = "/connexion/", "/premiere-visite/"


def page(right: str) -> Callable[[View], Guarded]:
    """A page that reads.

    :param right: what one must be allowed to do to see it; empty: being signed in is enough.
    """
    return _guarded(right, READING, fresh=False)


def act(right: str, *, fresh: bool = False) -> Callable[[View], Guarded]:
    """An act, which only a POST asks for (its CSRF token is checked before).

    :param fresh: whoever signed in some minutes ago proves again who she is.
    """
    return _guarded(right, ("POST",), fresh=fresh)


def form(right: str, *, fresh: bool = False) -> Callable[[View], Guarded]:
    """A page with the form of an act, and the act itself when it is posted."""
    return _guarded(right, (*READING, "POST"), fresh=fresh)


def public(view: Callable[..., HttpResponse]) -> Guarded:
    """A page for everybody."""

    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    return _marked(handle, None)


def own(view: Callable[..., HttpResponse]) -> Guarded:
    """A page on the visitor's own account."""
    return _guarded("", (*READING, "POST"), fresh=False)(view)


def _guarded(right: str, methods: tuple[str, ...], *, fresh: bool) -> Callable[[View], Guarded]:
    def decorate(view: View) -> Guarded:
        @wraps(view)
        def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = refusal(request, right, methods)
            if refused is not None:
                return refused
            if fresh and is_reauthentication_required(request, app="ecluse"):
                raise ReauthenticationRequired
            return view(request, *args, **kwargs)  # type: ignore[arg-type]  # (its visitor is known now)

        return _marked(handle, right)

    return decorate


def refusal(request: HttpRequest, right: str, methods: tuple[str, ...]) -> HttpResponse | None:
    """What to answer to a request that may not have what it asks for; None: it may."""
    visitor = getattr(request, "visitor", None)
    if visitor is None:
        return sign_in_first(request)
    if right and not visitor.may(right):
        return errors.forbidden(request)
    if request.method not in methods:
        return errors.not_allowed(request, methods)
    return None


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Lead to the page of sign-in, and back; before the first account exists, to the first visit."""
    try:
        address = FIRST_VISIT if first_visit.needed() else SIGN_IN
    except DatabaseError:
        return errors.unavailable(request)
    if address == SIGN_IN and request.method in READING and request.path != "/":
        address += f"?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request"):
        # A part of a page would receive the page of sign-in: the browser is told to go there instead.
        return HttpResponse(status=401, headers={"HX-Redirect": address.partition("?")[0]})
    return HttpResponseRedirect(address)


def _marked(handle: Guarded, right: str | None) -> Guarded:
    handle.right = right  # type: ignore[attr-defined]
    return handle
