"""Errors as `application/problem+json` (RFC 9457), in the language of the request, with both languages beside."""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from ecluse.services.access import TrailUnavailable
from ecluse.services.problems import problem_types

log = logging.getLogger("ecluse.api")

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """Why a request is not answered as asked.

    code: of `services/data/problems.toml`; fr, en: what happened this time, empty: the title says it; errors: fields at
    fault; headers: more headers of the answer; more: more members of the document.
    """

    def __init__(
        self,
        code: str,
        fr: str = "",
        en: str = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.fr = fr
        self.en = en
        self.errors = errors
        self.headers = headers or {}
        self.more = more or {}


def document(problem: Problem, instance: str = "") -> dict[str, Any]:
    """A problem as it is sent."""
    kind = problem_types()[problem.code]
    french = get_language() != "en"
    detail_fr, detail_en = problem.fr or kind.title_fr, problem.en or kind.title_en
    found: dict[str, Any] = {
        "type": f"/api/v1/problems/{kind.code}",
        "title": kind.title_fr if french else kind.title_en,
        "status": kind.status,
        "detail": detail_fr if french else detail_en,
        "code": kind.code,
        "action": kind.action_fr if french else kind.action_en,
        "title_fr": kind.title_fr,
        "title_en": kind.title_en,
        "detail_fr": detail_fr,
        "detail_en": detail_en,
        "action_fr": kind.action_fr,
        "action_en": kind.action_en,
        **problem.more,
    }
    if instance:
        found["instance"] = instance
    if problem.errors:
        found["errors"] = list(problem.errors)
    return found


def answer(problem: Problem, instance: str = "") -> HttpResponse:
    """A problem as a response."""
    kind = problem_types()[problem.code]
    response = HttpResponse(
        msgspec.json.encode(document(problem, instance)), status=kind.status, content_type=CONTENT_TYPE
    )
    response["Cache-Control"] = "no-store"
    for name, value in problem.headers.items():
        response[name] = value
    if kind.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="ecluse"'
    if kind.status == 503:
        response.setdefault("Retry-After", "5")
    return response


def of(error: Exception) -> Problem | None:
    """The problem that an expected error of the services is, or None."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TrailUnavailable):
        return Problem("trail-unavailable")
    if isinstance(error, DatabaseError):
        return Problem("store-unavailable")
    return None


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """The response to any error; one that nobody expected is logged with a number, and without its text, which may
    quote what was asked.
    """
    problem = of(error)
    if problem is not None:
        if not isinstance(error, Problem):
            log.error("%s: %s", problem.code, type(error).__name__)
        return answer(problem)
    instance = f"urn:uuid:{uuid.uuid4()}"
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame is not None else "?"
    log.error("request %s failed: %s at %s", instance, type(error).__name__, place)
    return answer(Problem("internal"), instance)


def slow_down(seconds: float) -> Problem:
    """The problem of a token that asks too often."""
    wait = str(max(1, math.ceil(seconds)))
    return Problem("rate-limited", headers={"Retry-After": wait})
