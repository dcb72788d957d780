"""Answers in FHIR: resources with their version, and errors as OperationOutcome in the language of the request.

Source: HL7 FHIR R4, 3.1.0 (RESTful API), 3.1.0.1.5 (formats), 2.28 (OperationOutcome).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from django.utils.translation import get_language

from ecluse.delivery.api import problems
from ecluse.delivery.api.problems import Problem
from ecluse.protocols.fhir import MEDIA_TYPE, Resource
from ecluse.protocols.fhir.answers import answers
from ecluse.protocols.fhir.bundle import etag
from ecluse.protocols.fhir.outcome import Issue, outcome
from ecluse.protocols.fhir.search import SearchError

View = Callable[..., HttpResponse]

_FORMATS = frozenset({"json", "text/json", "application/json", MEDIA_TYPE, "application/fhir json"})
"""Values of `_format`; a plus sign in an address is a blank."""
_ACCEPTED = frozenset({"application/json", MEDIA_TYPE, "application/*", "*/*"})
_VERSIONS = frozenset({"4.0", "4.0.1"})
_TYPES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    413: "too-long",
    422: "invalid",
    429: "throttled",
}
_KEPT_HEADERS = ("WWW-Authenticate", "Retry-After", "Allow")


class NotAnswered(Exception):
    """Why a request is not answered as asked. code: of `answers`; expression: parameter at fault, or empty."""

    def __init__(self, code: str, expression: str = "", allow: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.expression = expression
        self.allow = allow


def answering(*methods: str) -> Callable[[View], View]:
    """For a view of these methods (HEAD comes with GET): checks the method and the format, tells errors in FHIR."""
    allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]

    def protect(view: View) -> View:
        @wraps(view)
        def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _check_format(request)
                if request.method not in allowed:
                    raise NotAnswered("method", allow=", ".join(allowed))
                return view(request, *args, **kwargs)
            except Exception as error:  # as for REST: an OperationOutcome, and a defect is logged
                return failed(request, error)

        return handle

    return protect


def resource(one: Resource, status: int = 200) -> HttpResponse:
    """A resource; one that has a version comes with its ETag and its time."""
    response = HttpResponse(
        msgspec.json.encode(one), status=status, content_type=f"{MEDIA_TYPE}; charset=utf-8"
    )
    response["Cache-Control"] = "no-store"
    meta = one.get("meta", {})
    if "versionId" in meta:
        response["ETag"] = etag(meta["versionId"])
        response["Last-Modified"] = http_date(datetime.fromisoformat(meta["lastUpdated"]).timestamp())
    return response


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """An error as an OperationOutcome."""
    if isinstance(error, SearchError):
        error = NotAnswered(error.code, error.parameter)
    if isinstance(error, NotAnswered):
        answer = answers()[error.code]
        response = resource(outcome(issue("error", error.code, error.expression)), answer.status)
        if error.allow:
            response["Allow"] = error.allow
        return response
    if isinstance(error, RequestDataTooBig):
        error = Problem("body-too-large")
    elif isinstance(error, SuspiciousOperation):
        error = Problem("bad-request")
    return _translated(problems.failed(request, error))


def warnings(ignored: Sequence[str]) -> Resource | None:
    """The outcome that tells which parameters were not applied, or None."""
    return outcome(*(issue("warning", "parameter-ignored", name) for name in ignored)) if ignored else None


def issue(severity: Any, code: str, expression: str = "") -> Issue:
    """An issue of `answers` in the language of the request."""
    answer = answers()[code]
    words = answer.text_en if get_language() == "en" else answer.text_fr
    return Issue(severity, answer.type, code, words, expression)


def _translated(response: HttpResponse) -> HttpResponse:
    """A problem of the REST interface (RFC 9457) as an OperationOutcome with the same status."""
    told = msgspec.json.decode(response.content)
    status = response.status_code
    kind = _TYPES.get(
        status, "transient" if status == 503 else "exception" if status >= 500 else "processing"
    )
    words = " ".join(text.rstrip(".") + "." for text in (told["detail"], told["action"]))
    if "instance" in told:
        words = f"{words} ({told['instance']})"
    found = resource(outcome(Issue("error", kind, told["code"], words)), status)
    for name in _KEPT_HEADERS:
        if name in response:
            found[name] = response[name]
    return found


def _check_format(request: HttpRequest) -> None:
    asked = request.GET.get("_format")
    if asked is not None:
        if _bare(asked) not in _FORMATS:
            raise NotAnswered("format", "_format")
        return
    accepted = request.headers.get("Accept", "*/*").split(",")
    if not any(_bare(one) in _ACCEPTED for one in accepted):
        raise NotAnswered("format")


def _bare(media_type: str) -> str:
    """The media type without its parameters; empty for one that is refused (q=0) or of another FHIR version."""
    name, *parameters = (part.strip().lower() for part in media_type.split(";"))
    said = dict(part.partition("=")[::2] for part in parameters)
    try:
        refused = float(said.get("q", "1")) <= 0
    except ValueError:
        refused = True
    return "" if refused or said.get("fhirversion", "4.0").strip('"') not in _VERSIONS else name
