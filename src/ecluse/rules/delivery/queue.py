"""What waits for one destination, in order per patient.

An item names the patients it is about (its keys); a merge names both. An item may leave only when nothing older that
shares a key is still here, so each patient's items arrive in order and a merge waits for both. An item that fails waits
for its turn, and holds its patients only; after three days it is parked, and holds them until a person decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, NamedTuple

from ecluse.rules.delivery.schedule import PARK_AFTER, delay

Verdict = Literal["done", "retry", "park"]


class Item(NamedTuple):
    """One thing to deliver. position: its place in the feed; keys: patients it is about.

    attempts: failed ones; next_at: not before (µs since 1970); since: first attempt (µs), 0 before it; parked: waits
    for a person; reason: why the last attempt failed.
    """

    position: int
    keys: tuple[str, ...]
    attempts: int = 0
    next_at: int = 0
    since: int = 0
    parked: bool = False
    reason: str = ""


class Outcome(NamedTuple):
    """How an attempt ended: delivered, to be tried again, or to be parked at once. wait: µs asked for, or 0."""

    verdict: Verdict
    reason: str = ""
    wait: int = 0


class Changes(NamedTuple):
    """What to write down: all up to `position` is delivered or in the table; items to put; positions to remove."""

    position: int
    put: tuple[Item, ...]
    gone: tuple[int, ...]


class Queue:
    """The items of one destination between the feed and its end.

    :param position: all up to there was offered before; waiting: what of it is not delivered.
    """

    def __init__(self, position: int, waiting: Iterable[Item] = ()) -> None:
        self.position = position
        self._items: dict[int, Item] = {}
        self._lanes: dict[str, deque[int]] = {}
        self._flying: set[int] = set()
        self._stored: dict[int, Item] = {}
        for item in sorted(waiting):
            self._enter(item)
            self._stored[item.position] = item

    def __len__(self) -> int:
        return len(self._items)

    @property
    def parked(self) -> int:
        """How many wait for a person."""
        return sum(1 for item in self._items.values() if item.parked)

    @property
    def flying(self) -> int:
        """How many are on their way."""
        return len(self._flying)

    def items(self) -> tuple[Item, ...]:
        """Everything not delivered, in order."""
        return tuple(self._items.values())

    def offer(self, item: Item) -> None:
        """Take the next item of the feed.

        :raises ValueError: when it does not come after everything offered before.
        """
        if item.position <= self.position:
            raise ValueError(f"{item.position} was offered already")
        self.position = item.position
        self._enter(item)

    def skip_to(self, position: int) -> None:
        """Nothing up to there concerns this destination."""
        self.position = max(self.position, position)

    def take(self, now: int, limit: int) -> list[Item]:
        """Items that may leave now, oldest first, at most `limit`; each is on its way until `settle`."""
        found: list[Item] = []
        # Items entered in order of position, and a dict keeps it.
        for position, item in self._items.items():
            if len(found) >= limit:
                break
            if not item.parked and item.next_at <= now and self._first(item):
                self._flying.add(position)
                found.append(item)
        return found

    def _first(self, item: Item) -> bool:
        position = item.position
        return position not in self._flying and all(self._lanes[key][0] == position for key in item.keys)

    def settle(self, position: int, outcome: Outcome, now: int, jitter: float) -> Item | None:
        """How an attempt ended; the item as it is left here, or None when it is delivered."""
        self._flying.discard(position)
        item = self._items[position]
        if outcome.verdict == "done":
            self._leave(item)
            return None
        since = item.since or now
        late = now - since >= PARK_AFTER
        attempts = item.attempts + 1
        left = item._replace(
            attempts=attempts,
            since=since,
            next_at=now + max(delay(attempts, jitter), outcome.wait),
            parked=outcome.verdict == "park" or late,
            reason=outcome.reason,
        )
        self._items[position] = left
        return left

    def put_back(self, position: int) -> None:
        """An attempt that was not made (stopping): the item stays as it is."""
        self._flying.discard(position)

    def release(self, position: int, now: int) -> None:
        """A person wants a parked item tried again, at once and for three more days."""
        item = self._items[position]
        self._items[position] = item._replace(parked=False, next_at=now, since=0, attempts=0)

    def drop(self, position: int) -> None:
        """A person gives an item up: those behind it may leave."""
        self._leave(self._items[position])

    def next_time(self, now: int) -> int | None:
        """When the next waiting item may leave; None when none waits for a time."""
        times = [
            item.next_at
            for item in self._items.values()
            if not item.parked and item.next_at > now and self._first(item)
        ]
        return min(times, default=None)

    def changes(self) -> Changes:
        """What happened since the last call: to be written in one transaction, together."""
        put = tuple(item for position, item in self._items.items() if self._stored.get(position) != item)
        gone = tuple(position for position in self._stored if position not in self._items)
        self._stored = dict(self._items)
        return Changes(self.position, put, gone)

    def _enter(self, item: Item) -> None:
        self._items[item.position] = item
        for key in item.keys:
            self._lanes.setdefault(key, deque()).append(item.position)

    def _leave(self, item: Item) -> None:
        del self._items[item.position]
        self._flying.discard(item.position)
        for key in item.keys:
            lane = self._lanes[key]
            lane.remove(item.position)
            if not lane:
                del self._lanes[key]
