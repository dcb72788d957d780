"""Deliveries when this gateway is in trouble, or the feed is odd: nothing lost, nothing told twice for nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ecluse.services.deliveries import line
from ecluse.services.deliveries.events import OutwardFeed
from ecluse.services.deliveries.subscribers import all_subscribers
from ecluse.services.publish_events_purge import purge_events
from ecluse.services.queries import events
from ecluse.services.queries.events import EventFeed
from ecluse.services.queries.subscribers import alarms
from ecluse.store import deliveries
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.services.delivering import SECRET, Running, publish, settings, subscribe, until
from tests.services.fed import assert_delivered, confirmed, execute, feed_some, told
from tests.services.feeding import AUTHORITY, adt, rows
from tests.services.receivers import HttpReceiver
from tests.store.databases import StorePlace


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def test_events_forgotten_before_they_were_told_stop_nobody(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url, position=1)
        feed_some(gate, 2)
        newest = len(told())
        execute("DELETE FROM store_outwardevent")
        page = OutwardFeed(EventFeed(), all_subscribers()[0]).after(1, 100)
        assert (page.parcels, page.position) == ((), 1)
        gate.receive(adt("A31", "C99", "800", street="9 RUE NEUVE"))
        publish()
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert int(receiver.accepted[0]["id"].rpartition("-")[2]) == newest + 1


def test_a_long_stretch_of_the_feed_that_is_for_somebody_else_is_passed(
    store: StorePlace, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "READ_AT_ONCE", 2)
    monkeypatch.setattr(events, "SCANNED", 2)
    gate = confirmed()
    gate.receive(*(adt(control=f"C{number}", ipp=f"80{number}") for number in range(9)))
    gate.receive(adt("A40", "M", "801", prior=f"802^^^{AUTHORITY}^PI"))
    publish()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url, options={"types": ["patient.merged"]})
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) == 2)
    assert {one["type"] for one in receiver.accepted} == {"fr.ecluse.patient.merged.v1"}


def test_nothing_leaves_again_while_what_was_done_cannot_be_written(
    store: StorePlace, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = confirmed()
    feed_some(gate, 4)
    failing = 0

    def broken(progress: Any) -> frozenset[str]:
        nonlocal failing
        failing += 1
        if failing <= 5:
            raise OSError("disk full")
        return write(progress)

    write = deliveries.write
    monkeypatch.setattr(deliveries, "write", broken)
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        with Running(settings(secrets)):
            until(lambda: failing > 5 and len(receiver.accepted) >= len(told()))
        assert Counter(one["id"] for one in receiver.accepted).most_common(1)[0][1] == 1
        assert_delivered(receiver.accepted)


def test_a_subscriber_that_cannot_be_served_says_why_and_alarms(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 2)
        kept = (secrets / "master.key").read_bytes()
        (secrets / "master.key").unlink()
        with Running(settings(secrets)):
            until(lambda: rows("SELECT reason FROM store_subscriber")[0][0])
            assert [one.name for one in alarms(NOW)] == ["dmn"]
            (secrets / "master.key").write_bytes(kept)
            until(lambda: len(receiver.accepted) >= len(told()))
    assert rows("SELECT reason FROM store_subscriber") == [("",)]


def test_two_nodes_tell_everything_once(postgresql_store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 2)
        with Running(settings(secrets)), Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert len(receiver.accepted) == len(told())


def test_what_a_removed_subscriber_was_just_told_is_on_record(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    feed_some(gate, 2)
    with HttpReceiver(SECRET, lambda event: 1.0) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        with Running(settings(secrets)):
            until(lambda: receiver.tried)
            assert gate.act("subscriber.remove", name="dmn").done
            until(lambda: receiver.accepted)
    assert {row[0] for row in rows("SELECT name FROM store_delivered")} == {"dmn"}


def test_events_wait_for_a_paused_subscriber_however_old(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    far = NOW + 1000 * 86_400_000_000
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 2)
        gate.act("subscriber.pause", name="dmn")
        assert purge_events(Turn(None), 1, far) == 0
        gate.act("subscriber.resume", name="dmn")
        with Running(settings(secrets)):
            until(lambda: rows("SELECT MIN(position) FROM store_subscriber") == [(len(told()),)])
        assert_delivered(receiver.accepted)
        last = len(told())
        assert purge_events(Turn(None), 1, far) == last
