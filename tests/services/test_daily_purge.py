"""The purge of every day: by the writer, only what the settings ask, and said once when it cannot be done."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ecluse.services import purge_daily
from ecluse.services.purge_daily import DailyPurge
from ecluse.services.purge_journal import DAY, Retention
from ecluse.services.wire import Act, ActResult
from ecluse.store.models import JournalEntry, RawMessage
from tests.services.feeding import Gate, adt, assert_sound, odd
from tests.store.databases import StorePlace


@pytest.fixture
def gate(store: StorePlace) -> Gate:
    """Two messages and something unreadable today, a message two days later."""
    made = Gate()
    made.receive(adt(), adt("A31", "C2"), odd("alien", b"GET /"))
    made.now += 2 * DAY
    made.receive(adt("A31", "C3"))
    return made


@pytest.fixture
def purges(gate: Gate, store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> list[Act]:
    """What is asked of the writer; the intake of this test does it."""
    asked: list[Act] = []

    def ask(_path: Path, wanted: Act, _patience: float = 0.0) -> ActResult:
        asked.append(wanted)
        return gate.act(wanted.name, **wanted.arguments)

    monkeypatch.setattr(purge_daily, "ask_writer", ask)
    return asked


def daily(store: StorePlace, most: int = 40, **days: int) -> DailyPurge:
    return DailyPurge(Retention(**days), (store.data, store.secrets), store.data / "writer.sock", most)


def kept() -> list[int]:
    lines = RawMessage.objects.order_by("seq").values_list("seq", flat=True)
    kinds = dict(JournalEntry.objects.values_list("seq", "kind"))
    return [seq for seq in lines if kinds[seq] != "act"]


def test_what_is_too_old_is_purged_once(store: StorePlace, gate: Gate, purges: list[Act]) -> None:
    chore = daily(store, messages=1)
    chore.run(gate.now)
    assert kept() == [3, 4]
    assert [(one.operator, one.name) for one in purges] == [("retention", "journal.purge")]
    chore.run(gate.now)
    assert len(purges) == 1 and len(list((store.data / "checkpoints").iterdir())) == 1
    assert_sound()


def test_each_day_something_more_is_too_old(store: StorePlace, gate: Gate, purges: list[Act]) -> None:
    chore = daily(store, messages=3, unreadable=1)
    chore.run(gate.now)
    assert kept() == [1, 2, 4]
    chore.run(gate.now + 2 * DAY)
    assert kept() == [4]
    chore.run(gate.now + 4 * DAY)
    assert kept() == []
    assert_sound()


def test_a_large_purge_is_done_in_several_runs(
    store: StorePlace, gate: Gate, purges: list[Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecluse.services.acts.retention.LINES", 1)
    chore = daily(store, most=1, messages=1)
    chore.run(gate.now)
    assert kept() == [2, 3, 4]
    chore.run(gate.now)
    assert kept() == [3, 4]


def test_damaged_lines_are_told_once_a_day(
    store: StorePlace, gate: Gate, purges: list[Act], caplog: pytest.LogCaptureFixture
) -> None:
    RawMessage.objects.filter(seq=1).update(findings=b"[ ]")
    chore = daily(store, messages=1)
    with caplog.at_level(logging.ERROR):
        chore.run(gate.now)
        chore.run(gate.now)
    assert [one.levelname for one in caplog.records] == ["ERROR"] and "lines 1 " in caplog.text
    assert kept() == [1, 3, 4]


def test_a_writer_that_does_not_answer_is_asked_again_later(
    store: StorePlace, gate: Gate, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_daily, "_PATIENCE", 0.0)
    daily(store, messages=1).run(gate.now)
    assert "tried again later" in caplog.text
    assert kept() == [1, 2, 3, 4]
