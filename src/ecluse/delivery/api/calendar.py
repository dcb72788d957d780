"""The calendar of what ends, at an address that an agenda follows: agendas sign in nowhere, so it is secret.

The secret is a token with the scope `calendar:read` alone: it expires, is revoked and shows its last use as any token.
"""

from __future__ import annotations

import logging
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ecluse.delivery.api.guard import certificate, now
from ecluse.services import access
from ecluse.services.certificates.ics import CONTENT_TYPE, calendar_of
from ecluse.services.certificates.settings import current
from ecluse.services.queries.certificate_pages import ends_within

log = logging.getLogger(__name__)

SCOPE = "calendar:read"


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """What ends, in French, or in English with `?lang=en` (RFC 5545); names of holders of cards are left out.

    404 to whoever has no such secret, whatever it lacks: the address tells nothing. 429 beyond the rate of tokens.
    """
    caller = access.authenticate(secret, now(), certificate(request))
    if isinstance(caller, access.Denied):
        if caller.retry_after:
            return _refused(429, {"Retry-After": str(caller.retry_after)})
        return _refused(404)
    # An address is written in more places than a header is: a token that opens anything else must not stand in one.
    if caller.scopes != {SCOPE} or caller.domain is not None:
        return _refused(404)
    language: Literal["fr", "en"] = "en" if request.GET.get("lang") == "en" else "fr"
    try:
        text = calendar_of(ends_within(current(), None), now(), language)
    except Exception:  # what serves pages would log the address of a failure, and with it the secret
        log.exception("the calendar of what ends could not be written")
        return _refused(503)
    return HttpResponse(text, content_type=CONTENT_TYPE, headers={"Cache-Control": "private, no-cache"})


def _refused(status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """An empty answer that Django does not log: it would write the address, and with it the secret."""
    answer = HttpResponse(status=status, headers=headers)
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
