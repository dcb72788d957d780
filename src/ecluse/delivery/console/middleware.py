"""What every answer carries and every request passes: security headers, the host check, the language."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""No script at all, styles and images from here only, no frame around the pages."""

PROBES = ("/health/live", "/health/ready")
"""Addresses that orchestrators call by whatever name they know; they tell nothing of the gateway's content."""

LANGUAGES = ("fr", "en")


def protect(answer: Handler) -> Handler:
    """Add the security headers; a page is not kept by the browser unless it says so itself."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        for name, value in HEADERS.items():
            response[name] = value
        response.setdefault("Cache-Control", "no-store")
        # Without a length, the connection would be closed after each answer.
        response.setdefault("Content-Length", str(len(response.content)))
        return response

    return handle


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
    """French unless `?lang=en` or the browser's preferred language says otherwise."""

    def handle(request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang")
        language = asked if asked in LANGUAGES else translation.get_language_from_request(request)
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
