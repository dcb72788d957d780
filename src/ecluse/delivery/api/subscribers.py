"""Subscribers: how far each is, what waits and why; declared, paused, replayed, removed, as by `ecluse subscriber`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from ecluse.delivery.api.acts import act, check_match, located, unbound
from ecluse.delivery.api.events import cursor_problem
from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.replay import show_once
from ecluse.delivery.api.settings import current
from ecluse.delivery.api.subscriber_shapes import (
    MadeSubscriber,
    NewSubscriber,
    Parked,
    Replayed,
    Skipped,
    Subscriber,
    shown,
)
from ecluse.services.access import Caller
from ecluse.services.new_subscriber import closed_address, new_key
from ecluse.services.queries import subscribers
from ecluse.services.queries.access import domain_name
from ecluse.services.queries.event_cursors import CursorRefused
from ecluse.services.queries.events import EventFeed
from ecluse.services.queries.presentation import microseconds
from ecluse.services.queries.subscribers import SubscriberDocument, WaitingDelivery, etag

router = Router(tags=["events"])

_changing = partial(
    router.post,
    auth=Scoped("settings:write"),
    response=Subscriber,
    openapi_extra={"parameters": [{"$ref": "#/components/parameters/IfMatchOptional"}]},
)
"""The route of an act on one subscriber."""
_FULL = frozenset({"patients:read", "stays:read", "consents:read"})


@router.get(
    "/subscribers", operation_id="list_subscribers", auth=Scoped("settings:read"), response=list[Subscriber]
)
def list_subscribers(request: HttpRequest) -> Any:
    """Subscribers, by name."""
    asking = caller(request)
    return [shown(one) for one in subscribers.every(now()) if _sees(asking, one)]


@router.post(
    "/subscribers",
    operation_id="add_subscriber",
    auth=Scoped("settings:write", "events:read"),
    response={201: MadeSubscriber},
)
def add_subscriber(request: HttpRequest, body: NewSubscriber, response: HttpResponse) -> Any:
    """Declare a subscriber; the signing key of a webhook is in this answer and nowhere else. A relay whose TLS needs
    PEM files of its own is declared by `ecluse subscriber add`. A token has nothing told that it could not read: a
    `full` webhook also needs `patients:read`, `stays:read` and `consents:read`, a relay `messages:read`.
    """
    asking = unbound(caller(request))
    webhook = body.kind == "webhook"
    _check(asking, body)
    key = new_key(current().secrets) if webhook else None
    made = act(
        asking,
        "subscriber.add",
        {
            "name": body.name,
            "kind": body.kind,
            "target": body.target,
            "domain": body.domain or "",
            "plaintext": body.allow_plaintext,
            "options": {
                **body.model_dump(include={"full", "timeout", "tls", "ins_in_deletion"}),
                "types": body.types,
                "inclusion": body.inclusion or "",
                "parallel": body.parallel or (8 if webhook else 1),
                "server_name": body.server_name or "",
            },
            **({"position": 0} if body.from_start else {}),
            **(key.arguments if key is not None else {}),
        },
    ).data["id"]
    found = _subscriber(asking, made)
    located(response, f"/subscribers/{made}")
    return Status(201, _with_key(request, response, key.secret if key is not None else None, found))


@router.get(
    "/subscribers/{subscriber}",
    operation_id="read_subscriber",
    auth=Scoped("settings:read"),
    response=Subscriber,
)
def read_subscriber(request: HttpRequest, subscriber: str, response: HttpResponse) -> Subscriber:
    """One subscriber, by id or name."""
    return _tagged(response, _subscriber(caller(request), subscriber))


@router.delete(
    "/subscribers/{subscriber}",
    operation_id="remove_subscriber",
    auth=Scoped("settings:write"),
    response={204: None},
    openapi_extra={"parameters": [{"$ref": "#/components/parameters/IfMatch"}]},
)
def remove_subscriber(request: HttpRequest, subscriber: str) -> Any:
    """Forget a subscriber and what waits for it; what was shared with it stays on record."""
    asking = unbound(caller(request))
    found = _subscriber(asking, subscriber)
    act(asking, "subscriber.remove", {"name": found.id, "expected": check_match(request, etag(found))})
    return Status(204, None)


@router.get(
    "/subscribers/{subscriber}/failures",
    operation_id="list_failed_deliveries",
    auth=Scoped("settings:read"),
    response=list[WaitingDelivery],
)
def list_failures(request: HttpRequest, subscriber: str) -> Any:
    """Deliveries that failed, parked ones first."""
    return list(subscribers.failed(_subscriber(caller(request), subscriber).id))


@_changing("/subscribers/{subscriber}/pause", operation_id="pause_subscriber")
def pause(request: HttpRequest, subscriber: str, response: HttpResponse) -> Subscriber:
    """Deliver nothing more until it is resumed; nothing is lost meanwhile."""
    return _done(request, response, subscriber, "pause")


@_changing("/subscribers/{subscriber}/resume", operation_id="resume_subscriber")
def resume(request: HttpRequest, subscriber: str, response: HttpResponse) -> Subscriber:
    """Deliver again, from where it was paused."""
    return _done(request, response, subscriber, "resume")


@_changing("/subscribers/{subscriber}/release", operation_id="release_deliveries")
def release(request: HttpRequest, subscriber: str, body: Parked, response: HttpResponse) -> Subscriber:
    """Try parked deliveries again: one, or all."""
    return _done(request, response, subscriber, "release", position=body.position)


@_changing("/subscribers/{subscriber}/skip", operation_id="skip_delivery")
def skip(request: HttpRequest, subscriber: str, body: Skipped, response: HttpResponse) -> Subscriber:
    """Give one parked delivery up: those behind it leave. The record of what was shared says so."""
    return _done(request, response, subscriber, "skip", position=body.position)


@_changing("/subscribers/{subscriber}/replay", operation_id="replay_subscriber")
def replay(request: HttpRequest, subscriber: str, body: Replayed, response: HttpResponse) -> Subscriber:
    """Deliver again all that follows a cursor, a line of the journal or a time."""
    found = _subscriber(unbound(caller(request)), subscriber)
    return _done(request, response, subscriber, "replay", position=_place(found, body))


@_changing("/subscribers/{subscriber}/rotate", operation_id="rotate_subscriber_key", response=MadeSubscriber)
def rotate(request: HttpRequest, subscriber: str, response: HttpResponse) -> MadeSubscriber:
    """Give a webhook a new signing key, shown in this answer and nowhere else; the former one signs too for a day."""
    found = _subscriber(unbound(caller(request)), subscriber)
    if found.kind == "relay":
        raise Problem("act-refused", "Un relais n’a pas de clé de signature.", "A relay has no signing key.")
    key = new_key(current().secrets, found.id)
    changed = _change(request, found.id, "rotate", secret=key.arguments["secret"])
    return _with_key(request, response, key.secret, changed)


def _check(asking: Caller, body: NewSubscriber) -> None:
    """Nobody has more told than it may read."""
    needed = {"messages:read"} if body.kind == "relay" else _FULL if body.full else frozenset[str]()
    if lacking := sorted(needed - asking.scopes):
        names = ", ".join(lacking)
        raise Problem(
            "scope-missing",
            f"Cet abonné recevrait ce que ce jeton ne peut pas lire. Il manque\N{NO-BREAK SPACE}: {names}.",
            f"This subscriber would be told what this token may not read. Missing: {names}.",
        )


def _place(one: SubscriberDocument, body: Replayed) -> int:
    """The position in the feed of a subscriber that is meant."""
    if sum(given is not None for given in (body.after, body.line, body.since)) != 1:
        raise _unfit(
            "after",
            "donnez une seule chose parmi after, line et since.",
            "give one of after, line and since.",
        )
    if body.since is not None:
        try:
            when = microseconds(datetime.fromisoformat(body.since))
        except (ValueError, OverflowError):
            raise _unfit("since", "cette date n’existe pas.", "no such time.") from None
        return subscribers.position_at(one.kind, when)
    if (one.kind == "webhook") is (body.line is not None):
        raise _unfit(
            "line",
            "un webhook suit le flux des événements (after), un relais le journal (line).",
            "a webhook follows the event feed (after), a relay the journal (line).",
        )
    if body.line is not None:
        return body.line
    try:
        return EventFeed().number(body.after or "")
    except CursorRefused as refused:
        raise cursor_problem(refused) from None


def _done(
    request: HttpRequest, response: HttpResponse, subscriber: str, verb: str, **more: Any
) -> Subscriber:
    return _tagged(response, _change(request, subscriber, verb, **more))


def _change(request: HttpRequest, subscriber: str, verb: str, **more: Any) -> SubscriberDocument:
    """Have an act done on a subscriber, as the caller knows it when it says so by If-Match; the subscriber after it."""
    asking = unbound(caller(request))
    found = _subscriber(asking, subscriber)
    expected = check_match(request, etag(found)) if "If-Match" in request.headers else ""
    act(asking, f"subscriber.{verb}", {"name": found.id, "expected": expected, **more})
    return _subscriber(asking, found.id)


def _with_key(
    request: HttpRequest, response: HttpResponse, secret: str | None, found: SubscriberDocument
) -> MadeSubscriber:
    """The answer that shows a key; given again, it does not."""
    one, allowed = _tagged(response, found), current().allowed_networks
    warning = (
        closed_address(found.target, allowed) if allowed is not None and found.kind == "webhook" else None
    )
    show_once(request, msgspec.json.encode(MadeSubscriber(None, one, warning)))
    return MadeSubscriber(secret, one, warning)


def _tagged(response: HttpResponse, found: SubscriberDocument) -> Subscriber:
    response["ETag"] = etag(found)
    return shown(found)


def _subscriber(asking: Caller, name: str) -> SubscriberDocument:
    found = subscribers.named(name, now())
    if found is None or not _sees(asking, found):
        raise Problem("not-found")
    return found


def _sees(asking: Caller, one: SubscriberDocument) -> bool:
    if asking.inclusion:
        return False
    return asking.domain is None or one.domain == domain_name(asking.domain)


def _unfit(name: str, fr: str, en: str) -> Problem:
    error = {"where": f"body.{name}", "type": "value", "what": en}
    return Problem("validation", f"{name}\N{NO-BREAK SPACE}: {fr}", f"{name}: {en}", errors=[error])
