"""Webhooks on real sockets: at least once, in order per patient, nobody waits for somebody else's failure."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ecluse.store.models.deliveries import PendingDelivery
from tests.services.delivering import SECRET, Running, publish, settings, subscribe, until
from tests.services.fed import assert_delivered, confirmed, execute, feed_some, told
from tests.services.feeding import MARIN, adt, rows
from tests.services.receivers import HttpReceiver, free_port
from tests.store.databases import StorePlace


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


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
        execute(with_parked)
        assert gate.act("subscriber.skip", name="dmn", position=1).done
        receiver.answer = lambda event: 204
        with Running(settings(secrets)):
            until(lambda: any(one["subject"] == first for one in receiver.accepted))
        assert [one["type"] for one in receiver.accepted if one["subject"] == first] == [
            "fr.ecluse.patient.updated.v1"
        ]
    assert rows("SELECT patient, position FROM store_delivered WHERE dropped = 1") == [(first, 3)]


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
        execute("UPDATE store_pendingdelivery SET next_at = 0")
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
        execute("UPDATE store_subscriber SET position = 1, failures = 5, until = 1")
        execute("DELETE FROM store_outwardevent WHERE cursor = 1")
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) >= len(told()))
        assert_delivered(receiver.accepted)


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
