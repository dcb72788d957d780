"""Writes: acts asked of the writer in the caller's name, and the checks that go before."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.settings import current
from ecluse.services.access import Caller, reach
from ecluse.services.ask_writer import WriterSilent, ask_writer
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.within import sentence_within
from ecluse.services.wire import Act, ActResult

PATIENCE = 5.0
"""Seconds to wait for a writer that starts."""
_ID = 32
"""Hexadecimal digits that tell an act from all others: 128 bits."""


def act(caller: Caller, name: str, arguments: dict[str, Any]) -> ActResult:
    """Have an act done by the writer; the journal tells who asked. A request with an Idempotency-Key has each of its
    acts done once, however often it is sent: the writer gives the result again.

    :raises Problem: it was refused, or nobody answered.
    """
    once = "" if caller.once is None else sha256(f"{caller.once.id} {name}".encode()).hexdigest()[:_ID]
    try:
        result = ask_writer(current().writer, Act(caller.id, name, arguments, once), PATIENCE)
    except WriterSilent:
        raise Problem("writer-unavailable") from None
    if caller.once is not None and result.again:
        caller.once.again = True
    if not result.done and "etag" in result.data:
        raise Problem("precondition-failed", headers={"ETag": result.data["etag"]})
    if not result.done:
        told = sentence_within(reach(caller), Sentence(result.text_fr, result.text_en))
        raise Problem("act-refused", told.fr, told.en)
    return result


def unbound(caller: Caller) -> Caller:
    """The caller, when its token is bound to no domain and no list: settings concern everybody.

    :raises Problem: it is bound.
    """
    if caller.domain is not None or caller.inclusion:
        raise Problem("token-bound")
    return caller


def check_match(request: HttpRequest, etag: str) -> str:
    """Whether the caller changes what it read.

    :param etag: of the resource as it is.
    :returns: the tag to expect when the change is made, empty when any will do.
    :raises Problem: without If-Match, or when the resource changed since.
    """
    told = request.headers.get("If-Match")
    if told is None:
        raise Problem("precondition-required")
    if told.strip() == "*":
        return ""
    if etag not in (one.strip() for one in told.split(",")):
        raise Problem("precondition-failed", headers={"ETag": etag})
    return etag


def located(response: HttpResponse, address: str) -> None:
    """Say where what was made lies."""
    response["Location"] = f"/api/v1{address}"
