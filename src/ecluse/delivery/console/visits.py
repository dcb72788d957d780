"""Who is visiting: the session of a request and how long it may last."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.contrib.auth import logout
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ecluse.delivery.console.middleware import MACHINES
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.accounts import places, sign_in
from ecluse.services.accounts.means import session_means
from ecluse.services.accounts.settings import current
from ecluse.services.accounts.visitor import Account, Visitor, visitor

Handler = Callable[[HttpRequest], HttpResponse]

BEGAN, SEEN = "began", "seen"
"""Seconds since 1970, in the session: when it was opened, and when it last served, written at most twice a minute."""
PLACE = "place"
"""In the session: id of the establishment chosen in the header."""
_NOTED_EVERY = 30


class Request(HttpRequest):
    """A request of the console, once guarded."""

    visitor: Visitor


def know_visitor(answer: Handler) -> Handler:
    """Set `request.visitor` to the person of the session, or to None."""

    def handle(request: HttpRequest) -> HttpResponse:
        person: Visitor | None = None
        if not request.path.startswith(MACHINES):
            with contextlib.suppress(DatabaseError):  # the page says that the store does not answer
                person = _person(request)
        request.visitor = person  # type: ignore[attr-defined]
        return answer(request)

    return handle


def _person(request: HttpRequest) -> Visitor | None:
    if not request.session.session_key or not request.user.is_authenticated:
        return None
    user = request.user
    assert isinstance(user, Account)
    now = time.time()
    if _over(request, now):
        end(request, user, _("Votre session est terminée : connectez-vous de nouveau."))
        return None
    used = session_means(get_authentication_records(request, user))
    if used.factors < 2:
        end(request, user, _("Un second facteur est demandé."))
        return None
    if now - float(request.session.get(SEEN, 0)) > _NOTED_EVERY:
        request.session[SEEN] = now
    person = visitor(user, used)
    chosen = request.session.get(PLACE)
    return replace(person, place=places.find(person.id, chosen)) if chosen else person


def _over(request: HttpRequest, now: float) -> bool:
    """Whether a session served too long ago, or was opened too long ago. A clock that went back ends it too."""
    began, seen = request.session.get(BEGAN), request.session.get(SEEN)
    if not isinstance(began, float) or not isinstance(seen, float) or now + 60 < began:
        return True
    return now - seen > current().idle_minutes * 60 or now - began > current().absolute_hours * 3600


def begin(request: HttpRequest) -> None:
    """A person just signed in."""
    request.session[BEGAN] = request.session[SEEN] = time.time()


def end(request: HttpRequest, user: Account, why: str) -> None:
    """End the session of a request, and say why on the next page."""
    with contextlib.suppress(TrailUnavailable):  # the session ends whatever happens
        sign_in.trace(user, sign_in.ENDED, time.time_ns() // 1000, "limits")
    logout(request)
    messages.warning(request, why)
