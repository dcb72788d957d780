"""What `doctor` says of subscribers: each trouble, and the command that mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecluse.services.check import Check
from ecluse.services.doctor_subscribers import examine_subscribers
from ecluse.services.queries.subscribers import alarms
from ecluse.store.models.deliveries import PendingDelivery, Subscriber
from tests.conftest import NOW
from tests.services.delivering import subscribe
from tests.services.feeding import Gate
from tests.store.databases import StorePlace


def told() -> list[Check]:
    return list(examine_subscribers(alarms(NOW)))


def parked(subscriber: str) -> None:
    PendingDelivery.objects.create(
        subscriber=subscriber,
        position=7,
        keys=b"[]",
        attempts=1,
        next_at=0,
        since=NOW,
        parked=True,
        reason="AE",
    )


def test_nothing_to_do_is_said(store: StorePlace, tmp_path: Path) -> None:
    subscribe(Gate(), tmp_path, "telesuivi", "http://127.0.0.1:9/hook")
    assert [(one.name, one.status) for one in told()] == [("subscribers", "ok")]


@pytest.mark.parametrize(
    ("columns", "name", "status", "command"),
    [
        ({"status": "gone"}, "gone", "warning", "ecluse subscriber resume telesuivi"),
        ({"failures": 9, "until": NOW + 1}, "dead", "warning", "ecluse subscriber show telesuivi"),
        ({"reason": "no key"}, "unserved", "error", "ecluse subscriber resume telesuivi"),
        ({}, "parked", "warning", "ecluse subscriber release telesuivi"),
    ],
)
def test_each_trouble_comes_with_its_command(
    store: StorePlace, tmp_path: Path, columns: dict[str, Any], name: str, status: str, command: str
) -> None:
    id_ = subscribe(Gate(), tmp_path, "telesuivi", "http://127.0.0.1:9/hook")
    Subscriber.objects.filter(id=id_).update(**columns) if columns else parked(id_)
    found = told()
    assert [(one.name, one.status) for one in found] == [(f"subscriber-telesuivi-{name}", status)]
    assert command in found[0].mend_fr and command in found[0].mend_en
    assert "telesuivi" in found[0].text_fr and found[0].text_fr != found[0].text_en


def test_a_paused_subscriber_is_nobodys_trouble_but_its_parked_deliveries_are(
    store: StorePlace, tmp_path: Path
) -> None:
    id_ = subscribe(Gate(), tmp_path, "telesuivi", "http://127.0.0.1:9/hook")
    Subscriber.objects.filter(id=id_).update(status="paused", failures=9, until=NOW + 1)
    assert [one.status for one in told()] == ["ok"]
    parked(id_)
    assert [one.name for one in told()] == ["subscriber-telesuivi-parked"]
