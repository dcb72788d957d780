"""Plays messages against a receiver, as real senders do: in order, one in flight per connection, with
retries.

By default each sender has one connection and its messages keep their order. With more connections, the
messages of one patient keep theirs: a message leaves only once those before it about the same patients are
answered.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

from ecluse.simulators.hospital.answers import NONE, Answer, Summary, read_acknowledgement
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.transports.mllp_async import AsyncMllpClient
from ecluse.transports.mllp_errors import MllpClientError, NotConnected

_IN_MSH = ("200", "201", "202", "203")
"""Codes of table 0357 whose cause is in MSH: sending the same message again is useless (PAM FR,
acknowledgement)."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How the senders behave.

    rate: messages per second, all connections together, None for as fast as answers come; connections: None
    for one per sender; answer_timeout: seconds before a sender believes the answer lost; silence: seconds
    to wait where no answer may be due; retries: times a message is sent again after a loss or an AR that
    may pass; retry_delay: seconds before that; waiting: messages held ready per connection.
    """

    rate: float | None = None
    connections: int | None = None
    answer_timeout: float = 30.0
    silence: float = 1.0
    retries: int = 3
    retry_delay: float = 0.5
    waiting: int = 64


class Link(Protocol):
    """What `play` asks of a connection; `AsyncMllpClient` is one."""

    async def send(self, message: bytes) -> bytes:
        """Send a message and return its answer, or raise an `MllpClientError`."""

    def close(self) -> None:
        """End the connection."""


Progress = Callable[[Answer], None]
Connect = Callable[[], Awaitable[Link]]


async def play(
    messages: Iterable[Outgoing],
    host: str,
    port: int,
    *,
    manners: Manners = Manners(),
    progress: Progress | None = None,
    tls: ssl.SSLContext | None = None,
    connect: Connect | None = None,
) -> Summary:
    """Send messages and gather the answers.

    :param messages: in the order of the senders; may be endless (cancel the task to stop).
    :param progress: called with each answer, in the event loop: be quick.
    :param tls: to speak TLS.
    :param connect: replaces the opening of connections, for tests.
    :returns: counts, unexpected answers, times. A receiver that cannot be reached gives `NONE` answers.
    """

    async def open_link() -> Link:
        return await AsyncMllpClient.open(host, port, tls=tls, answer_timeout=manners.answer_timeout)

    player = _Player(manners, connect or open_link, progress)
    return await player.run(messages)


@dataclass
class _Item:
    message: Outgoing
    after: list[asyncio.Future[None]]
    done: asyncio.Future[None]


class _Player:
    def __init__(self, manners: Manners, connect: Connect, progress: Progress | None) -> None:
        self._manners, self._connect, self._progress = manners, connect, progress
        self._summary = Summary()
        self._last: dict[str, asyncio.Future[None]] = {}
        self._queues: dict[str, asyncio.Queue[_Item | None]] = {}

    async def run(self, messages: Iterable[Outgoing]) -> Summary:
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.TaskGroup() as group:
            await self._dispatch(messages, group, started)
            for queue in self._queues.values():
                await queue.put(None)
        self._summary.seconds = loop.time() - started
        return self._summary

    async def _dispatch(self, messages: Iterable[Outgoing], group: asyncio.TaskGroup, started: float) -> None:
        loop, rate = asyncio.get_running_loop(), self._manners.rate
        for number, message in enumerate(messages):
            if rate and (wait := started + number / rate - loop.time()) > 0:
                await asyncio.sleep(wait)
            name = self._connection_of(message)
            queue = self._queues.get(name)
            if queue is None:
                queue = self._queues[name] = asyncio.Queue(self._manners.waiting)
                group.create_task(self._serve(queue))
            concerned = (message.patient, *message.also)
            after = [last for key in concerned if (last := self._last.get(key))]
            done: asyncio.Future[None] = loop.create_future()
            for key in concerned:
                self._last[key] = done
            await queue.put(_Item(message, after, done))

    def _connection_of(self, message: Outgoing) -> str:
        if not self._manners.connections:
            return message.sender
        return str(crc32(message.patient.encode()) % self._manners.connections)

    async def _serve(self, queue: asyncio.Queue[_Item | None]) -> None:
        sender = _Connection(self._connect, self._manners)
        try:
            while (item := await queue.get()) is not None:
                for earlier in item.after:
                    await earlier
                answer = await sender.send(item.message)
                item.done.set_result(None)
                for key in (item.message.patient, *item.message.also):
                    if self._last.get(key) is item.done:
                        del self._last[key]
                self._summary.add(answer)
                if self._progress is not None:
                    self._progress(answer)
        finally:
            sender.close()


class _Connection:
    """A connection that reopens when needed and repeats what was not answered."""

    def __init__(self, connect: Connect, manners: Manners) -> None:
        self._connect, self._manners = connect, manners
        self._link: Link | None = None

    async def send(self, message: Outgoing) -> Answer:
        """Send one message, again if need be, and return its fate."""
        manners = self._manners
        silent = message.expects(NONE)
        attempt = 0
        while True:
            attempt += 1
            answer = await self._once(message, attempt, manners.silence if silent else None)
            if answer.expected or attempt > manners.retries or not _may_pass(answer):
                return answer
            await asyncio.sleep(manners.retry_delay)

    async def _once(self, message: Outgoing, attempt: int, patience: float | None) -> Answer:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(patience):
                raw = await self._exchange(message.raw)
        except (MllpClientError, TimeoutError) as error:
            # An answer that comes late would be taken for that of the next message: start afresh.
            self.close()
            return Answer(message, NONE, loop.time() - started, attempt, (str(error) or "no answer",))
        seconds = loop.time() - started
        said = read_acknowledgement(raw)
        if said.control_id != message.control_id and said.code != NONE and not message.fault:
            problem = f"MSA-2 is {said.control_id!r}, not the control id of the message"
            return Answer(message, NONE, seconds, attempt, (problem,), raw)
        return Answer(message, said.code, seconds, attempt, said.errors, raw)

    async def _exchange(self, raw: bytes) -> bytes:
        if self._link is not None:
            try:
                return await self._link.send(raw)
            except NotConnected:
                # A receiver may close an idle connection (PAM FR, MLLP); nothing was sent: open another.
                self.close()
        self._link = await self._connect()
        return await self._link.send(raw)

    def close(self) -> None:
        """Close the connection, if open."""
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _may_pass(answer: Answer) -> bool:
    """Whether sending the same message again may succeed: not after an AE, nor when the cause is in MSH."""
    if answer.code == NONE:
        return True
    return answer.code == "AR" and not any(error.startswith(_IN_MSH) for error in answer.errors)
