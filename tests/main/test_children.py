"""The processes of a gateway."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from ecluse.main import children
from ecluse.store import access_turn
from ecluse.store.turn import Turn
from tests.store.databases import StorePlace


@pytest.mark.parametrize("role", ["worker", "deliverer"])
def test_what_writes_beside_the_writer_never_waits_long_for_its_own_threads(
    store: StorePlace, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them may hold the turn to write, for which the writer waits."""
    intervals: list[float] = []

    def leave_at_once(leave: Callable[[], object], renewed: object = None) -> None:
        leave()

    monkeypatch.setattr(sys, "setswitchinterval", intervals.append)
    monkeypatch.setattr(children, "listen_to_supervisor", leave_at_once)
    monkeypatch.setattr(access_turn, "_turn", [Turn(None)])
    monkeypatch.setattr(children, "say_ready", lambda: None)
    before = threading.active_count()
    children.ROLES[role](store.configuration, [])
    assert intervals == [children.SWITCH_SECONDS]
    assert threading.active_count() == before
