"""The session at the provider follows ours: renewed while it lasts, ended with it, and ours ended with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language

from ecluse.delivery.console import visits
from ecluse.delivery.console.guard import public
from ecluse.delivery.console.middleware import MACHINES
from ecluse.delivery.console.psc.kept import PROVIDER, vault
from ecluse.protocols.oidc import OidcError
from ecluse.services.accounts.visitor import Account
from ecluse.services.psc import sessions
from ecluse.services.psc.providers import Provider, provider_of

log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]
LEAVE, NEXT = "/deconnexion/", "/deconnexion/fournisseur/"
_ADDRESS, _LABEL = "provider_leave", "provider_label"


def follow_provider(answer: Handler) -> Handler:
    """Keep the session at the provider alive, and end both together."""

    def handle(request: HttpRequest) -> HttpResponse:
        told = _told(request)
        provider = None if told is None else provider_of(told["kind"])
        if told is None or provider is None:
            return answer(request)
        try:
            sessions.renew(provider, vault(), told["box"], int(time.time()))
        except OidcError as error:
            _end_here(request, error)
            return answer(request)
        response = answer(request)
        if _told(request) is None:
            return _ended(request, response, provider, told["box"])
        return response

    return handle


@public
def show(request: HttpRequest) -> HttpResponse:
    """Lead the browser to the provider, where the session is to end too.

    A page stands between: the browser lets no form of ours, nor what it leads to, go anywhere else.
    """
    address = request.session.pop(_ADDRESS, "")
    if not address:
        return HttpResponseRedirect("/connexion/")
    values = {"address": address, "label": request.session.pop(_LABEL, "")}
    response = render(request, "console/psc/leaving.html", values)
    response["Refresh"] = f"0; url={address}"
    return response


def _told(request: HttpRequest) -> dict[str, Any] | None:
    """The session at a provider, if this one was opened by it."""
    if request.path.startswith(MACHINES) or not request.session.session_key:
        return None
    try:
        found: dict[str, Any] | None = request.session.get(PROVIDER)
    except DatabaseError:
        return None  # the page says that the store does not answer
    return found


def _end_here(request: HttpRequest, error: OidcError) -> None:
    """The session has ended at the provider: ours ends."""
    log.info("session ended with the provider's: %s", error)
    if isinstance(request.user, Account):
        visits.end(request, request.user, error.text_en if get_language() == "en" else error.text_fr)
    else:
        request.session.flush()


def _ended(request: HttpRequest, response: HttpResponse, provider: Provider, box: str) -> HttpResponse:
    """Ours has ended, by its visitor or by its limits: the provider's ends, else the next click would open it again."""
    address = sessions.end(provider, vault(), box, int(time.time()))
    if not address or request.path != LEAVE or response.status_code != 302:
        return response
    request.session[_ADDRESS], request.session[_LABEL] = address, provider.settings.label
    return HttpResponseRedirect(NEXT)
