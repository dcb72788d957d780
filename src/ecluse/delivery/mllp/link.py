"""A listener's line to the writer: frames out in batches, answers back, and what happens when the writer is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import cast

from ecluse.services import wire
from ecluse.services.answer import Answer
from ecluse.services.read_frame import Received

log = logging.getLogger(__name__)

FLUSH_AT = 64
"""Frames that leave at once, without waiting for the end of the turn: the writer must not idle while we read on."""


class Link(asyncio.Protocol):
    """Sends everything gathered in one turn of the loop as one packet.

    :param answered: called with each answer.
    :param lost: called when the writer leaves; whatever it had not answered must not be acknowledged.
    """

    def __init__(self, answered: Callable[[Answer], None], lost: Callable[[], None]) -> None:
        self._answered = answered
        self._lost = lost
        self._packets = wire.Packets()
        self._gathered: list[Received] = []
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    async def connect(self, path: Path, *, every: float = 0.1) -> None:
        """Keep trying until the writer listens."""
        while self._transport is None:
            try:
                await self._loop.create_unix_connection(lambda: self, wire.reachable(path))
            except OSError:
                # Not there yet, or killed between listening and accepting: what it died of does not matter, and a
                # listener that gave up would refuse every message until somebody started it again.
                await asyncio.sleep(every)

    def send(self, received: Received) -> None:
        """Queue a frame; it leaves at the end of this turn of the event loop."""
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(received)
        if len(self._gathered) >= FLUSH_AT:
            self._flush()

    def _flush(self) -> None:
        if self._transport is None:
            return  # Frames read as the writer left wait for the next one; nobody has seen them.
        batch, self._gathered = self._gathered, []
        if batch:
            self._transport.write(wire.packet(wire.BATCH, batch))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The writer is there."""
        self._transport = cast(asyncio.Transport, transport)
        self._packets = wire.Packets()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Answers."""
        for _, body in self._packets.feed(data):
            for answer in wire.read_answers(body):
                self._answered(answer)

    def connection_lost(self, error: Exception | None) -> None:
        """The writer left."""
        self._transport = None
        self._gathered = []
        log.warning("the writer left; waiting for it")
        self._lost()
