"""Webhooks on real sockets: at least once, in order per patient, nobody waits for somebody else's failure."""

from __future__ import annotations

import json
import random
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
from ecluse.store.models.deliveries import PendingDelivery
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.services.delivering import SECRET, Running, publish, settings, subscribe, until
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt, rows
from tests.services.receivers import HttpReceiver, free_port
from tests.store.databases import StorePlace


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def confirmed() -> Gate:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    return gate


def feed_some(gate: Gate, patients: int = 8) -> None:
    """Creations, updates and a merge of pairs."""
    for number in range(patients):
        gate.receive(adt(control=f"C{number}", ipp=f"80{number}"))
    for number in range(patients):
        gate.receive(adt("A31", f"U{number}", f"80{number}", street="2 RUE NEUVE"))
    for number in range(0, patients, 2):
        gate.receive(adt("A40", f"M{number}", f"80{number}", prior=f"80{number + 1}^^^{AUTHORITY}^PI"))
    publish()


def told() -> list[dict[str, Any]]:
    found = rows("SELECT cursor, patient, other, version, type FROM store_outwardevent ORDER BY cursor")
    return [dict(zip(("cursor", "patient", "other", "version", "type"), row, strict=True)) for row in found]


def assert_delivered(received: list[dict[str, Any]]) -> None:
    """Every event at least once; the first time of each in order for each patient, merges after both."""
    expected = told()
    first = list(dict.fromkeys(int(event["id"].rpartition("-")[2]) for event in received))
    assert sorted(first) == [one["cursor"] for one in expected]
    for patient in {one["patient"] for one in expected}:
        mine = [one["cursor"] for one in expected if patient in (one["patient"], one["other"])]
        assert [one for one in first if one in mine] == mine


def test_every_event_arrives_signed_and_in_order(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate)
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert receiver.wrong == []
        assert_delivered(receiver.accepted)
    shared = dict(rows("SELECT patient, deliveries FROM store_delivered"))
    expected = Counter(id_ for one in told() for id_ in {one["patient"], one["other"]} - {""})
    assert shared == expected
    assert rows("SELECT COUNT(*) FROM store_pendingdelivery") == [(0,)]
    assert rows("SELECT position FROM store_subscriber") == [(len(told()),)]


def test_a_receiver_that_fails_hangs_up_and_restarts_gets_everything(
    store: StorePlace, secrets: Path
) -> None:
    gate = confirmed()
    chance = random.Random(7)
    failed: Counter[str] = Counter()

    def answer(event: dict[str, Any]) -> int | float | None:
        if failed[event["id"]] >= 1:
            return 204
        fault = chance.choice([204, 204, 204, 404, None])
        failed[event["id"]] += fault != 204
        return fault

    with HttpReceiver(SECRET, answer) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 4)
        with Running(settings(secrets)):
            until(lambda: receiver.tried)
            receiver.stop()
            receiver.start()
            until(lambda: len({one["id"] for one in receiver.accepted}) >= len(told()))
        assert_delivered(receiver.accepted)


def test_a_dead_subscriber_stops_nobody_and_is_left_alone(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "alive", receiver.url)
        dead = subscribe(gate, secrets, "dead", f"http://127.0.0.1:{free_port()}/")
        feed_some(gate)
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
            until(lambda: rows("SELECT failures FROM store_subscriber WHERE name = 'dead'")[0][0] >= 5)
        assert_delivered(receiver.accepted)
    waiting = rows(f"SELECT position, attempts FROM store_pendingdelivery WHERE subscriber = '{dead}'")
    position = rows("SELECT position FROM store_subscriber WHERE name = 'dead'")[0][0]
    assert {one[0] for one in waiting} == set(range(1, position + 1))


def test_a_stop_in_the_middle_loses_nothing(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url, options={"parallel": 1})
        feed_some(gate)
        for part in (3, 9, len(told())):
            with Running(settings(secrets)):
                until(lambda part=part: len(receiver.accepted) >= part)
        assert_delivered(receiver.accepted)


def test_what_one_patient_s_failure_holds_and_what_a_person_decides(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(
        adt(control="C1", ipp="801"), adt(control="C2", ipp="802"), adt("A31", "C3", "801", street="X")
    )
    publish()
    first, other = (one["patient"] for one in told()[:2])
    with HttpReceiver(SECRET, lambda event: 422 if event["subject"] == first else 204) as receiver:
        id_ = subscribe(gate, secrets, "dmn", receiver.url)
        with Running(settings(secrets)):
            until(lambda: any(one["subject"] == other for one in receiver.accepted))
            until(
                lambda: rows("SELECT reason FROM store_pendingdelivery WHERE position = 1") == [("HTTP 422",)]
            )
        assert {one["subject"] for one in receiver.accepted} == {other}
        assert not gate.act("subscriber.skip", name="dmn", position=1).done  # it is not parked
        with_parked = (
            f"UPDATE store_pendingdelivery SET parked = TRUE WHERE subscriber = '{id_}' AND position = 1"
        )
        _execute(with_parked)
        assert gate.act("subscriber.skip", name="dmn", position=1).done
        receiver.answer = lambda event: 204
        with Running(settings(secrets)):
            until(lambda: any(one["subject"] == first for one in receiver.accepted))
        assert [one["type"] for one in receiver.accepted if one["subject"] == first] == [
            "fr.ecluse.patient.updated.v1"
        ]
    assert rows("SELECT patient, position FROM store_delivered WHERE dropped = 1") == [(first, 3)]


def _execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_paused_subscriber_loses_nothing_and_a_replay_tells_again(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        gate.act("subscriber.pause", name="dmn")
        feed_some(gate, 2)
        with Running(settings(secrets)):
            gate.act("subscriber.resume", name="dmn")
            until(lambda: len(receiver.accepted) >= len(told()))
        count = len(receiver.accepted)
        assert gate.act("subscriber.replay", name="dmn", position=2).done
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= count + len(told()) - 2)
        assert receiver.accepted[count]["id"].endswith("-3")


def test_gone_is_gone_until_somebody_resumes(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET, lambda event: 410) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 2)
        with Running(settings(secrets)):
            until(lambda: rows("SELECT status FROM store_subscriber") == [("gone",)])
        receiver.answer = lambda event: 204
        gate.act("subscriber.resume", name="dmn")
        _execute("UPDATE store_pendingdelivery SET next_at = 0")
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert_delivered(receiver.accepted)


def test_content_is_minimal_unless_asked_and_says_when_an_ins_left(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as small, HttpReceiver(SECRET) as whole:
        subscribe(gate, secrets, "small", small.url)
        full = subscribe(gate, secrets, "whole", whole.url, options={"full": True})
        gate.receive(adt(ins=MARIN, status="VALI"))
        publish()
        with Running(settings(secrets)):
            until(lambda: len(small.accepted) == 2 and len(whole.accepted) == 2)
        assert MARIN not in json.dumps(small.accepted) and "BRIAND" not in json.dumps(small.accepted)
        assert whole.accepted[1]["data"]["document"]["ins"]["matricule"] == MARIN
    assert rows("SELECT subscriber, ins_sent FROM store_delivered WHERE ins_at > 0") == [(full, 2)]


def test_the_key_changes_while_the_former_one_still_signs(store: StorePlace, secrets: Path) -> None:
    import base64

    from ecluse.protocols.webhooks import write_secret
    from ecluse.services.deliveries.subscribers import owner
    from ecluse.services.vault import Vault

    gate = confirmed()
    fresh = write_secret(bytes(range(1, 33)))
    with HttpReceiver(SECRET) as receiver:
        id_ = subscribe(gate, secrets, "dmn", receiver.url)
        sealed = base64.b64encode(Vault(secrets).seal(fresh.encode(), owner(id_), may_make=False)).decode()
        # The rotation is now, for the clock of the deliverer.
        import time

        gate.now = time.time_ns() // 1000
        assert gate.act("subscriber.rotate", name="dmn", secret=sealed).done
        feed_some(gate, 2)
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        receiver._secret = fresh
        gate.act("subscriber.replay", name="dmn", position=0)
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= 2 * len(told()))
        assert receiver.wrong == []


def test_an_address_of_this_machine_is_refused_by_default(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 2)
        with Running(settings(secrets, allowed_networks=())):
            until(
                lambda: rows("SELECT COUNT(*) FROM store_pendingdelivery WHERE reason LIKE 'forbidden%'")[0][
                    0
                ]
            )
        assert receiver.tried == []


def test_an_event_that_is_not_kept_any_more_does_not_stop_a_destination_that_is_tried_again(
    store: StorePlace, secrets: Path
) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        id_ = subscribe(gate, secrets, "dmn", receiver.url)
        feed_some(gate, 2)
        PendingDelivery.objects.create(
            subscriber=id_, position=1, keys=b'["a"]', attempts=1, next_at=0, since=1, parked=False
        )
        _execute("UPDATE store_subscriber SET position = 1, failures = 5, until = 1")
        _execute("DELETE FROM store_outwardevent WHERE cursor = 1")
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert_delivered(receiver.accepted)


def test_events_forgotten_before_they_were_told_stop_nobody(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    with HttpReceiver(SECRET) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url, position=1)
        feed_some(gate, 2)
        newest = len(told())
        _execute("DELETE FROM store_outwardevent")
        page = OutwardFeed(EventFeed(), all_subscribers()[0]).after(1, 100)
        assert (page.parcels, page.position) == ((), 1)
        gate.receive(adt("A31", "C99", "800", street="9 RUE NEUVE"))
        publish()
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert int(receiver.accepted[0]["id"].rpartition("-")[2]) == newest + 1


def test_a_patient_excluded_while_an_event_waits_is_not_told_of(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(adt(control="C1", ipp="801"))
    publish()
    patient = told()[0]["patient"]
    chosen = gate.act("inclusion-list.create", name="Cardio").data["id"]
    assert gate.act("inclusion.include", list=chosen, patients=[patient]).done
    failing = True
    with HttpReceiver(SECRET, lambda event: 422 if failing else 204) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url, options={"inclusion": chosen})
        with Running(settings(secrets)):
            until(lambda: receiver.tried)
            failing = False
            assert gate.act("inclusion.exclude", list=chosen, patients=[patient]).done
            until(lambda: rows("SELECT dropped FROM store_delivered WHERE dropped > 0"))
        assert receiver.accepted == []


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
            until(lambda: receiver.accepted)
    assert [one["type"] for one in receiver.accepted] == ["fr.ecluse.patient.merged.v1"]


def test_an_ins_withdrawn_while_a_document_waits_does_not_leave(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(adt(ins=MARIN, status="VALI"))
    publish()
    with HttpReceiver(SECRET, lambda event: 422) as receiver:
        subscribe(gate, secrets, "dmn", receiver.url, options={"full": True})
        with Running(settings(secrets)):
            until(lambda: receiver.tried)
            gate.receive(adt("A31", "C2", status="PROV"))
            publish()
            tried = len(receiver.tried)
            receiver.answer = lambda event: 204
            until(lambda: len(receiver.accepted) >= len(told()))
        assert MARIN in json.dumps(receiver.tried[0])
        assert MARIN not in json.dumps(receiver.tried[tried:])
    assert rows("SELECT ins_sent FROM store_delivered") == [(1,)], "it was refused, and had been read"


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
