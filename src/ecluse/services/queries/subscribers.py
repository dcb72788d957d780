"""Subscribers as their owners see them: how far each is, what waits and why, whether its destination lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec
from django.db.models import Max, Min, Q

from ecluse.rules.delivery import Breaker
from ecluse.services.deliveries.subscribers import SubscriberRecord, all_subscribers
from ecluse.services.queries.events import EventFeed, told_up_to
from ecluse.services.queries.presentation import moment
from ecluse.store.models import Domain, JournalEntry
from ecluse.store.models.deliveries import Delivered, PendingDelivery

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """A delivery that failed. parked: a person must release or skip it; times in ISO 8601."""

    position: int
    attempts: int
    parked: bool
    reason: str
    since: str | None
    next_at: str | None


@dataclass(frozen=True, slots=True)
class SubscriberDocument:
    """One subscriber, without its secret.

    behind: how many places of its feed come after the last one it was offered; waiting: offered and not delivered;
    parked: those that wait for a person; circuit: `closed` (deliveries go), `open` (the destination is left alone until
    `retry_at`) or `half-open` (one goes, to try); answered: last sign of life; revision: changes with every act.
    """

    id: str
    name: str
    kind: Literal["webhook", "relay"]
    target: str
    domain: str | None
    status: Literal["active", "paused", "gone"]
    reason: str | None
    created: str
    position: int
    behind: int
    waiting: int
    parked: int
    oldest: str | None
    circuit: Literal["closed", "open", "half-open"]
    failures: int
    retry_at: str | None
    answered: str | None
    revision: int
    options: dict[str, Any]


def etag(one: SubscriberDocument | SubscriberRecord) -> str:
    """What changes when an act changed a subscriber, and not when its deliveries go on (RFC 9110, 8.8.3)."""
    return f'"{one.id}-{one.revision}"'


def every(now: int) -> tuple[SubscriberDocument, ...]:
    """All subscribers, by name.

    :param now: µs since 1970.
    """
    records = all_subscribers()
    return _documents(records, now) if records else ()


def named(name: str, now: int) -> SubscriberDocument | None:
    """A subscriber by its name, or by its id."""
    found = [one for one in all_subscribers() if name in (one.name, one.id)]
    return _documents((found[0],), now)[0] if found else None


def failed(subscriber: str) -> tuple[WaitingDelivery, ...]:
    """The deliveries of a subscriber that failed, parked ones first."""
    rows = PendingDelivery.objects.filter(subscriber=subscriber).filter(Q(parked=True) | Q(attempts__gt=0))
    return tuple(
        WaitingDelivery(
            row.position,
            row.attempts,
            row.parked,
            row.reason,
            moment(row.since) if row.since else None,
            None if row.parked else moment(row.next_at),
        )
        for row in rows.order_by("-parked", "position")[:MOST_SHOWN]
    )


def forbidden() -> frozenset[str]:
    """Subscribers with a delivery that the gateway itself did not let go: their address is one no setting opens."""
    rows = PendingDelivery.objects.filter(reason__startswith="forbidden")
    return frozenset(rows.values_list("subscriber", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class SharedWith:
    """One subscriber a patient was shared with. ins_sent: deliveries that carried an INS; withheld: those whose INS was
    kept back; given_up: not delivered."""

    subscriber: str
    deliveries: int
    ins_sent: int
    withheld: int
    given_up: int
    first: str
    last: str
    last_ins: str | None


def shared_with(patient: str) -> tuple[SharedWith, ...]:
    """Everybody a patient was ever shared with; those who got an INS first (DMN, requirement INS 41)."""
    rows = Delivered.objects.filter(patient=patient).order_by("-ins_sent", "name", "subscriber")
    return tuple(
        SharedWith(
            row.name,
            row.deliveries,
            row.ins_sent,
            row.withheld,
            row.dropped,
            moment(row.first_at),
            moment(row.last_at),
            moment(row.ins_at) if row.ins_at else None,
        )
        for row in rows
    )


def alarms(now: int) -> tuple[SubscriberDocument, ...]:
    """Subscribers for which a person has something to do: parked deliveries, a destination that does not answer or
    wants nothing any more."""
    return tuple(
        one
        for one in every(now)
        if one.parked
        or one.status == "gone"
        or (one.status == "active" and (one.circuit != "closed" or one.reason))
    )


def _documents(records: tuple[SubscriberRecord, ...], now: int) -> tuple[SubscriberDocument, ...]:
    domains = dict(Domain.objects.values_list("id", "name"))
    ends = {
        "webhook": told_up_to(),
        "relay": JournalEntry.objects.aggregate(end=Max("seq"))["end"] or 0,
    }
    return tuple(_document(one, domains, ends[one.kind], now) for one in records)


def _document(one: SubscriberRecord, domains: dict[int, str], end: int, now: int) -> SubscriberDocument:
    rows = PendingDelivery.objects.filter(subscriber=one.id)
    oldest = rows.filter(since__gt=0).aggregate(since=Min("since"))["since"]
    circuit = Breaker(one.failures, one.until).state(now)
    options: dict[str, Any] = msgspec.to_builtins(one.options)
    options = {name: value for name, value in options.items() if not name.startswith("former_")}
    return SubscriberDocument(
        id=one.id,
        name=one.name,
        kind=one.kind,
        target=one.target,
        domain=domains.get(one.domain) if one.domain is not None else None,
        status=one.status,
        reason=one.reason or None,
        created=moment(one.created),
        position=one.position,
        behind=max(0, end - one.position),
        waiting=rows.count(),
        parked=rows.filter(parked=True).count(),
        oldest=moment(oldest) if oldest else None,
        circuit=circuit,
        failures=one.failures,
        retry_at=moment(one.until) if circuit == "open" else None,
        answered=moment(one.answered) if one.answered else None,
        revision=one.revision,
        options=options,
    )


def masked_target(one: SubscriberDocument) -> str:
    """A target without what follows its path: some receivers put a secret there."""
    if one.kind == "relay":
        return one.target
    parts = urlsplit(one.target)
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return f"{plain}?…" if parts.query or parts.fragment else plain


def position_at(kind: Literal["webhook", "relay"], when: int) -> int:
    """The place in a feed after which the first thing at or after a time (µs since 1970) comes."""
    if kind == "relay":
        row = JournalEntry.objects.filter(at__lt=when).aggregate(last=Max("seq"))["last"]
        return row or 0
    feed = EventFeed()
    return feed.number(feed.position_at(when))
