"""The deliverer: one line per active subscriber, one thread for the database, progress written down together.

It runs in the worker, in a thread of its own. What acts change (a subscriber added, paused, a delivery released) is
seen within a second: the line begins again from what is written down.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from django.db import connection, connections

from ecluse.services.deliveries.line import Database, Line
from ecluse.services.deliveries.ports import Feed, Way
from ecluse.services.deliveries.subscribers import SubscriberRecord, all_subscribers
from ecluse.store import deliveries as store
from ecluse.store.access_turn import without_waiting_for_the_disk

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often the feeds are looked at for something new."""
WRITE_SECONDS = 0.2
"""How often progress is written down: what was delivered since may be delivered again after a crash."""
_LOOKS_PER_REVIEW = 10
"""Looks between two readings of the table of subscribers."""
_RESTART_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)


class Workshop(NamedTuple):
    """What lines are made of. feed and way: for one subscriber (a way may call the database); ends: last position of
    each kind of feed, now."""

    feed: Callable[[SubscriberRecord], Feed]
    way: Callable[[SubscriberRecord, Database], Way]
    ends: Callable[[], dict[str, int]]


class _Running(NamedTuple):
    line: Line
    task: asyncio.Task[None]


class Deliverer:
    """Delivers until told to stop.

    :param clock: µs since 1970, UTC.
    """

    def __init__(self, workshop: Workshop, clock: Callable[[], int]) -> None:
        self._workshop = workshop
        self._clock = clock
        self._database = ThreadPoolExecutor(1, "deliveries")
        self._lines: dict[str, _Running] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[int, float]] = {}
        self._ends: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; what is on its way may end first."""
        try:
            asyncio.run(self._run(stop))
        finally:
            self._database.submit(connections.close_all).result()
            self._database.shutdown()

    async def _run(self, stop: threading.Event) -> None:
        looks = 0
        written = asyncio.get_running_loop().time()
        try:
            while not stop.is_set():
                if looks % _LOOKS_PER_REVIEW == 0:
                    await self._review()
                looks += 1
                await self._look()
                if asyncio.get_running_loop().time() - written >= WRITE_SECONDS:
                    await self._write()
                    written = asyncio.get_running_loop().time()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for one in self._lines.values():
                one.task.cancel()
            tasks = [*(one.task for one in self._lines.values()), *self._leaving.values()]
            if tasks:
                await asyncio.wait(tasks)
            await self._write()

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function on the thread of the database."""

        def call() -> Any:
            if connection.connection is None:
                without_waiting_for_the_disk()
            try:
                return function(*arguments)
            except Exception:
                # The next call opens another one: this one may be lost.
                connections.close_all()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._database, call)

    async def _review(self) -> None:
        """Make the lines those of the table: active subscribers, as they are now."""
        records = {one.id: one for one in await self._call(all_subscribers) if one.status == "active"}
        over = [
            id_
            for id_, one in self._lines.items()
            if one.task.done() or id_ not in records or records[id_].revision != one.line.record.revision
        ]
        if over:
            await self._write()
            for id_ in over:
                self._drop(id_)
        now = asyncio.get_running_loop().time()
        for id_ in records:
            if id_ in self._leaving and self._leaving[id_].done():
                del self._leaving[id_]
            busy = id_ in self._lines or id_ in self._leaving
            if not busy and self._failed.get(id_, (0, 0.0))[1] <= now:
                await self._begin(id_)

    def _drop(self, id_: str) -> None:
        """Stop a line for good: what it holds in memory is worth nothing any more."""
        one = self._lines.pop(id_, None)
        if one is None:
            return
        if one.task.done() and not one.task.cancelled() and one.task.exception() is not None:
            log.error("the deliveries of %s stopped", id_, exc_info=one.task.exception())
            self._later(id_)
        one.task.cancel()
        # The next line begins once what this one has on its way has ended: order first.
        self._leaving[id_] = one.task

    async def _begin(self, id_: str) -> None:
        """Begin a line from what is written down."""
        fresh = {one.id: one for one in await self._call(all_subscribers)}.get(id_)
        if fresh is None or fresh.status != "active":
            return
        waiting = await self._call(store.pending, id_)
        try:
            feed, way = self._workshop.feed(fresh), self._workshop.way(fresh, self._call)
        except Exception:
            log.exception("subscriber %s cannot be served", id_)
            self._later(id_)
            return
        line = Line(fresh, waiting, feed, way, self._call, self._clock)
        self._lines[id_] = _Running(line, asyncio.create_task(line.run()))

    def _later(self, id_: str) -> None:
        """Wait before this line begins again, longer each time."""
        times = self._failed.get(id_, (0, 0.0))[0]
        wait = _RESTART_SECONDS[min(times, len(_RESTART_SECONDS) - 1)]
        self._failed[id_] = (times + 1, asyncio.get_running_loop().time() + wait)

    async def _look(self) -> None:
        """Wake the lines whose feed has grown."""
        if not self._lines:
            return
        ends = await self._call(self._workshop.ends)
        for one in self._lines.values():
            kind = one.line.record.kind
            if ends.get(kind) != self._ends.get(kind):
                one.line.wake()
        self._ends = ends

    async def _write(self) -> None:
        """Write down what every line did; a line that an act changed meanwhile begins again at the next review."""
        found = [progress for one in self._lines.values() if (progress := one.line.progress()) is not None]
        if not found:
            return
        try:
            stale = await self._call(store.write, found)
        except Exception:
            # Nothing was written: the lines begin again from what is, and deliver it once more.
            log.exception("progress of deliveries not written")
            stale = frozenset(one.subscriber for one in found)
        for id_ in stale:
            self._drop(id_)
        for one in found:
            if one.subscriber not in stale and one.shared:
                self._failed.pop(one.subscriber, None)
