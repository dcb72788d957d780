"""The deliveries of one subscriber: from its feed, through its queue, by its way."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from ecluse.rules.delivery import Breaker, Item, Outcome, Queue
from ecluse.services.deliveries.ports import Feed, Parcel, Sent, Way
from ecluse.services.deliveries.subscribers import SubscriberRecord
from ecluse.store.deliveries import Progress, Shared

log = logging.getLogger(__name__)

MOST_HELD = 1_000
"""Items of one subscriber that may leave; its feed waits for it beyond."""
MOST_STUCK = 20_000
"""The same with those that a parked one holds: its feed waits for a person beyond."""
READ_AT_ONCE = 100
KEPT = 200
"""Parcels kept once read: those that wait behind another one are read again when their turn comes."""
FRESH = 1_000_000
"""How long (µs) a parcel is good once read. Then it is read again: what may leave, or to whom, may have changed."""
LEAVE_SECONDS = 3.0
"""How long deliveries on their way may take to end when the gateway stops."""
FAILED_HERE = "failed here"
"""Reason of a delivery that this gateway could not even try: its log says why."""
_SECOND = 1_000_000

Database = Callable[..., Awaitable[Any]]
"""Calls a function on the thread of the database."""


class Line:
    """Runs until cancelled. Nothing it does reaches another line: each has its queue, its breaker and its connections.

    :param waiting: what waits for the subscriber, as it is written down.
    """

    def __init__(
        self,
        record: SubscriberRecord,
        waiting: tuple[Item, ...],
        feed: Feed,
        way: Way,
        database: Database,
        clock: Callable[[], int],
    ) -> None:
        self.record = record
        self.queue = Queue(record.position, waiting)
        self.breaker = Breaker(record.failures, record.until)
        self.gone = ""
        self.held = False
        """Nothing more leaves: what was done cannot be written down."""
        self._answered = record.answered
        self._written = (record.position, record.failures, record.until, record.answered)
        self._feed = feed
        self._way = way
        self._database = database
        self._clock = clock
        self._parcels: dict[int, tuple[Parcel, int]] = {}
        self._shared: list[Shared] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._news.set()
        self._more = True

    def hold(self, held: bool) -> None:
        """Let nothing more leave, or let it leave again."""
        if self.held and not held:
            self._news.set()
        self.held = held

    def wake(self) -> None:
        """The feed has something new."""
        self._more = True
        self._news.set()

    async def run(self) -> None:
        """Deliver until cancelled or the destination wants nothing any more."""
        try:
            while not self.gone:
                self._news.clear()
                read = await self._read()
                if not (self._start() or read):
                    await self._rest()
        finally:
            await self._finish()

    async def _read(self) -> bool:
        """Take parcels from the feed, as long as the destination lives and has room; whether it was read further."""
        now = self._clock()
        if self.held or not self._more or self._fed(now) or self._full() or self.breaker.state(now) == "open":
            return False
        page = await self._database(self._feed.after, self.queue.position, READ_AT_ONCE)
        self._more = page.position > self.queue.position
        for parcel in page.parcels:
            self.queue.offer(Item(parcel.position, parcel.keys))
            self._parcels[parcel.position] = parcel, now
        for position in list(self._parcels)[:-KEPT]:
            del self._parcels[position]
        self.queue.skip_to(page.position)
        return self._more

    def _fed(self, now: int) -> bool:
        """Whether enough of what was read can leave: what is read too early is too old once it leaves."""
        ready = 0
        for position in self._parcels:
            ready += self.queue.ready(position, now)
            if ready >= self.record.options.parallel:
                return True
        return False

    def _full(self) -> bool:
        held = len(self.queue)
        return held >= MOST_HELD and (held >= MOST_STUCK or self.queue.movable() >= MOST_HELD)

    async def _parcel(self, position: int) -> Parcel | None:
        """The parcel of an item as it may leave now; None when it may not any more."""
        parcel, read = self._parcels.pop(position, (None, 0))
        if parcel is None or self._clock() - read > FRESH:
            parcel = await self._database(self._feed.at, position)
        return parcel

    def _start(self) -> bool:
        """Start what may leave now; True when something started."""
        if self.held:
            return False
        now = self._clock()
        wanted = self.record.options.parallel - self.queue.flying
        items = self.queue.take(now, self.breaker.room(now, wanted))
        for item in items:
            self.breaker.started(now)
            task = asyncio.create_task(self._attempt(item))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return bool(items)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._news.set()

    async def _attempt(self, item: Item) -> None:
        try:
            parcel = await self._parcel(item.position)
            if parcel is None:
                self._settle(item, Sent(Outcome("done"), alive=None), _patients(item), dropped=True)
            else:
                self._settle(item, await self._way.send(parcel, self._clock()), parcel.patients)
        except asyncio.CancelledError:
            self.queue.put_back(item.position)
            raise
        except Exception:
            log.exception("a delivery of %s failed here", self.record.id)
            self._settle(item, Sent(Outcome("retry", FAILED_HERE), alive=False), ())

    def _settle(self, item: Item, sent: Sent, patients: tuple[str, ...], dropped: bool = False) -> None:
        now = self._clock()
        if sent.alive:
            self.breaker.lived()
            self._answered = now
        elif sent.alive is None:
            self.breaker.unasked()
        else:
            self.breaker.died(now, random.random(), sent.outcome.wait)
        left = self.queue.settle(item.position, sent.outcome, now, random.random())
        if sent.gone:
            self.gone = sent.outcome.reason
        # A destination that answers has read what it was sent, whatever it answers.
        if left is None or sent.alive:
            self._shared.append(Shared(item.position, patients, now, sent.ins, dropped))
        if left is not None and left.parked:
            log.warning("a delivery of %s is parked: %s", self.record.id, left.reason)

    async def _rest(self) -> None:
        """Wait for news: of the feed, of a delivery that ends, of a time that comes."""
        now = self._clock()
        times = [
            one for one in (self.queue.next_time(now), self.breaker.until) if one is not None and one > now
        ]
        patience = min((one - now) / _SECOND for one in times) if times else None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), patience)

    async def _finish(self) -> None:
        """Let deliveries on their way end, then close, whatever interrupts."""
        try:
            if self._flying:
                await asyncio.wait(self._flying, timeout=LEAVE_SECONDS)
        finally:
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)
            await self._way.close()

    def take_shared(self) -> tuple[Shared, ...]:
        """What was shared since it was last asked for: it is on record whatever becomes of the line."""
        shared, self._shared = tuple(self._shared), []
        return shared

    def progress(self) -> Progress | None:
        """What is to be written down, or None when nothing happened."""
        changes = self.queue.changes()
        state = (changes.position, self.breaker.failures, self.breaker.until, self._answered)
        if state == self._written and not (changes.put or changes.gone or self._shared or self.gone):
            return None
        self._written = state
        return Progress(
            self.record.id,
            self.record.name,
            self.record.revision,
            changes,
            self.take_shared(),
            self.breaker.failures,
            self.breaker.until,
            self._answered,
            self.gone,
        )


def _patients(item: Item) -> tuple[str, ...]:
    """Patients among the keys of an item: the others are identifiers, which hold a bar."""
    return tuple(key for key in item.keys if "|" not in key)
