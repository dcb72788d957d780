"""Forget outward events that are older than what is kept: readers that come later are told so (`queries.events`)."""

from __future__ import annotations

from django.db.models import Min

from ecluse.store.models.deliveries import PendingDelivery, Subscriber
from ecluse.store.models.outbox import OutwardEvent
from ecluse.store.turn import Turn

PART = 500
"""Events of one transaction."""
PARTS = 400
"""Transactions of one run: what is left waits for the next one."""

_DAY = 86_400_000_000


def purge_events(turn: Turn, days: int, now: int, *, parts: int = PARTS) -> int:
    """Delete the events told more than that many days ago, oldest first; return how many.

    An event that a subscriber still has to receive stays, paused or parked as it may be: removing the subscriber, or
    giving the delivery up, lets it go.

    :param days: 0: keep for ever; now: µs since 1970.
    """
    if not days:
        return 0
    before, deleted = now - days * _DAY, 0
    needed = _needed()
    for _ in range(parts):
        rows = OutwardEvent.objects.order_by("cursor").values_list("cursor", "published")[:PART]
        old = [
            cursor for cursor, published in rows if published < before and (needed is None or cursor < needed)
        ]
        if old:
            with turn:
                OutwardEvent.objects.filter(cursor__lte=old[-1]).delete()
            deleted += len(old)
        if len(old) < PART:
            break
    return deleted


def _needed() -> int | None:
    """The first event that a webhook still has to receive; None when there is no webhook."""
    webhooks = Subscriber.objects.filter(kind="webhook")
    position = webhooks.aggregate(first=Min("position"))["first"]
    if position is None:
        return None
    waiting = PendingDelivery.objects.filter(subscriber__in=webhooks.values("id"))
    first = waiting.aggregate(first=Min("position"))["first"]
    return int(position) + 1 if first is None else min(int(position) + 1, int(first))
