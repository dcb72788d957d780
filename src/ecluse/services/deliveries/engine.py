"""The deliverer: one line per active subscriber, one thread for the database, progress written down together.

It has a process to itself. What acts change (a subscriber added, paused, a delivery released) is seen within a second:
the line begins again from what is written down.
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
from ecluse.store.deliveries import Progress
from ecluse.store.writer_place import deliverer_place_is_ours

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often the feeds are looked at for something new."""
WRITE_SECONDS = 0.2
"""How often progress is written down: what was delivered since may be delivered again after a crash."""
_LOOKS_PER_REVIEW = 10
"""Looks between two readings of the table of subscribers."""
_RESTART_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)
STANDBY_SECONDS = 5.0
"""How often a node asks whether the other one, which delivers, is gone (PostgreSQL)."""
ROWS = 300
"""Rows of one transaction, about: the gateway's writer waits no longer than that."""


class PlaceTaken(Exception):
    """Another node delivers what this store tells."""


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

    :param clock: µs since 1970, UTC; loop: makes the event loop, None: asyncio's own.
    """

    def __init__(
        self,
        workshop: Workshop,
        clock: Callable[[], int],
        loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        self._workshop = workshop
        self._clock = clock
        self._loop = loop
        self._database = ThreadPoolExecutor(1, "deliveries")
        self._lines: dict[str, _Running] = {}
        self._leaving: dict[str, _Running] = {}
        self._unwritten: list[Progress] = []
        self._failed: dict[str, tuple[int, float]] = {}
        self._ends: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; what is on its way may end first."""
        try:
            with asyncio.Runner(loop_factory=self._loop) as runner:
                runner.run(self._run(stop))
        finally:
            self._database.submit(connections.close_all).result()
            self._database.shutdown()

    async def _run(self, stop: threading.Event) -> None:
        looks = 0
        clock = asyncio.get_running_loop().time
        try:
            if not await self._have_place(stop):
                return
            written = clock()
            while not stop.is_set():
                if looks % _LOOKS_PER_REVIEW == 0:
                    await self._review()
                looks += 1
                await self._look()
                if clock() - written >= WRITE_SECONDS:
                    await self._write()
                    written = clock()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for one in self._lines.values():
                one.task.cancel()
            tasks = [one.task for one in (*self._lines.values(), *self._leaving.values())]
            if tasks:
                await asyncio.wait(tasks)
            await self._write()
            await self._record_left(list(self._leaving))

    async def _have_place(self, stop: threading.Event) -> bool:
        """Wait to be the only deliverer of this store; False when told to stop before."""
        while not stop.is_set():
            try:
                await self._call(int)
            except PlaceTaken:
                await asyncio.sleep(min(STANDBY_SECONDS, 0.5))
                continue
            return True
        return False

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function on the thread of the database."""

        def call() -> Any:
            try:
                if connection.connection is None:
                    without_waiting_for_the_disk()
                    if not deliverer_place_is_ours():
                        raise PlaceTaken
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
            task = self._lines[id_].task if id_ in self._lines else None
            if task is not None and task.done() and not task.cancelled() and (error := task.exception()):
                await self._complain(id_, "deliveries stopped", error)
            self._drop(id_)
        await self._record_left([id_ for id_, one in self._leaving.items() if one.task.done()])
        now = asyncio.get_running_loop().time()
        for id_ in records:
            busy = id_ in self._lines or id_ in self._leaving
            if not busy and not self._unwritten and self._failed.get(id_, (0, 0.0))[1] <= now:
                await self._begin(id_)

    async def _record_left(self, ids: list[str]) -> None:
        """Let go of lines that have ended; what they shared at the last moment is on record too."""
        for id_ in ids:
            line = self._leaving.pop(id_).line
            shared = line.take_shared()
            if shared:
                await self._call(store.record_shared, id_, line.record.name, shared)

    def _drop(self, id_: str) -> None:
        """Stop a line for good: what it holds in memory is worth nothing any more."""
        one = self._lines.pop(id_, None)
        if one is None:
            return
        if not one.line.gone:
            one.task.cancel()
        # The next line begins once what this one has on its way has ended: order first.
        self._leaving[id_] = one

    async def _complain(self, id_: str, text: str, error: BaseException) -> None:
        """Say in the log and on the subscriber that it cannot be served; it is tried again later."""
        log.error("%s: %s", id_, text, exc_info=error)
        self._later(id_)
        revision = next((one.revision for one in await self._call(all_subscribers) if one.id == id_), 0)
        await self._call(store.put_reason, id_, revision, f"{text} ({type(error).__name__})")

    async def _begin(self, id_: str) -> None:
        """Begin a line from what is written down."""
        fresh = {one.id: one for one in await self._call(all_subscribers)}.get(id_)
        if fresh is None or fresh.status != "active":
            return
        waiting = await self._call(store.pending, id_)
        try:
            feed, way = self._workshop.feed(fresh), self._workshop.way(fresh, self._call)
        except Exception as error:
            await self._complain(id_, "cannot be served", error)
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
        """Write down what every line did; a line that an act changed meanwhile begins again at the next review.

        While it cannot be written, nothing more leaves: it would leave again and again.
        """
        found = self._unwritten or [
            progress for one in self._lines.values() if (progress := one.line.progress()) is not None
        ]
        self._unwritten = []
        while found:
            part, found = _part(found)
            try:
                stale = await self._call(store.write, part)
            except Exception:
                self._unwritten = [*part, *found]
                log.exception("progress of deliveries not written: nothing more leaves until it is")
                break
            for id_ in stale:
                self._drop(id_)
            for one in part:
                if one.subscriber not in stale and one.shared:
                    self._failed.pop(one.subscriber, None)
        for running in self._lines.values():
            running.line.hold(bool(self._unwritten))


def _part(found: list[Progress]) -> tuple[list[Progress], list[Progress]]:
    """The first of them, as many as make about `ROWS` rows, and the rest."""
    rows = 0
    for rank, one in enumerate(found, 1):
        rows += 1 + len(one.changes.put) + len(one.changes.gone) + len(one.shared)
        if rows >= ROWS:
            return found[:rank], found[rank:]
    return found, []
