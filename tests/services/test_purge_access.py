"""The access trail is kept for as long as the settings say, and purged in small batches."""

from __future__ import annotations

import logging

import pytest

from ecluse.services import purge_access as purging
from ecluse.services.purge_access import purge_access
from ecluse.services.purge_daily import DailyPurge
from ecluse.services.purge_journal import DAY, Retention
from ecluse.store.models.access import AccessLine
from tests.conftest import NOW
from tests.store.databases import StorePlace


def write(*days_ago: float) -> None:
    """Lines written that many days ago, in that order."""
    for days in days_ago:
        AccessLine(
            at=NOW - int(days * DAY), caller="token:a", name="t", on_behalf_of="", action="patient.read",
            patient="p", detail="",
        ).save(force_insert=True)  # fmt: skip


def left() -> list[float]:
    return [(NOW - at) / DAY for at in AccessLine.objects.order_by("id").values_list("at", flat=True)]


def daily(store: StorePlace, days: int, most: int = 10) -> DailyPurge:
    place = (store.data, store.secrets)
    return DailyPurge(Retention(), place, store.data / "writer.sock", most, days)


def test_what_is_older_than_whole_days_is_purged(store: StorePlace, caplog: pytest.LogCaptureFixture) -> None:
    """At midnight UTC; said once in the log, with a number and no name."""
    write(400, 31, 29, 0)
    caplog.set_level(logging.INFO)
    daily(store, 30).run(NOW)
    assert left() == [29, 0]
    assert [one.getMessage() for one in caplog.records] == ["retention: 2 lines of the access trail purged"]
    daily(store, 30).run(NOW)
    assert len(caplog.records) == 1


def test_without_a_duration_all_of_it_is_kept(store: StorePlace) -> None:
    write(4000)
    daily(store, 0).run(NOW)
    assert left() == [4000]


def test_batches_go_on_at_the_next_run(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trail of years is not deleted in one transaction."""
    monkeypatch.setattr(purging, "LINES", 2)
    write(50, 49, 48, 47, 46, 1)
    chore = daily(store, 30, most=2)
    chore.run(NOW)
    assert left() == [46, 1]
    chore.run(NOW)
    assert left() == [1]


@pytest.mark.usefixtures("store")
def test_a_clock_set_back_purges_nothing_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that says it is young stays, wherever it is."""
    monkeypatch.setattr(purging, "LINES", 2)
    write(-100, 50, 49, 48)
    assert purge_access(NOW - 30 * DAY, 10) == 1
    assert left() == [-100, 49, 48]
