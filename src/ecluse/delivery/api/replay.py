"""Idempotency-Key: a POST that is sent again is not done twice.

No answer is kept. The request runs again, its checks, its reach and its line of the trail with it; the writer, which
knows its acts by their id, does none a second time and gives their results, from which the answer is made again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api.guard import now
from ecluse.delivery.api.problems import Problem
from ecluse.services import access_replay
from ecluse.services.access import Caller, Once
from ecluse.services.access_replay import KeyConflict, StillRunning

log = logging.getLogger("ecluse.api")

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,200}")


def once(request: HttpRequest, caller: Caller, do: Callable[[], HttpResponse]) -> HttpResponse:
    """Do a request, or find what became of it.

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
        id_ = access_replay.start(caller.id, key, asked, now())
    except KeyConflict:
        raise Problem("idempotency-conflict") from None
    except StillRunning:
        raise Problem("idempotency-running", headers={"Retry-After": "2"}) from None
    mine = Once(id_)
    request.auth = replace(caller, once=mine)  # type: ignore[attr-defined]  # (where ninja puts it)
    response = do()
    _keep(caller, key, response)
    if mine.again:
        response["Idempotency-Replayed"] = "true"
        response.content = request.META.get("ecluse.again", response.content)
    return response


def show_once(request: HttpRequest, body: bytes) -> None:
    """Answer with that body when the request was done before: a secret is shown once and kept nowhere."""
    request.META["ecluse.again"] = body


def _keep(caller: Caller, key: str, response: HttpResponse) -> None:
    """Write that the request was answered: from now on it may be sent again."""
    try:
        access_replay.end(caller.id, key, response.status_code)
    except DatabaseError:
        # What was asked is done: telling so matters more. The key is held for running for a minute.
        log.error("the answer to an idempotency key was not noted")
