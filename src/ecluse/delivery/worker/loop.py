"""The worker: chores by the clock. A chore that fails is logged and tried again at its next time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

log = logging.getLogger(__name__)

HANGING = 3600.0
"""Seconds after which a run on its own thread is given up: each of its exchanges ends in half a minute."""
_MOST_HANGING = 3
"""Threads given up that may be there at once; beyond, the chore waits for one of them to end."""


class Chore(NamedTuple):
    """Something to do every so many seconds; `do` receives the time (seconds since 1970)."""

    name: str
    every: float
    do: Callable[[float], None]


def due(chores: list[Chore], done: dict[str, float], now: float) -> list[Chore]:
    """Chores whose time has come; a chore never done is due after its first interval."""
    return [one for one in chores if now - done.setdefault(one.name, now) >= one.every]


def run(chores: list[Chore], stop: threading.Event, clock: Callable[[], float]) -> None:
    """Do the chores until `stop` is set."""
    done: dict[str, float] = {}
    while not stop.is_set():
        for chore in due(chores, done, clock()):
            done[chore.name] = clock()
            try:
                chore.do(clock())
            except Exception:
                log.exception("chore %s failed", chore.name)
        stop.wait(1.0)


def aside(name: str, do: Callable[[float], None], leave: Callable[[], None]) -> Callable[[float], None]:
    """A chore that waits for the network, on a thread of its own: the other chores of the worker wait for nobody.

    While one run lasts, the next ones do nothing. One that hangs is given up and told in the log, so that a single
    exchange that never ends does not end the chore for ever.

    :param leave: called in the thread when a run is over, to give back what it held.
    """
    running: list[tuple[threading.Thread, float]] = []

    def run(now: float) -> None:
        try:
            do(now)
        except Exception:
            log.exception("chore %s failed", name)
        finally:
            leave()

    def start(now: float) -> None:
        running[:] = [one for one in running if one[0].is_alive()]
        if running and (now - running[-1][1] < HANGING or len(running) > _MOST_HANGING):
            return
        if running:
            log.error("chore %s has not ended in %d minutes: started again", name, HANGING / 60)
        running.append((threading.Thread(target=run, args=(now,), name=name, daemon=True), now))
        running[-1][0].start()

    return start
