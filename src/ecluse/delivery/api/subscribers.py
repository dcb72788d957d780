"""Subscribers: how far each is, what waits and why; paused and resumed. They are declared by `ecluse subscriber`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from ecluse.delivery.api.acts import act, unbound
from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.services.access import Caller
from ecluse.services.queries import subscribers
from ecluse.services.queries.access import domain_name
from ecluse.services.queries.subscribers import SubscriberDocument, WaitingDelivery

router = Router(tags=["events"])


@router.get(
    "/subscribers",
    operation_id="list_subscribers",
    auth=Scoped("settings:read"),
    response=list[SubscriberDocument],
)
def list_subscribers(request: HttpRequest) -> Any:
    """Subscribers, by name."""
    asking = caller(request)
    return [one for one in subscribers.every(now()) if _sees(asking, one)]


@router.get(
    "/subscribers/{subscriber}",
    operation_id="read_subscriber",
    auth=Scoped("settings:read"),
    response=SubscriberDocument,
)
def read_subscriber(request: HttpRequest, subscriber: str) -> SubscriberDocument:
    """One subscriber, by id or name."""
    return _subscriber(caller(request), subscriber)


@router.get(
    "/subscribers/{subscriber}/failures",
    operation_id="list_failed_deliveries",
    auth=Scoped("settings:read"),
    response=list[WaitingDelivery],
)
def list_failures(request: HttpRequest, subscriber: str) -> Any:
    """Deliveries that failed, parked ones first."""
    return list(subscribers.failed(_subscriber(caller(request), subscriber).id))


@router.post(
    "/subscribers/{subscriber}/pause",
    operation_id="pause_subscriber",
    auth=Scoped("settings:write"),
    response=SubscriberDocument,
)
def pause(request: HttpRequest, subscriber: str) -> SubscriberDocument:
    """Deliver nothing more until it is resumed; nothing is lost meanwhile."""
    return _done(request, subscriber, "subscriber.pause")


@router.post(
    "/subscribers/{subscriber}/resume",
    operation_id="resume_subscriber",
    auth=Scoped("settings:write"),
    response=SubscriberDocument,
)
def resume(request: HttpRequest, subscriber: str) -> SubscriberDocument:
    """Deliver again, from where it was paused."""
    return _done(request, subscriber, "subscriber.resume")


def _done(request: HttpRequest, subscriber: str, name: str) -> SubscriberDocument:
    asking = unbound(caller(request))
    found = _subscriber(asking, subscriber)
    act(asking, name, {"name": found.id})
    return _subscriber(asking, found.id)


def _subscriber(asking: Caller, name: str) -> SubscriberDocument:
    found = subscribers.named(name, now())
    if found is None or not _sees(asking, found):
        raise Problem("not-found")
    return found


def _sees(asking: Caller, one: SubscriberDocument) -> bool:
    if asking.inclusion:
        return False
    return asking.domain is None or one.domain == domain_name(asking.domain)
