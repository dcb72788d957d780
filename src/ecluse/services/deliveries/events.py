"""The feed of a webhook: outward events for this subscriber, each as the bytes it will receive."""

from __future__ import annotations

from ecluse.protocols import cloudevents
from ecluse.services.access import Reach
from ecluse.services.deliveries.ports import Page, Parcel
from ecluse.services.deliveries.subscribers import SubscriberRecord
from ecluse.services.deliveries.webhook import Letter
from ecluse.services.queries.events import EventFeed, FeedEvent, Filter


class OutwardFeed:
    """Events of the domain, the inclusion list and the types of a subscriber; whole documents when it wants them."""

    def __init__(self, feed: EventFeed, subscriber: SubscriberRecord) -> None:
        self._feed = feed
        self._domain = subscriber.domain
        self._inclusion = subscriber.options.inclusion
        self._types = frozenset(subscriber.options.types) or None
        self._full = subscriber.options.full

    def after(self, position: int, limit: int) -> Page:
        """What follows a place in the feed."""
        page = self._feed.read(position, limit, self._seen(), self._full)
        # Read, not checked: to a subscriber paused for long, events that are not kept any more are passed over.
        return Page(tuple(map(self._parcel, page.events)), int(page.next.rpartition("-")[2]))

    def at(self, position: int) -> Parcel | None:
        """The event at a place; None when it is not kept any more, or its patient is not included any more."""
        event = self._feed.at(position, self._seen(), self._full)
        return self._parcel(event) if event is not None else None

    def _seen(self) -> Filter:
        """Who is included is asked each time: somebody excluded meanwhile is not told of any more."""
        return Filter(self._domain, Reach(self._domain, self._inclusion).only(), self._types)

    def _parcel(self, event: FeedEvent) -> Parcel:
        patients = tuple(one for one in (event.patient, event.other) if one)
        body = cloudevents.structured(self._feed.cloud_event(event))
        with_ins = event.document is not None and event.document.ins is not None
        return Parcel(
            event.number, patients, patients, Letter(event.cursor, body, "sent" if with_ins else "")
        )
