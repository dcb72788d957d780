"""Who provisions: a token with the scope `users:write`, bound to no domain and no list."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ecluse.delivery.scim import errors
from ecluse.delivery.scim.errors import ScimError
from ecluse.services import access
from ecluse.services.access import Caller

SCOPE = "users:write"
_INVALID = ("Ce jeton n’est pas valable.", "This token is not valid.")
_DENIED = {
    "token-missing": ("Donnez un jeton de l’API (Bearer).", "Give a token of the API (Bearer)."),
    "token-certificate": (
        "Ce jeton est lié à un certificat client, que SCIM ne lit pas : donnez-en un qui ne l’est pas.",
        "This token is bound to a client certificate, which SCIM does not read: give one that is not.",
    ),
}
View = Callable[..., HttpResponse]


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000


def admit(request: HttpRequest) -> Caller:
    """Who asks.

    :raises ScimError: 401, 403 or 429.
    """
    # A token bound to a client certificate is served by the REST interface alone, which knows the proxies to believe.
    found = access.from_header(request.headers.get("Authorization", ""), now(), "")
    if isinstance(found, access.Denied):
        if found.retry_after:
            wait = str(int(found.retry_after) + 1)
            raise ScimError(429, "Trop de requêtes.", "Too many requests.", **{"Retry-After": wait})
        raise _unauthenticated(*_DENIED.get(found.code, _INVALID))
    if SCOPE not in found.scopes:
        raise ScimError(403, f"Ce jeton n’a pas le droit {SCOPE}.", f"This token lacks the scope {SCOPE}.")
    if found.domain is not None or found.inclusion:
        raise ScimError(
            403,
            "Ce jeton est limité à un domaine ou à une liste.",
            "This token is bound to a domain or a list.",
        )
    return found


def _unauthenticated(text_fr: str, text_en: str) -> ScimError:
    return ScimError(401, text_fr, text_en, **{"WWW-Authenticate": "Bearer"})


def provisioning(**methods: View) -> View:
    """A view for programs, by method: each receives the request and the caller.

    Nothing here reads a cookie, so nothing needs a CSRF token.
    """

    @csrf_exempt
    @wraps(next(iter(methods.values())))
    def handle(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            caller = admit(request)
            view = methods.get("GET" if request.method == "HEAD" else request.method or "")
            if view is None:
                allowed = ", ".join(methods)
                raise ScimError(
                    405 if request.method != "DELETE" else 501,
                    "Cette méthode n’est pas servie ; un départ ferme le compte (active = false).",
                    "This method is not served; a departure closes the account (active = false).",
                    Allow=allowed,
                )
            return view(request, caller, **arguments)
        except Exception as error:  # every failure is told in the form of SCIM, and a defect is logged
            return errors.failed(request, error)

    return handle
