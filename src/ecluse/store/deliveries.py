"""Subscribers and what waits for them, as the deliverer reads and writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ecluse.rules.delivery import Changes, Item
from ecluse.store.access_turn import writing
from ecluse.store.models.deliveries import Delivered, PendingDelivery, Subscriber

_encode = msgspec.json.encode
_keys = msgspec.json.Decoder(tuple[str, ...])
_REMOVED_AT_ONCE = 400


class Shared(NamedTuple):
    """Something delivered, or given up: place in the feed, patients, time (µs), and what left of an INS."""

    position: int
    patients: tuple[str, ...]
    at: int
    ins: str = ""
    dropped: bool = False


class Progress(NamedTuple):
    """What a deliverer did for one subscriber since it last wrote it down.

    revision: of the subscriber as it was read: when it is another by now, nothing is written; gone: why the destination
    wants nothing any more, or empty.
    """

    subscriber: str
    revision: int
    changes: Changes
    shared: tuple[Shared, ...]
    failures: int
    until: int
    answered: int
    gone: str = ""


def pending(subscriber: str) -> tuple[Item, ...]:
    """What waits for a subscriber, in order."""
    rows = PendingDelivery.objects.filter(subscriber=subscriber).order_by("position")
    return tuple(
        Item(
            row.position,
            _keys.decode(bytes(row.keys)),
            row.attempts,
            row.next_at,
            row.since,
            row.parked,
            row.reason,
        )
        for row in rows
    )


def write(progress: Sequence[Progress]) -> frozenset[str]:
    """Write down what was done, in one transaction.

    :returns: ids of the subscribers that an act changed meanwhile: nothing was written for them.
    :raises DatabaseError: nothing was written at all.
    """
    stale = set()
    with writing():
        for one in progress:
            fields: dict[str, int | str] = {
                "position": one.changes.position,
                "failures": one.failures,
                "until": one.until,
                "answered": one.answered,
            }
            if one.gone:
                fields |= {"status": "gone", "reason": one.gone}
            same = Subscriber.objects.filter(id=one.subscriber, revision=one.revision, status="active")
            # The update comes first: it holds the row, so that no act comes between it and the rest (PostgreSQL).
            if same.update(**fields):
                _write_items(one)
            else:
                stale.add(one.subscriber)
    return frozenset(stale)


def _write_items(one: Progress) -> None:
    waiting = PendingDelivery.objects.filter(subscriber=one.subscriber)
    for start in range(0, len(one.changes.gone), _REMOVED_AT_ONCE):
        waiting.filter(position__in=one.changes.gone[start : start + _REMOVED_AT_ONCE]).delete()
    PendingDelivery.objects.bulk_create(
        (_row(one.subscriber, item) for item in one.changes.put),
        batch_size=_REMOVED_AT_ONCE // 8,
        update_conflicts=True,
        unique_fields=["subscriber", "position"],
        update_fields=["attempts", "next_at", "since", "parked", "reason"],
    )
    Delivered.objects.bulk_create(
        (
            Delivered(
                subscriber=one.subscriber,
                position=shared.position,
                patient=patient,
                at=shared.at,
                ins=shared.ins,
                dropped=shared.dropped,
            )
            for shared in one.shared
            for patient in shared.patients or ("",)
        ),
        batch_size=_REMOVED_AT_ONCE // 8,
    )


def _row(subscriber: str, item: Item) -> PendingDelivery:
    return PendingDelivery(
        subscriber=subscriber,
        position=item.position,
        keys=_encode(item.keys),
        attempts=item.attempts,
        next_at=item.next_at,
        since=item.since,
        parked=item.parked,
        reason=item.reason,
    )
