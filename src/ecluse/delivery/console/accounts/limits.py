"""How often something is tried from one place before anybody signed in."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest


def within(request: HttpRequest, action: str) -> bool:
    """Whether one more attempt is taken; it counts, whatever the method of the request.

    :param action: one of ACCOUNT_RATE_LIMITS.
    """
    used = ratelimit.consume(request, app="allauth.account", action=action, limit_get=True)
    return used is not None
