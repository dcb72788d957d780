"""The worker: chores by the clock. A chore that fails is logged and tried again at its next time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

log = logging.getLogger(__name__)


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
