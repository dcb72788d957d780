"""Outermost middleware: a request that comes through a declared proxy is its caller's, everywhere after."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ecluse.services.proxies import PEER, caller_of

_TOLD = "HTTP_X_FORWARDED_FOR"
_FORWARDED = (
    _TOLD,
    *(f"HTTP_X_FORWARDED_{one}" for one in ("BY", "HOST", "PORT", "PROTO", "SERVER")),
    "HTTP_FORWARDED",
)
"""What proxies tell. None of it reaches the pages: a client may write it too."""


def tell_caller(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Set REMOTE_ADDR to the caller's address: limits, the trail and whoever admits by address read it there."""

    def handle(request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        told = request.META.get(_TOLD, "")
        for name in _FORWARDED:
            request.META.pop(name, None)
        request.META[PEER] = peer
        request.META["REMOTE_ADDR"] = caller_of(peer, told)
        return answer(request)

    return handle
