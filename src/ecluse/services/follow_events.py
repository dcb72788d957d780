"""Keep an index of the store as fresh as its events, beside the writer, which does nothing for it.

A follower reads the events since its position, works out what its tables must hold, and writes that with its new
position in one short transaction. Several processes may do so at once: whoever finds that the position has moved
meanwhile writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import IntegrityError
from django.db.models import Max

from ecluse.store.access_turn import writing
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import Meta, StoredEvent

_NEAR = 50
"""Journal lines that a page follows itself."""

GOES = 5
"""Goes of one catch-up: each reads events, and writes in one short transaction."""


class Told(NamedTuple):
    """A stored event. id: see `StoredEvent`; data: JSON."""

    id: int
    patient: str
    type: str
    data: bytes


class Follower(NamedTuple):
    """An index that follows the events.

    name: of its position in the store; concerns: whether it needs an event of that type; events: read in one go;
    prepare: works out what events of these types change, and returns how to write it.
    """

    name: str
    concerns: Callable[[str], bool]
    events: int
    prepare: Callable[[Sequence[Told]], Callable[[], None]]


class _Overtaken(Exception):
    """Another process wrote the same meanwhile."""


def catch_up(follower: Follower, goes: int = GOES) -> bool:
    """Follow what was stored since the last time. False when more is left than that many goes can do.

    :raises DatabaseError: the store does not answer, or cannot be written.
    """
    newest = StoredEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    position = _position(follower)
    for _ in range(goes):
        if int(position or 0) >= newest:
            return True
        position = _go(follower, position)
    return int(position or 0) >= newest


def keep_near(follower: Follower) -> bool:
    """Follow the last few events, for a page that somebody waits for; a longer way is left to the worker.

    :returns: whether nothing is left to follow.
    """
    newest = StoredEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    behind = (newest - int(_position(follower) or 0)) // EVENT_SPAN
    return behind <= _NEAR and catch_up(follower, 1)


def _position(follower: Follower) -> str | None:
    return Meta.objects.filter(name=follower.name).values_list("value", flat=True).first()


def _go(follower: Follower, position: str | None) -> str | None:
    rows = StoredEvent.objects.filter(id__gt=int(position or 0)).order_by("id")
    kinds = list(rows.values_list("id", "type")[: follower.events])
    wanted = [id_ for id_, kind in kinds if follower.concerns(kind)]
    told = [
        Told(id_, patient, kind, bytes(data))
        for id_, patient, kind, data in rows.filter(id__lte=kinds[-1][0], id__gte=wanted[0]).values_list(
            "id", "patient", "type", "data"
        )
        if follower.concerns(kind)
    ] if wanted else []  # fmt: skip
    write = follower.prepare(told) if told else None
    last = str(kinds[-1][0])
    try:
        with writing():
            _advance(follower, position, last)
            if write is not None:
                write()
    except (_Overtaken, IntegrityError):
        return _position(follower)
    return last


def _advance(follower: Follower, before: str | None, after: str) -> None:
    """:raises _Overtaken: the position is no longer the one that was read."""
    if before is None:
        Meta(name=follower.name, value=after).save(force_insert=True)
    elif not Meta.objects.filter(name=follower.name, value=before).update(value=after):
        raise _Overtaken
