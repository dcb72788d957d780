"""Patients who leave an inclusion list: seen no more at once, and with a purge, nothing is kept of them for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.services.delivering import publish, subscribe
from tests.services.feeding import AUTHORITY, Gate, adt, assert_sound, rows

pytestmark = pytest.mark.usefixtures("store")


class Ward:
    """Three patients, two of them in a list that two of three subscribers are bound to."""

    def __init__(self, folder: Path) -> None:
        from ecluse.services.queries.patients import PatientReader

        self.gate = Gate()
        self.gate.receive(*[adt(control=f"C{n}", ipp=f"700{n}", name=f"BRIAND{n}") for n in (1, 2, 3)])
        found = [PatientReader("test").by_identifier(f"700{n}")[0].id for n in (1, 2, 3)]
        self.first, self.second, self.third = found
        self.list = str(self.gate.act("inclusion-list.create", name="Cardiologie").data["id"])
        assert self.gate.act("inclusion.include", list=self.list, patients=[self.first, self.second]).done
        bound = {"options": {"inclusion": self.list}}
        self.bound = [
            subscribe(self.gate, folder, f"b{n}", f"https://b{n}.example/", **bound) for n in (1, 2)
        ]
        self.free = subscribe(self.gate, folder, "libre", "https://libre.example/")

    def exclude(self, *patients: str, purge: bool = True) -> None:
        done = self.gate.act("inclusion.exclude", list=self.list, patients=list(patients), purge=purge)
        assert done.done, done.text_en

    def shared(self) -> set[tuple[str, str]]:
        return set(rows("SELECT subscriber, patient FROM store_delivered"))

    def waiting(self) -> set[tuple[str, int]]:
        return set(rows("SELECT subscriber, position FROM store_pendingdelivery"))


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    """The ward, with something delivered and something waiting for each subscriber."""
    from ecluse.store.deliveries import Shared, record_shared
    from ecluse.store.models.deliveries import PendingDelivery

    one = Ward(tmp_path)
    keys = [[one.first], [one.second], [one.second, one.first]]
    for subscriber in (*one.bound, one.free):
        record_shared(subscriber, subscriber, [Shared(1, (one.first, one.second), NOW)])
        for position, about in enumerate(keys, 2):
            PendingDelivery(
                subscriber=subscriber, position=position, keys=str(about).replace("'", '"').encode(), attempts=1,
                next_at=0, since=NOW, parked=False, reason="HTTP 500",
            ).save(force_insert=True)  # fmt: skip
    return one


def revisions() -> dict[str, int]:
    return dict(rows("SELECT id, revision FROM store_subscriber"))


def test_a_purge_deletes_what_is_kept_for_that_list_about_that_patient(ward: Ward) -> None:
    """Not for the others, not of the others; a delivery about another that names it waits on."""
    before = revisions()
    ward.exclude(ward.first)
    kept = {(ward.free, ward.first), (ward.free, ward.second)} | {(one, ward.second) for one in ward.bound}
    assert ward.shared() == kept
    assert ward.waiting() == {(ward.free, 2)} | {(one, n) for one in (*ward.bound, ward.free) for n in (3, 4)}
    changed = {one for one, number in revisions().items() if number != before[one]}
    assert changed == set(ward.bound)
    assert_sound()


def test_without_a_purge_what_was_shared_stays_and_may_be_purged_later(ward: Ward) -> None:
    """The day of the exclusion stays; excluding again without a purge is refused."""
    everything = ward.shared()
    ward.exclude(ward.first, purge=False)
    assert ward.shared() == everything
    since = rows("SELECT since, purge FROM store_inclusion WHERE included = FALSE")
    again = ward.gate.act("inclusion.exclude", list=ward.list, patients=[ward.first])
    assert not again.done
    ward.exclude(ward.first)
    assert [(at, bool(purge)) for at, purge in rows(
        "SELECT since, purge FROM store_inclusion WHERE included = FALSE"
    )] == [(since[0][0], True)]  # fmt: skip
    assert everything - ward.shared() == {(one, ward.first) for one in ward.bound}
    never = ward.gate.act("inclusion.exclude", list=ward.list, patients=[ward.third], purge=True)
    assert not never.done


def test_the_patient_disappears_at_once(ward: Ward) -> None:
    """From what a token of the list reaches, and from what its subscribers are told, what waits included."""
    from ecluse.services.access import Reach
    from ecluse.services.deliveries.events import OutwardFeed
    from ecluse.services.deliveries.subscribers import all_subscribers
    from ecluse.services.queries.events import EventFeed

    publish()
    one = next(one for one in all_subscribers() if one.id == ward.bound[0])
    feed = OutwardFeed(EventFeed(), one)
    seen = {parcel.patients[0] for parcel in feed.after(0, 100).parcels}
    assert seen == {ward.first, ward.second}
    ward.exclude(ward.first, purge=False)
    assert {parcel.patients[0] for parcel in feed.after(0, 100).parcels} == {ward.second}
    assert feed.at(1) is None
    assert not Reach(None, ward.list).sees(ward.first, 1)


def test_the_survivor_reached_by_the_excluded_one_alone_is_purged_too(ward: Ward) -> None:
    """It is the same person; another that the list still reaches is not."""
    from ecluse.store.deliveries import Shared, record_shared

    merged = adt("A40", "M1", "7003", prior=f"7001^^^{AUTHORITY}^PI")
    assert ward.gate.codes(merged) == ["AA"]
    record_shared(ward.bound[0], "b1", [Shared(9, (ward.third,), NOW)])
    ward.exclude(ward.first)
    assert {patient for one, patient in ward.shared() if one in ward.bound} == {ward.second}


def test_a_deliverer_that_runs_forgets_what_waits_for_a_purged_patient(tmp_path: Path) -> None:
    """What it holds in memory too: once the receiver accepts again, only the others of the list are told of."""
    from tests.services.delivering import SECRET, Running, settings, until
    from tests.services.receivers import HttpReceiver

    ward = Ward(tmp_path)
    accepts: list[bool] = []
    with HttpReceiver(SECRET, lambda event: 204 if accepts else 503) as receiver:
        bound = {"inclusion": ward.list, "parallel": 1}
        one = subscribe(ward.gate, tmp_path, "holter", receiver.url, options=bound)
        publish()
        with Running(settings(tmp_path)):
            until(lambda: {event["subject"] for event in receiver.tried} == {ward.first, ward.second})
            until(lambda: len([row for row in ward.waiting() if row[0] == one]) == 2)
            ward.exclude(ward.first)
            accepts.append(True)
            until(lambda: receiver.accepted)
            until(lambda: not [row for row in ward.waiting() if row[0] == one])
        assert {event["subject"] for event in receiver.accepted} == {ward.second}


def test_what_is_written_down_after_a_purge_is_deleted_later(ward: Ward) -> None:
    """A deliverer writes a little late what it had delivered; somebody included again is told of again."""
    from ecluse.services.leave_list import forget_late
    from ecluse.store.deliveries import Shared, record_shared

    ward.exclude(ward.first, ward.second)
    for one in (ward.bound[0], ward.free):
        record_shared(one, one, [Shared(9, (ward.first, ward.second), NOW)])
    assert ward.gate.act("inclusion.include", list=ward.list, patients=[ward.second]).done
    before = revisions()
    forget_late()
    free = {(ward.free, ward.first), (ward.free, ward.second)}
    assert ward.shared() == free | {(ward.bound[0], ward.second)}
    assert revisions() == before
