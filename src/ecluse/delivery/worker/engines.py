"""Engines: what the worker and the deliverer do all the time, in threads of their own, begun again when they fail."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

log = logging.getLogger(__name__)

LEAVE_SECONDS = 8.0
"""Time given to the engines to end: the supervisor waits for ten seconds in all."""
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before an engine that failed begins again: after the first failure, the second…"""
STEADY_SECONDS = 120.0
"""An engine that ran that long before it failed is as good as new."""


class Engine(NamedTuple):
    """Something done until the event given to `run` is set; it then ends within seconds. What it raises is logged, and
    it begins again from what it wrote down.
    """

    name: str
    run: Callable[[threading.Event], None]


class Pauses:
    """How long a failing engine waits, longer each time it fails soon again."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, ran: float) -> float:
        """Seconds to wait.

        :param ran: seconds from its beginning to its failure.
        """
        if ran >= STEADY_SECONDS:
            self._failures = 0
        self._failures += 1
        return PAUSES[min(self._failures, len(PAUSES)) - 1]


def start(engines: Sequence[Engine], stop: threading.Event) -> list[threading.Thread]:
    """Start the engines; they run until `stop` is set."""
    threads = [
        threading.Thread(target=keep_running, args=(one, stop), name=one.name, daemon=True) for one in engines
    ]
    for thread in threads:
        thread.start()
    return threads


def keep_running(engine: Engine, stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Run an engine, again and again when it fails, until `stop` is set."""
    pauses = Pauses()
    while not stop.is_set():
        begun = clock()
        try:
            engine.run(stop)
            if stop.is_set():
                return
            log.error("%s ended though nobody asked", engine.name)
        except Exception:
            log.exception("%s failed", engine.name)
        pause = pauses.after(clock() - begun)
        log.warning("%s begins again in %.0f s", engine.name, pause)
        stop.wait(pause)


def leave(threads: Sequence[threading.Thread], seconds: float = LEAVE_SECONDS) -> list[str]:
    """Wait for engines that were told to stop; names of those that did not in time."""
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        log.error("did not stop in time: %s", ", ".join(late))
    return late
