"""What waits for one destination, in order per patient.

An item names the patients it is about (its keys); a merge names both. An item may leave only when nothing older that
shares a key is still here, so each patient's items arrive in order and a merge waits for both. An item that fails waits
for its turn, and holds its patients only; after three days it is parked, and holds them until a person decides.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from typing import Literal, NamedTuple

from ecluse.rules.delivery.schedule import LONGEST_WAIT, PARK_AFTER, delay

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
    """What to write down: all up to `position` is delivered or in the table; items to put; positions to remove.

    What is on its way, or may leave at once, is not worth a row: the position stays before it.
    """

    position: int
    put: tuple[Item, ...]
    gone: tuple[int, ...]


class Queue:
    """The items of one destination between the feed and its end.

    :param position: all up to there was offered before; waiting: what of it is not delivered, and perhaps items after
        it that were written down: these wait until the feed is read again up to them, so that they overtake nothing.
    """

    def __init__(self, position: int, waiting: Iterable[Item] = ()) -> None:
        self.position = position
        self._items: dict[int, Item] = {}
        self._lanes: dict[str, list[int]] = {}
        self._flying: set[int] = set()
        self._stored: dict[int, Item] = {}
        self._seen: set[int] = set()
        for item in sorted(waiting):
            self._enter(item)
            self._stored[item.position] = item

    def __len__(self) -> int:
        return len(self._items)

    @property
    def parked(self) -> int:
        """How many wait for a person."""
        return sum(1 for item in self._items.values() if item.parked)

    def movable(self) -> int:
        """How many can leave sooner or later without a person: neither parked nor behind a parked one."""
        stuck: set[str] = set()
        count = 0
        for item in self.items():
            if item.parked or not stuck.isdisjoint(item.keys):
                stuck.update(item.keys)
            else:
                count += 1
        return count

    @property
    def flying(self) -> int:
        """How many are on their way."""
        return len(self._flying)

    def items(self) -> tuple[Item, ...]:
        """Everything not delivered, in order."""
        return tuple(sorted(self._items.values()))

    def offer(self, item: Item) -> None:
        """Take the next item of the feed; one that was written down already is not taken twice.

        :raises ValueError: when it does not come after everything offered before.
        """
        if item.position <= self.position:
            raise ValueError(f"{item.position} was offered already")
        self.position = item.position
        if item.position not in self._items:
            self._enter(item)

    def skip_to(self, position: int) -> None:
        """Nothing up to there concerns this destination."""
        self.position = max(self.position, position)

    def take(self, now: int, limit: int) -> list[Item]:
        """Items that may leave now, older ones first, at most `limit`; each is on its way until `settle`."""
        found: list[Item] = []
        if limit <= 0:
            return found
        for position, item in self._items.items():
            if self._ready(item, now):
                self._flying.add(position)
                found.append(item)
                if len(found) == limit:
                    break
        return found

    def ready(self, position: int, now: int) -> bool:
        """Whether an item is here and may leave now."""
        item = self._items.get(position)
        return item is not None and self._ready(item, now)

    def _ready(self, item: Item, now: int) -> bool:
        # A time further away than any wait was set by a clock that has since been put back.
        due = item.next_at <= now or item.next_at > now + 2 * LONGEST_WAIT
        return due and not item.parked and self._may_leave(item)

    def _may_leave(self, item: Item) -> bool:
        return item.position <= self.position and item.position not in self._flying and self._heads(item)

    def _heads(self, item: Item) -> bool:
        """Whether nothing older shares a key."""
        return all(self._lanes[key][0] == item.position for key in item.keys)

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
            next_at=now + max(delay(attempts, jitter), min(outcome.wait, LONGEST_WAIT)),
            parked=outcome.verdict == "park" or late,
            reason=outcome.reason,
        )
        self._items[position] = left
        return left

    def put_back(self, position: int) -> None:
        """An attempt that was not made (stopping): the item stays as it is."""
        self._flying.discard(position)

    def next_time(self, now: int) -> int | None:
        """When the next waiting item may leave; None when none waits for a time."""
        times = [
            item.next_at
            for item in self._items.values()
            if not item.parked and item.next_at > now and self._may_leave(item)
        ]
        return min(times, default=None)

    def changes(self) -> Changes:
        """What happened since the last call: to be written in one transaction, together.

        Written down: what failed, what is parked, what waits behind another one, what was here at the last call too.
        """
        kept = {
            position: item
            for position, item in self._items.items()
            if item.attempts or item.parked or position in self._stored or position in self._seen
            or not self._heads(item)
        }  # fmt: skip
        put = tuple(item for position, item in kept.items() if self._stored.get(position) != item)
        gone = tuple(position for position in self._stored if position not in self._items)
        fresh = [position for position in self._items if position not in kept]
        self._stored, self._seen = kept, set(self._items)
        return Changes(min(fresh, default=self.position + 1) - 1, put, gone)

    def _enter(self, item: Item) -> None:
        self._items[item.position] = item
        for key in item.keys:
            insort(self._lanes.setdefault(key, []), item.position)

    def _leave(self, item: Item) -> None:
        del self._items[item.position]
        self._flying.discard(item.position)
        for key in item.keys:
            lane = self._lanes[key]
            lane.remove(item.position)
            if not lane:
                del self._lanes[key]
