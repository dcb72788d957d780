"""Who may see a page or ask for an act: each view of the console says it, and a test reads it from every address."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ecluse.delivery.console import errors
from ecluse.delivery.console.visits import Request
from ecluse.services.accounts import first_visit
from ecluse.services.accounts.settings import current

__all__ = ["Request", "act", "everywhere", "form", "own", "page", "public", "sensitive"]

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


def everywhere(right: str) -> Callable[[View], View]:
    """Below the guard: what concerns every establishment asks for the right on all of them."""

    def decorate(view: View) -> View:
        view.on_all = right  # type: ignore[attr-defined]
        return view

    return decorate


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
        wide = getattr(
            view, "on_all", ""
        )  # see `everywhere`: looked at before anything is asked of the visitor

        @wraps(view)
        def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = refusal(request, right, methods, wide)
            if refused is not None:
                return refused
            if fresh and must_confirm(request):
                if not get_adapter().get_reauthentication_methods(request.user):
                    return errors.forbidden(request)
                raise ReauthenticationRequired
            return view(request, *args, **kwargs)  # type: ignore[arg-type]  # (its visitor is known now)

        return _marked(handle, right)

    return decorate


def sensitive(view: Callable[..., HttpResponse]) -> Guarded:
    """A page on the visitor's own account, by which its means of sign-in change."""
    return _guarded("", (*READING, "POST"), fresh=True)(view)


def must_confirm(request: HttpRequest) -> bool:
    """Whether the visitor must prove again who she is.

    django-allauth asks nothing of people who have no password here: whoever came by an identity provider would confirm
    nothing, so the records of the session are looked at instead.
    """
    records = get_authentication_records(request, request.user if request.user.is_authenticated else None)
    confirmed = [float(one["at"]) for one in records if one.get("reauthenticated")]
    return not confirmed or time.time() - confirmed[-1] >= current().fresh_minutes * 60


def refusal(
    request: HttpRequest, right: str, methods: tuple[str, ...], wide: str = ""
) -> HttpResponse | None:
    """What to answer to a request that may not have what it asks for; None: it may. wide: right needed everywhere."""
    visitor = getattr(request, "visitor", None)
    if visitor is None:
        return sign_in_first(request)
    if (right and not visitor.may(right)) or (wide and not visitor.everywhere(wide)):
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
