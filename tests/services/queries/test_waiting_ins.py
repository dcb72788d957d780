"""INS that are kept but wait: found by reason, counted, and told by the doctor."""

from __future__ import annotations

import pytest

from ecluse.delivery.cli import patients as command
from ecluse.rules.identity.vocabulary import event
from ecluse.services.doctor import examine_waiting
from ecluse.services.queries.overview import OverviewReader
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.standing import WAITING
from ecluse.store.models import Domain, Sender
from tests.conftest import NOW
from tests.store.databases import StorePlace
from tests.store.writing import BORIS, Writer, adopted, created


@pytest.fixture
def writer(store: StorePlace) -> Writer:
    return Writer()


def waiting(reason: str, **more: object) -> list[str]:
    page = PatientReader("test").page_waiting(reason, **more)  # type: ignore[arg-type]
    return [one.id for one in page.patients]


def test_each_ins_that_waits_is_found_by_its_reason(writer: Writer) -> None:
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(
        created("p2", "7002"), adopted("p2", BORIS), event("ins.suspended", "p2", {"reason": "traits"})
    )
    writer.message(created("p3", "7003", birth_place=""), adopted("p3", BORIS))
    writer.message(created("p4", "7004", statuses=["PROV"]))
    writer.message(created("p5", "7005"))
    assert {reason: waiting(reason) for reason in WAITING if waiting(reason)} == {
        "traits": ["p2"], "missing-traits": ["p3"],
    }  # fmt: skip
    Sender.objects.update(status="to_confirm")
    assert waiting("sender") == ["p1"]
    Sender.objects.update(status="confirmed")
    Domain.objects.update(own=False)
    assert waiting("domain") == ["p1"]
    found = OverviewReader("test").read(NOW)
    assert (found.waiting["domain"], found.waiting["traits"], found.waiting["sender"]) == (1, 1, 0)
    assert [one.name for one in examine_waiting(found.waiting, found.colliding)] == ["ins-domain"]


def test_a_collision_is_counted_and_told(writer: Writer) -> None:
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(created("p2", "7002", birth_date="19860312"), adopted("p2"))
    writer.message(
        event("collision.flagged", "p1", {"with": ["p2"]}), event("collision.flagged", "p2", {"with": ["p1"]})
    )
    assert waiting("collision") == ["p1", "p2"]
    assert waiting("collision", limit=1) == ["p1"]
    page = PatientReader("test").page_waiting("collision", limit=1)
    assert page.next == "p1" and waiting("collision", after=page.next) == ["p2"]
    found = OverviewReader("test").read(NOW)
    assert (found.colliding, found.waiting["collision"]) == (2, 2)
    (check,) = examine_waiting(found.waiting, found.colliding)
    assert (check.name, check.status) == ("collisions", "warning") and "--waiting collision" in check.mend_fr


def test_nothing_that_waits_is_said_too() -> None:
    assert [(one.name, one.status) for one in examine_waiting({}, 0)] == [("ins-waiting", "ok")]


def test_the_command_offers_every_reason() -> None:
    assert command.WAITING == WAITING
