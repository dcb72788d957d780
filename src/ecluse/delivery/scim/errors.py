"""Errors in the form of SCIM (RFC 7644, 3.12)."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

log = logging.getLogger(__name__)

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA = "application/scim+json"


class ScimError(Exception):
    """A request that is not served. status: of HTTP; kind: `scimType`, or empty; the sentences say what to do."""

    def __init__(self, status: int, text_fr: str, text_en: str, kind: str = "", **headers: str) -> None:
        super().__init__(text_en)
        self.status = status
        self.text_fr = text_fr
        self.text_en = text_en
        self.kind = kind
        self.headers = headers


def answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A document of SCIM."""
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA, headers=headers
    )


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to a request that failed; a defect is logged and tells nothing."""
    if isinstance(error, DatabaseError):
        error = ScimError(503, "La base de données ne répond pas.", "The database does not answer.")
    if not isinstance(error, ScimError):
        log.error("SCIM request failed: %s", request.method, exc_info=error)
        error = ScimError(
            500, "Erreur interne : voyez le journal d’exécution.", "Internal error: see the log."
        )
    body: dict[str, Any] = {
        "schemas": [ERROR],
        "status": str(error.status),
        "detail": error.text_en if get_language() == "en" else error.text_fr,
    }
    if error.kind:
        body["scimType"] = error.kind
    return answer(body, error.status, error.headers)


def unknown() -> ScimError:
    """There is no such account."""
    return ScimError(404, "Ce compte n’existe pas.", "This account does not exist.")


def syntax(text_fr: str, text_en: str) -> ScimError:
    """The body is not what SCIM says."""
    return ScimError(400, text_fr, text_en, "invalidSyntax")


def value(text_fr: str, text_en: str) -> ScimError:
    """An attribute has a value that cannot be kept."""
    return ScimError(400, text_fr, text_en, "invalidValue")
