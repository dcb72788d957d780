"""Engines of the worker: begun again when they fail, ended when the worker leaves."""

from __future__ import annotations

import threading

from ecluse.delivery.worker.engines import PAUSES, STEADY_SECONDS, Engine, Pauses, keep_running, leave, start


class Stop(threading.Event):
    """Notes how long it is waited for, and returns at once."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return self.is_set()


def test_an_engine_that_fails_begins_again_later_each_time() -> None:
    stop, runs = Stop(), []

    def run(given: threading.Event) -> None:
        runs.append(given)
        if len(runs) == 4:
            given.set()
            return
        raise RuntimeError("no database")

    keep_running(Engine("test", run), stop, clock=lambda: 0.0)
    assert runs == [stop] * 4
    assert stop.pauses == list(PAUSES[:3])


def test_an_engine_that_ends_by_itself_begins_again() -> None:
    stop, runs = Stop(), []

    def run(given: threading.Event) -> None:
        runs.append(1)
        if len(runs) == 2:
            given.set()

    keep_running(Engine("test", run), stop, clock=lambda: 0.0)
    assert stop.pauses == [PAUSES[0]]


def test_pauses_grow_to_a_limit_and_shrink_after_a_steady_time() -> None:
    pauses = Pauses()
    assert [pauses.after(1.0) for _ in range(7)] == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    assert pauses.after(STEADY_SECONDS) == PAUSES[0]


def test_engines_run_side_by_side_until_told_to_stop() -> None:
    stop, meeting = threading.Event(), threading.Barrier(3)

    def run(given: threading.Event) -> None:
        meeting.wait(30)
        given.wait(30)

    threads = start([Engine("one", run), Engine("two", run)], stop)
    meeting.wait(30)
    stop.set()
    assert leave(threads, 30.0) == []


def test_one_that_does_not_stop_is_named() -> None:
    held = threading.Event()
    stop = threading.Event()
    stop.set()
    threads = start([], stop)
    late = threading.Thread(target=held.wait, name="deaf", daemon=True)
    late.start()
    assert leave([*threads, late], 0.0) == ["deaf"]
    held.set()
