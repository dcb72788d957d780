"""What every answer carries and every request passes: security headers, the host check, the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

MACHINES = ("/api/", "/fhir", "/scim/", "/health/", "/metrics", "/static/")
"""Where programs come, who have no session."""

Handler = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    # A form that said nothing of where it comes from would be taken for a forged one.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Scripts, styles and images from here only, none of them inside a page, and no frame around the pages."""

NO_SCRIPT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The policy of what programs read: nothing there runs."""

PROBES = ("/health/live", "/health/ready")
"""Addresses that orchestrators call by whatever name they know; they tell nothing of the gateway's content."""

LANGUAGES = ("fr", "en")


def protect(answer: Handler) -> Handler:
    """Add the security headers; a page is not kept by the browser unless it says so itself."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        for name, value in HEADERS.items():
            response[name] = value
        if request.path.startswith(MACHINES):
            response["Content-Security-Policy"] = NO_SCRIPT
        response.setdefault("Cache-Control", "no-store")
        # Without a length, the connection would be closed after each answer.
        response.setdefault("Content-Length", str(len(response.content)))
        return response

    return handle


class CheckForms(CsrfViewMiddleware):
    """Forms of the pages are sent from the pages. Programs show a token at each request, and none of their cookies is
    read: nobody can have them act unawares.
    """

    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        """Check a form, unless a program asks."""
        if request.path.startswith(MACHINES):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


def answer_head(answer: Handler) -> Handler:
    """Outermost: send a HEAD what a GET would be told, its body left out (RFC 9110, 9.3.2); the server sends all it is
    given.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        head = request.method == "HEAD"  # views may answer it as a GET
        response = answer(request)
        if head:
            response.setdefault("Content-Length", str(len(response.content)))
            length = response["Content-Length"]
            response.content = b""
            response["Content-Length"] = length
        return response

    return handle


def choose_language(answer: Handler) -> Handler:
    """That of the address (`?lang=en`), else that of the visitor's account, else the one her browser prefers."""

    def handle(request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang")
        visitor = getattr(request, "visitor", None)
        mine = visitor.language if visitor is not None else translation.get_language_from_request(request)
        language = asked if asked in LANGUAGES else mine
        with translation.override(language):
            response = answer(request)
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return handle


def check_host(answer: Handler) -> Handler:
    """Refuse a request sent to a name that is not ours (DNS rebinding): Django answers 400."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path not in PROBES:
            request.get_host()
        return answer(request)

    return handle
