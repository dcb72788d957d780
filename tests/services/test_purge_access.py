"""The access trail is kept for as long as the settings say, and purged in small acts of the writer."""

from __future__ import annotations

import logging

import pytest

from ecluse.services import purge_daily, seal_trail
from ecluse.services.acts import trail
from ecluse.services.purge_daily import DailyPurge
from ecluse.services.purge_journal import DAY, Retention
from ecluse.services.seal_trail import TrailSealer
from ecluse.services.wire import Act, ActResult
from ecluse.store.models.access import AccessLine
from tests.conftest import NOW
from tests.services.feeding import Gate, assert_sound
from tests.store.databases import StorePlace


@pytest.fixture(autouse=True)
def gate(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A writer in this process, asked without a socket."""
    made = Gate()

    def ask(_path: object, wanted: Act, _patience: float) -> ActResult:
        return made.act(wanted.name, **wanted.arguments)

    monkeypatch.setattr(purge_daily, "ask_writer", ask)
    monkeypatch.setattr(seal_trail, "ask_writer", ask)
    return made


def write(store: StorePlace, *days_ago: float) -> None:
    """Lines written that many days ago, in that order, each with a seal of its own."""
    for days in days_ago:
        AccessLine(
            at=NOW - int(days * DAY), caller="token:a", name="t", on_behalf_of="", action="patient.read",
            patient="p", detail="",
        ).save(force_insert=True)  # fmt: skip
        TrailSealer(store.data / "writer.sock").run()


def left() -> list[float]:
    return [(NOW - at) / DAY for at in AccessLine.objects.order_by("id").values_list("at", flat=True)]


def daily(store: StorePlace, days: int, most: int = 10) -> DailyPurge:
    place = (store.data, store.secrets)
    return DailyPurge(Retention(), place, store.data / "writer.sock", most, days)


def test_what_is_older_than_whole_days_is_purged(store: StorePlace, caplog: pytest.LogCaptureFixture) -> None:
    """At midnight UTC; said once in the log, with a number and no name."""
    write(store, 400, 31, 29, 0)
    caplog.set_level(logging.INFO)
    daily(store, 30).run(NOW)
    assert left() == [29, 0]
    assert [one.getMessage() for one in caplog.records] == ["retention: 2 lines of the access trail purged"]
    daily(store, 30).run(NOW)
    assert len(caplog.records) == 1
    assert_sound()


def test_without_a_duration_all_of_it_is_kept(store: StorePlace) -> None:
    write(store, 4000)
    daily(store, 0).run(NOW)
    assert left() == [4000]


def test_batches_go_on_at_the_next_run(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trail of years is not deleted in one transaction."""
    monkeypatch.setattr(trail, "LINES", 2)
    write(store, 50, 49, 48, 47, 46, 1)
    chore = daily(store, 30, most=2)
    chore.run(NOW)
    assert left() == [46, 1]
    chore.run(NOW)
    assert left() == [1]


def test_what_is_not_sealed_is_not_purged(store: StorePlace) -> None:
    """Nobody could tell afterwards what went."""
    AccessLine(
        at=NOW - 400 * DAY, caller="token:a", name="t", on_behalf_of="", action="patient.read", patient="p",
        detail="",
    ).save(force_insert=True)  # fmt: skip
    daily(store, 30).run(NOW)
    assert left() == [400]


def test_changed_lines_stay_and_are_told(store: StorePlace, caplog: pytest.LogCaptureFixture) -> None:
    write(store, 50)
    AccessLine.objects.update(detail="autre")
    daily(store, 30).run(NOW)
    assert left() == [50]
    assert [one.levelname for one in caplog.records] == ["ERROR"]
    assert "sealed by 1 of the journal" in caplog.records[0].getMessage()
