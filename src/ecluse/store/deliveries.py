"""Subscribers and what waits for them, as the deliverer reads and writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from ecluse.rules.delivery import Changes, Item
from ecluse.store.access_turn import writing_at_once
from ecluse.store.bulk import Statement, delete, execute, insert, update
from ecluse.store.models.deliveries import PendingDelivery

_encode = msgspec.json.encode
_keys = msgspec.json.Decoder(tuple[str, ...])


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
    name: str
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
    """Write down what was done, in one transaction of a few statements. What was shared is on record in any case.

    :returns: ids of the subscribers that an act changed meanwhile: nothing else was written for them.
    :raises DatabaseError: (of the driver) nothing was written at all.
    """
    ids = [one.subscriber for one in progress]
    ready = _statements(connection.vendor, progress, progress)
    good = progress
    with writing_at_once() as (raw, vendor):
        same = _unchanged(raw, vendor, ids)
        if any(same.get(one.subscriber) != (one.revision, "active") for one in progress):
            good = [one for one in progress if same.get(one.subscriber) == (one.revision, "active")]
            ready = _statements(vendor, good, progress)
        execute(raw, ready)
    written = {one.subscriber for one in good}
    return frozenset(one for one in ids if one not in written)


def _statements(vendor: str, good: Sequence[Progress], all_: Sequence[Progress]) -> list[Statement]:
    """What writes the progress of some, and what was shared by all."""
    gone = [(one.subscriber, position) for one in good for position in one.changes.gone]
    waiting = [_waiting(one.subscriber, item) for one in good for item in one.changes.put]
    return [
        *update(vendor, "store_subscriber", "id", _STATE, [_state(one) for one in good]),
        *delete(vendor, "store_pendingdelivery", ("subscriber", "position"), gone),
        *insert(vendor, "store_pendingdelivery", _WAITING, waiting, _AGAIN, blobs=("keys",)),
        *(one for each in all_ for one in _record(vendor, each.subscriber, each.name, each.shared)),
    ]


def record_shared(subscriber: str, name: str, shared: Sequence[Shared]) -> None:
    """Put on record what was shared, and nothing else.

    :raises DatabaseError: (of the driver) nothing was written.
    """
    ready = _record(connection.vendor, subscriber, name, shared)
    with writing_at_once() as (raw, _):
        execute(raw, ready)


def record_given_up(subscriber: str, name: str, shared: Shared) -> None:
    """Put on record what a person gives up, in the transaction of their act."""
    execute(connection.connection, _record(connection.vendor, subscriber, name, (shared,)))


def put_reason(subscriber: str, revision: int, reason: str) -> None:
    """Say why a subscriber cannot be served, or that it can (empty)."""
    with writing_at_once() as (raw, vendor):
        same = _unchanged(raw, vendor, [subscriber])
        if same.get(subscriber) == (revision, "active"):
            execute(raw, update(vendor, "store_subscriber", "id", ("reason",), [(subscriber, reason)]))


def _unchanged(raw: Any, vendor: str, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Revision and status of subscribers, held until the end of the transaction."""
    marks = ", ".join(["?" if vendor == "sqlite" else "%s"] * len(ids))
    lock = "" if vendor == "sqlite" else " FOR UPDATE"
    sql = f"SELECT id, revision, status FROM store_subscriber WHERE id IN ({marks}) ORDER BY id{lock}"
    return {row[0]: (row[1], row[2]) for row in raw.execute(sql, tuple(ids)).fetchall()}


_STATE = ("position", "failures", "until", "answered", "status", "reason")
_WAITING = ("subscriber", "position", "keys", "attempts", "next_at", "since", "parked", "reason")
_AGAIN = "(subscriber, position) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _WAITING[3:]
)
_SHARED = (
    "subscriber", "patient", "name", "first_at", "last_at", "position", "deliveries", "ins_sent", "ins_at", "withheld",
    "dropped",
)  # fmt: skip
_MORE = "(subscriber, patient) DO UPDATE SET " + ", ".join(
    [f"{name} = excluded.{name}" for name in ("name", "last_at", "position")]
    + [
        f"{name} = store_delivered.{name} + excluded.{name}"
        for name in ("deliveries", "ins_sent", "withheld", "dropped")
    ]
    + ["ins_at = CASE WHEN excluded.ins_at > 0 THEN excluded.ins_at ELSE store_delivered.ins_at END"]
)


def _state(one: Progress) -> tuple[Any, ...]:
    status = "gone" if one.gone else "active"
    return (
        one.subscriber, one.changes.position, one.failures, one.until, one.answered, status, one.gone,
    )  # fmt: skip


def _waiting(subscriber: str, item: Item) -> tuple[Any, ...]:
    keys = _encode(item.keys)
    return (
        subscriber, item.position, keys, item.attempts, item.next_at, item.since, item.parked, item.reason,
    )  # fmt: skip


def _record(vendor: str, subscriber: str, name: str, shared: Sequence[Shared]) -> list[Statement]:
    rows = [
        (
            subscriber, patient, name, one.at, one.at, one.position, int(not one.dropped), int(one.ins == "sent"),
            one.at if one.ins == "sent" else 0, int(one.ins == "withheld"), int(one.dropped),
        )
        for one in shared
        for patient in one.patients
    ]  # fmt: skip
    return insert(vendor, "store_delivered", _SHARED, rows, _MORE)
