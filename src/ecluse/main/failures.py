"""Errors that Django answers by itself: a problem in JSON under the interfaces for programs, a page elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api import problems
from ecluse.delivery.api.fhir import answers as fhir
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.console import errors

PROGRAMS = ("/api/",)
"""Where programs ask and people do not. FHIR answers its own errors in its own form."""


def _for_programs(request: HttpRequest) -> bool:
    return request.path.startswith(PROGRAMS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: above all a Host header that is not ours."""
    if _for_programs(request):
        return problems.answer(Problem("bad-request"))
    if request.path.startswith("/fhir"):
        return fhir.failed(request, Problem("bad-request"))
    return errors.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: only pages answer so."""
    return errors.forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if _for_programs(request):
        return problems.answer(Problem("not-found"))
    return errors.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    if _for_programs(request):
        return problems.answer(Problem("internal"))
    return errors.server_error(request)
