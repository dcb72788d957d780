"""What was shared with a removed subscriber is kept as long as the access trail, and no longer."""

from __future__ import annotations

import logging

import pytest

from ecluse.services import purge_shared as purging
from ecluse.services.purge_daily import DailyPurge
from ecluse.services.purge_journal import DAY, Retention
from ecluse.store.models.deliveries import Delivered
from tests.conftest import NOW
from tests.services.feeding import Gate
from tests.store.databases import StorePlace


def daily(store: StorePlace, days: int, most: int = 10) -> DailyPurge:
    place = (store.data, store.secrets)
    return DailyPurge(Retention(), place, store.data / "writer.sock", most, days)


def shared(subscriber: str, *days_ago: float) -> None:
    """What was shared with a subscriber about as many patients, last that many days ago."""
    for rank, days in enumerate(days_ago):
        Delivered(
            subscriber=subscriber, patient=f"p{rank}", name="labo", first_at=0, last_at=NOW - int(days * DAY),
            position=1, deliveries=1, ins_sent=1, ins_at=1, withheld=0, dropped=0,
        ).save(force_insert=True)  # fmt: skip


def told() -> set[tuple[str, str]]:
    return set(Delivered.objects.values_list("subscriber", "patient"))


def test_what_was_shared_with_a_removed_subscriber_goes_with_the_trail(
    store: StorePlace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was shared with one that is still told stays, however old: an INS that proves wrong is told to it."""
    monkeypatch.setattr(purging, "PATIENTS", 2)
    gate = Gate()
    ids = []
    for name in ("labo", "dpi"):
        target = {"kind": "relay", "target": "127.0.0.1:2575"}
        ids.append(gate.act("subscriber.add", name=name, **target).data["id"])
    labo, dpi = ids
    shared(labo, 400, 399, 398, 29)
    shared(dpi, 400)
    assert gate.act("subscriber.remove", name="labo").done
    caplog.set_level(logging.INFO)
    daily(store, 0).run(NOW)
    assert len(told()) == 5
    daily(store, 30, most=1).run(NOW)
    assert told() == {(labo, "p2"), (labo, "p3"), (dpi, "p0")}
    daily(store, 30).run(NOW)
    assert told() == {(labo, "p3"), (dpi, "p0")}
    assert caplog.messages[-1] == "retention: 1 records of what removed subscribers were told purged"
