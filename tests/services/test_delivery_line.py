"""The line of one subscriber: what it reads of its feed, and when, for what it can send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ecluse.rules.delivery import Outcome
from ecluse.services.deliveries.line import READ_AT_ONCE, Line
from ecluse.services.deliveries.ports import Page, Parcel, Sent
from ecluse.services.deliveries.subscribers import Options, SubscriberRecord

NOW = 1_700_000_000_000_000
COUNT = 12 * READ_AT_ONCE
"""More than a line holds at once."""


def record(parallel: int = 8) -> SubscriberRecord:
    options = Options(parallel=parallel)
    return SubscriberRecord(
        "sub_1", "product", "webhook", None, "http://127.0.0.1/", b"", options, "active", "",
        created=NOW, position=0, revision=1, failures=0, until=0, answered=0,
    )  # fmt: skip


class Feed:
    """A feed of COUNT events, each of a patient that `patient_of` names; it counts how it is read."""

    def __init__(self, patient_of: Callable[[int], str]) -> None:
        self._patient_of = patient_of
        self.alone: list[int] = []

    def after(self, position: int, limit: int) -> Page:
        end = min(COUNT, position + limit)
        return Page(tuple(map(self._parcel, range(position + 1, end + 1))), end)

    def at(self, position: int) -> Parcel:
        self.alone.append(position)
        return self._parcel(position)

    def _parcel(self, position: int) -> Parcel:
        one = self._patient_of(position)
        return Parcel(position, (one,), (one,), f"content {position}")


class Destination:
    """Takes everything, but what `refused` names."""

    def __init__(self, refused: str = "") -> None:
        self.got: list[int] = []
        self._refused = refused

    async def send(self, parcel: Parcel, now: int) -> Sent:
        await asyncio.sleep(0)
        if parcel.patients == (self._refused,):
            return Sent(Outcome("retry", "HTTP 422"), alive=True)
        assert parcel.content == f"content {parcel.position}"
        self.got.append(parcel.position)
        return Sent(Outcome("done"), alive=True)

    async def close(self) -> None:
        return


def deliver(feed: Feed, destination: Destination, expected: int) -> None:
    """Run a line until the destination has that many."""

    async def database(function: Callable[..., Any], *arguments: Any) -> Any:
        await asyncio.sleep(0)
        return function(*arguments)

    async def run() -> None:
        line = Line(record(), (), feed, destination, database, lambda: NOW)
        task = asyncio.create_task(line.run())
        async with asyncio.timeout(30):
            while len(destination.got) < expected:
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_a_backlog_is_read_by_pages_and_each_event_once() -> None:
    feed, destination = Feed(lambda position: f"patient {position}"), Destination()
    deliver(feed, destination, COUNT)
    assert sorted(destination.got) == list(range(1, COUNT + 1))
    assert feed.alone == []


def test_events_behind_one_that_failed_do_not_keep_the_others_from_being_read() -> None:
    """Nine events in ten are of a patient whose first event is refused: more than is kept of them."""
    feed = Feed(lambda position: f"patient {position}" if position % 10 == 0 else "unlucky")
    destination = Destination(refused="unlucky")
    deliver(feed, destination, COUNT // 10)
    assert destination.got == list(range(10, COUNT + 1, 10))
