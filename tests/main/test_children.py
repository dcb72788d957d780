"""The processes of a gateway."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from ecluse.main import children
from ecluse.store import access_turn
from ecluse.store.turn import Turn
from tests.store.databases import StorePlace


@pytest.fixture(autouse=True)
def leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is told to leave as soon as it listens."""

    def leave_at_once(leave: Callable[[], object], renewed: object = None) -> None:
        leave()

    monkeypatch.setattr(children, "listen_to_supervisor", leave_at_once)
    monkeypatch.setattr(access_turn, "_turn", [Turn(None)])
    monkeypatch.setattr(children, "say_ready", lambda: None)


@pytest.mark.parametrize("role", ["worker", "deliverer"])
def test_what_writes_beside_the_writer_never_waits_long_for_its_own_threads(
    store: StorePlace, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them may hold the turn to write, for which the writer waits."""
    intervals: list[float] = []

    monkeypatch.setattr(sys, "setswitchinterval", intervals.append)
    before = threading.active_count()
    children.ROLES[role](store.configuration, [])
    assert intervals == [children.SWITCH_SECONDS]
    assert threading.active_count() == before


def test_the_chores_of_the_worker_do_not_hold_the_turn_for_the_disk(
    sqlite_store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "setswitchinterval", lambda _: None)
    children.worker(sqlite_store.configuration, [])
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (1,)  # NORMAL


def test_the_memory_of_a_child_goes_to_no_file_and_to_no_other_process() -> None:
    """Keys are open in it: no core, and nobody of the same user reads it."""
    told = "import resource, ctypes; from ecluse.main import children; children._keep_memory_in();"
    asked = "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    done = subprocess.run([sys.executable, "-c", told + asked], capture_output=True, text=True, check=True)
    assert done.stdout == "(0, 0) 0\n"
