"""Idempotency-Key: a POST that is sent again gets the answer it got, and is not done twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from hashlib import sha256

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api.guard import now
from ecluse.delivery.api.problems import Problem
from ecluse.services import access_replay
from ecluse.services.access import Caller
from ecluse.services.access_replay import Kept, KeyConflict, StillRunning

log = logging.getLogger("ecluse.api")

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,200}")
_KEPT_HEADERS = ("ETag", "Location")


def once(request: HttpRequest, caller: Caller, do: Callable[[], HttpResponse]) -> HttpResponse:
    """Do a request, or give the answer it already got.

    :raises Problem: the key is wrong, was used for another request, or its request is running.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return do()
    if not _KEY.fullmatch(key):
        error = {
            "where": f"header.{HEADER}",
            "type": "string_pattern_mismatch",
            "what": "1 to 200 visible characters",
        }
        raise Problem(
            "validation", f"L’en-tête {HEADER} ne convient pas.", f"{HEADER} does not fit.", errors=[error]
        )
    asked = sha256(b"\n".join([str(request.method).encode(), request.path.encode(), request.body])).digest()
    try:
        kept = access_replay.begin(caller.id, key, asked, now())
    except KeyConflict:
        raise Problem("idempotency-conflict") from None
    except StillRunning:
        raise Problem("idempotency-running", headers={"Retry-After": "2"}) from None
    if kept is not None:
        return _again(kept)
    response = do()
    _keep(request, caller, key, response)
    return response


def show_once(request: HttpRequest, body: bytes) -> None:
    """Keep that body instead of the one sent: a secret is shown once and kept nowhere."""
    request.META["ecluse.kept"] = body


def _keep(request: HttpRequest, caller: Caller, key: str, response: HttpResponse) -> None:
    """Keep an answer; after a failure whose outcome is known, the key may be used again."""
    try:
        if response.status_code >= 500 or response.status_code == 429:
            access_replay.forget(caller.id, key)
            return
        headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
        headers["Content-Type"] = response["Content-Type"]
        body = request.META.get("ecluse.kept", response.content)
        access_replay.finish(caller.id, key, Kept(response.status_code, headers, body))
    except DatabaseError:
        # What was asked is done: telling so matters more than being able to tell it twice.
        log.error("the answer of an idempotency key was not kept")


def _again(kept: Kept) -> HttpResponse:
    response = HttpResponse(kept.body, status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    return response
