"""The writer's loop: take all that has arrived, decide and keep it in one commit, answer, begin again.

The group grows with the load by itself: while one batch is committed the next one gathers, and is decided. There is no
timer.
"""

from __future__ import annotations

import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ecluse.services import wire
from ecluse.services.answer import Answer
from ecluse.services.read_frame import Received
from ecluse.services.receive_message import Following

log = logging.getLogger(__name__)

LARGEST_BATCH = 256
OVERLAP_AT = 32
"""Frames that must wait for a batch to be decided while the one before is made durable: small ones had better grow."""
_READ = 100_000
"""Bytes of one read: some fifty frames, and less than what malloc asks of the system and gives back every time."""
_SEND = 4 << 20


class Intake(Protocol):
    """What the loop needs of `services.receive_message.Intake`."""

    def work(self, batch: Sequence[Received], now: int, following: Following) -> Iterator[list[Answer]]: ...


class _Channel:
    """One process connected to the writer."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.packets = wire.Packets()


class WriterLoop:
    """Serves listeners and operators on a listening Unix socket until `stop` is readable."""

    def __init__(
        self,
        intake: Intake,
        perform: Callable[[wire.Act, int], wire.ActResult],
        listening: socket.socket,
        stop: socket.socket,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._intake = intake
        self._perform = perform
        self._listening = listening
        self._stop = stop
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._waiting: deque[tuple[_Channel, Received | wire.Act]] = deque()
        self._groups: deque[list[_Channel]] = deque()
        self._stopping = False

    def run(self) -> None:
        """Work until asked to stop; what has arrived by then is decided, kept and answered first."""
        self._listening.setblocking(False)
        self._selector.register(self._listening, selectors.EVENT_READ, None)
        self._selector.register(self._stop, selectors.EVENT_READ, self._stop)
        while not self._stopping:
            self._gather(None)
            while self._waiting:
                channel, first = self._waiting[0]
                if isinstance(first, wire.Act):
                    self._waiting.popleft()
                    self._send(channel, wire.packet(wire.ACT, self._perform(first, self._clock())))
                else:
                    self._work()

    def _gather(self, patience: float | None) -> None:
        """Take in what has arrived; `patience` in seconds, None: wait for something."""
        for key, _ in self._selector.select(patience):
            if key.data is self._stop:
                self._stopping = True
            elif key.data is None:
                self._accept()
            else:
                self._read(key.data)

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.setblocking(True)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND)
        self._selector.register(connection, selectors.EVENT_READ, _Channel(connection))

    def _read(self, channel: _Channel) -> None:
        try:
            data = channel.socket.recv(_READ)
        except OSError:
            data = b""
        if not data:
            self._leave(channel)
            return
        for kind, body in channel.packets.feed(data):
            if kind == wire.BATCH:
                self._waiting.extend([(channel, one) for one in wire.read_batch(body)])
            else:
                self._waiting.append((channel, wire.read_act(body)))

    def _work(self) -> None:
        """Have frames decided and kept, batch after batch for as long as more arrives meanwhile."""
        for answers in self._intake.work(self._take(), self._clock(), self._following):
            replies: dict[_Channel, list[Answer]] = {}
            for channel, answer in zip(self._groups.popleft(), answers, strict=True):
                replies.setdefault(channel, []).append(answer)
            for channel, mine in replies.items():
                self._send(channel, wire.packet(wire.BATCH, mine))

    def _take(self) -> list[Received]:
        """The frames at the head of the queue. An act keeps its place: what came after it waits for it."""
        batch: list[Received] = []
        channels: list[_Channel] = []
        waiting = self._waiting
        while waiting and len(batch) < LARGEST_BATCH:
            channel, one = waiting[0]
            if isinstance(one, wire.Act):
                break
            waiting.popleft()
            batch.append(one)
            channels.append(channel)
        if batch:
            self._groups.append(channels)
        return batch

    def _following(self) -> tuple[Sequence[Received], int] | None:
        self._gather(0)
        batch = self._take() if len(self._waiting) >= OVERLAP_AT else []
        return (batch, self._clock()) if batch else None

    def _send(self, channel: _Channel, data: bytes) -> None:
        try:
            channel.socket.sendall(data)
        except OSError:
            self._leave(channel)

    def _leave(self, channel: _Channel) -> None:
        if channel.socket.fileno() >= 0:
            self._selector.unregister(channel.socket)
            channel.socket.close()
