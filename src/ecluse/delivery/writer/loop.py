"""The writer's loop: take all that has arrived, decide and keep it in one commit, answer, begin again.

The group grows with the load by itself: while one batch is committed the next one gathers. There is no timer.
"""

from __future__ import annotations

import logging
import selectors
import socket
import time
from collections.abc import Callable
from typing import Protocol

from ecluse.services import wire
from ecluse.services.answer import Answer
from ecluse.services.read_frame import Received

log = logging.getLogger(__name__)

LARGEST_BATCH = 512
_READ = 1 << 20


class Intake(Protocol):
    """What the loop needs of `services.receive_message.Intake`."""

    def process(self, batch: list[Received], now: int) -> list[Answer]: ...


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
        self._waiting: list[tuple[_Channel, Received]] = []

    def run(self) -> None:
        """Work until asked to stop; what has arrived by then is decided, kept and answered first."""
        self._listening.setblocking(False)
        self._selector.register(self._listening, selectors.EVENT_READ, None)
        self._selector.register(self._stop, selectors.EVENT_READ, self._stop)
        stopping = False
        while not stopping:
            for key, _ in self._selector.select():
                if key.data is self._stop:
                    stopping = True
                elif key.data is None:
                    self._accept()
                else:
                    self._read(key.data)
            while self._waiting:
                self._work()

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.setblocking(True)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * _READ)
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
                self._waiting += [(channel, one) for one in wire.read_batch(body)]
            else:
                self._act(channel, wire.read_act(body))

    def _work(self) -> None:
        group, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        answers = self._intake.process([received for _, received in group], self._clock())
        replies: dict[_Channel, list[Answer]] = {}
        for (channel, _), answer in zip(group, answers, strict=True):
            replies.setdefault(channel, []).append(answer)
        for channel, mine in replies.items():
            self._send(channel, wire.packet(wire.BATCH, mine))

    def _act(self, channel: _Channel, act: wire.Act) -> None:
        # An act keeps its place in the order of arrival: what came before it is decided first.
        while self._waiting:
            self._work()
        self._send(channel, wire.packet(wire.ACT, self._perform(act, self._clock())))

    def _send(self, channel: _Channel, data: bytes) -> None:
        try:
            channel.socket.sendall(data)
        except OSError:
            self._leave(channel)

    def _leave(self, channel: _Channel) -> None:
        if channel.socket.fileno() >= 0:
            self._selector.unregister(channel.socket)
            channel.socket.close()
