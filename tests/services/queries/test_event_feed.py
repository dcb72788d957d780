"""The event feed as readers follow it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecluse.protocols import cloudevents
from ecluse.rules.outward import TYPES
from ecluse.services.access import Reach
from ecluse.services.back_up import back_up
from ecluse.services.publish_events import Publisher, PublishSettings
from ecluse.services.queries import events
from ecluse.services.queries.event_cursors import CursorRefused
from ecluse.services.queries.events import EventFeed, publishing
from ecluse.services.queries.patients import PatientReader
from ecluse.services.restore import restore
from ecluse.store.models import Meta
from ecluse.store.models.access import Inclusion, InclusionList
from ecluse.store.models.outbox import OutwardEvent
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt
from tests.services.stay_messages import iti31
from tests.store.databases import StorePlace


def publish() -> None:
    one = Publisher(Turn(None), PublishSettings("test"))
    while one.step():
        pass


def fed() -> Gate:
    """Two patients, one with a usable INS, then merged: five events."""
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(ipp="1", ins=MARIN, status="VALI"))
    gate.receive(adt(control="C2", ipp="2", name="SERVAL"))
    gate.receive(adt("A40", "C3", ipp="2", prior=f"1^^^{AUTHORITY}^PI"))
    publish()
    return gate


def types(feed: EventFeed, cursor: str = "", **asked: Any) -> list[str]:
    return [one.type for one in feed.after(cursor, **asked).events]


def only(*patients: str, without: Sequence[str] = ()) -> Reach:
    """Who sees these patients and not those others, by an inclusion list."""
    made = InclusionList.objects.count() + 1
    list_ = InclusionList(id=f"list{made}", name=f"Liste {made}", domain_id=1, created=NOW)
    list_.save(force_insert=True)
    said = {**dict.fromkeys(patients, True), **dict.fromkeys(without, False)}
    Inclusion.objects.bulk_create(
        [Inclusion(list=list_, patient=one, included=inside, since=NOW) for one, inside in said.items()]
    )
    return Reach(None, list_.id)


ALL = ["patient.created", "patient.qualified", "patient.created", "patient.merged", "patient.merged"]


def test_pages_follow_one_another_to_the_end(store: StorePlace) -> None:
    fed()
    feed, cursor, found = EventFeed(), "", []
    while True:
        page = feed.after(cursor, limit=3)
        found += [one.type for one in page.events]
        cursor = page.next
        if not page.more:
            break
    assert found == ALL
    assert cursor == feed.end()
    assert feed.after(cursor).events == ()


def test_a_reader_sees_its_domain_its_patients_and_its_types(store: StorePlace) -> None:
    fed()
    feed = EventFeed()
    first, _, second, *_ = feed.after("").events
    assert types(feed, domain=2) == []
    assert types(feed, types=frozenset({"patient.qualified"})) == ["patient.qualified"]
    # Who sees the survivor alone knows that stays came to it, and not whose they were.
    (_, gained) = feed.after("", patients=only(second.patient)).events
    assert (gained.type, gained.other) == ("patient.merged", "")
    assert gained.data == {"merged": None, "survivor": second.patient}
    mine = only(first.patient, without=[second.patient])
    (_, _, merged) = feed.after("", patients=mine).events
    assert (merged.type, merged.other) == ("patient.merged", "")
    assert merged.data == {"merged": first.patient, "survivor": None}
    assert types(feed, patients=only()) == []
    assert feed.after("", patients=only()).next == feed.end()
    assert types(feed, patients=mine, limit=1) == ["patient.created"]
    # The survivor is the same person: who included the merged patient sees it too.
    assert types(feed, patients=only(first.patient)) == ALL


def test_a_page_costs_the_same_however_long_the_inclusion_list_is(store: StorePlace) -> None:
    """It asks of the patients of its events, and reads no list."""
    fed()
    feed = EventFeed()
    first, _, second, *_ = feed.after("").events
    asked: list[list[str]] = []
    for strangers in ([], [f"{number:026x}" for number in range(1_500)]):
        reach = only(first.patient, *strangers, without=[second.patient])
        with CaptureQueriesContext(connection) as queries:
            assert len(feed.after("", patients=reach).events) == 3
        asked.append([one["sql"].replace(reach.inclusion, "?") for one in queries.captured_queries])
    assert asked[0] == asked[1]
    lists = [one.partition("WHERE")[2] for one in asked[1] if "store_inclusion" in one]
    assert lists and all("patient" in one for one in lists)


def test_pages_of_few_patients_follow_one_another_to_the_end(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the number of events looked at together, none is missed nor given twice."""
    fed()
    feed = EventFeed()
    _, _, second, *_ = feed.after("").events
    mine = only(second.patient)
    for part in (1, 2, 3, 200):
        monkeypatch.setattr(events, "_PART", part)
        for limit in (1, 2, 5):
            cursor, found = "", []
            while (page := feed.after(cursor, limit=limit, patients=mine)).more:
                found += [one.number for one in page.events]
                cursor = page.next
            assert found + [one.number for one in page.events] == [3, 5], (part, limit)


def test_full_content_is_that_of_the_readers_own_patients(store: StorePlace) -> None:
    fed()
    feed = EventFeed(PatientReader("test"))
    _, _, second, *_ = feed.after("").events
    page = feed.after("", patients=only(second.patient), full=True)
    assert [one.document.id if one.document else None for one in page.events] == [second.patient] * 2


def test_the_stay_of_full_content_is_hidden_once_it_is_somebody_elses(store: StorePlace) -> None:
    gate = Gate()
    gate.receive(adt(), adt(control="C2", ipp="7002", name="SERVAL"), iti31("A01", "E1"))
    publish()
    feed = EventFeed(PatientReader("test"))
    first, second = (one.patient for one in feed.after("", types=frozenset({"patient.created"})).events)
    mine, theirs = only(first), only(second)
    stays = [one.stay.patient for one in feed.after("", patients=mine, full=True).events if one.stay]
    assert stays == [first, first]
    stay = feed.after("", patients=mine).events[-1].data["stay"]
    assert gate.codes(
        iti31("A44", "E2", ipp="7002", prior=f"7001^^^{AUTHORITY}^PI||D1^^^{AUTHORITY}^AN")
    ) == ["AA"]
    publish()
    assert [one.stay for one in feed.after("", patients=mine, full=True).events] == [None] * 4
    assert feed.after("", patients=mine).events[-1].data == {"stay": stay, "from": first, "to": None}
    moved = feed.after("", patients=theirs, full=True).events[-1]
    assert (moved.type, moved.stay and moved.stay.patient) == ("stay.moved", second)
    assert moved.data == {"stay": stay, "from": None, "to": second}
    told = json.loads(cloudevents.structured(feed.cloud_event(moved)))
    jsonschema_rs.validator_for(dict(cloudevents.schema("stay.moved", 1))).validate(told["data"])


def test_minimal_content_holds_no_name_and_no_matricule(store: StorePlace) -> None:
    fed()
    feed = EventFeed()
    told = cloudevents.batch(map(feed.cloud_event, feed.after("").events)).decode()
    for secret in ("BRIAND", "SERVAL", "ÉLOI", MARIN, MARIN[:13], "19700112", "QUAI"):
        assert secret not in told


def test_cloud_events_follow_the_contract(store: StorePlace) -> None:
    fed()
    feed = EventFeed(PatientReader("test"))
    page = feed.after("", full=True)
    for event in page.events:
        told = json.loads(cloudevents.structured(feed.cloud_event(event)))
        assert told["specversion"] == "1.0"
        assert told["type"] == f"fr.ecluse.{event.type}.v1"
        assert told["source"] == "urn:uuid:" + Meta.objects.get(name="installation").value
        assert (told["id"], told["subject"], told["patientversion"]) == (
            event.cursor,
            event.patient,
            event.version,
        )
        jsonschema_rs.validator_for(dict(cloudevents.schema(event.type, 1))).validate(told["data"])


def test_every_type_has_its_schema_and_no_other() -> None:
    assert set(cloudevents.schemas()) == {f"{kind}.v{version}" for kind, version in TYPES.items()}


def test_a_date_names_the_place_of_the_first_event_from_then_on(store: StorePlace) -> None:
    fed()
    feed = EventFeed()
    ats = list(OutwardEvent.objects.order_by("cursor").values_list("at", flat=True))
    assert feed.position_at(0) == feed.start()
    assert types(feed, feed.position_at(ats[2])) == ALL[2:]
    assert types(feed, feed.position_at(ats[2] + 1)) == ALL[3:]
    assert feed.position_at(ats[-1] + 1) == feed.end()


def refused(feed: EventFeed, cursor: str) -> tuple[str, str]:
    with pytest.raises(CursorRefused) as found:
        feed.after(cursor)
    assert found.value.text_fr and found.value.text_en
    return found.value.code, found.value.resume


@pytest.mark.parametrize(
    "cursor", ["x", "12", "abcdefabcdef-01", "abcdefabcdef--1", "abcdefabcdef-" + "9" * 40, "é-1\x00"]
)
def test_what_is_no_cursor_is_refused(store: StorePlace, cursor: str) -> None:
    fed()
    feed = EventFeed()
    assert refused(feed, cursor) == ("malformed", feed.start())


def test_a_cursor_of_another_store_is_refused(store: StorePlace) -> None:
    fed()
    feed = EventFeed()
    assert refused(feed, "0123456789ab-1") == ("unknown", feed.end())


def test_a_cursor_older_than_what_is_kept_is_gone(store: StorePlace) -> None:
    fed()
    feed = EventFeed()
    start = feed.start()
    OutwardEvent.objects.filter(cursor__lte=2).delete()
    assert refused(feed, start) == ("gone", feed.start())
    assert types(feed, feed.start()) == ALL[2:]
    OutwardEvent.objects.all().delete()
    assert refused(feed, start) == ("gone", feed.end())
    assert feed.start() == feed.end()


def test_after_a_restore_only_cursors_of_the_backup_hold(store: StorePlace, tmp_path: Path) -> None:
    gate = fed()
    feed = EventFeed()
    common = feed.end()
    backup = back_up(store.configuration, tmp_path / "backups", NOW)
    gate.receive(adt(control="C4", ipp="3", name="TALBARD"))
    publish()
    lost = feed.end()
    restore(store.configuration, backup.file, NOW, force=True)
    # Even before the publisher is at work again.
    assert refused(feed, lost) == ("ahead", common)
    assert types(feed, common) == []
    Gate().receive(adt(control="C5", ipp="4", name="OSTRY"))
    publish()
    assert feed.end() != lost
    assert feed.number(feed.end()) == feed.number(common) + 1
    # Its number is taken again, by another event.
    assert refused(feed, lost) == ("ahead", feed.end())
    assert types(feed, common) == ["patient.created"]
    assert feed.after("").events[0].cursor.partition("-")[0] == common.partition("-")[0]


def test_waiting_ends_when_something_comes(store: StorePlace) -> None:
    gate = fed()
    feed = EventFeed()
    end = feed.end()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            gate.receive(adt(control="C4", ipp="3", name="TALBARD"))
            publish()

    assert feed.wait(feed.start(), 0)
    assert not feed.wait(end, 0)
    assert feed.wait(end, 60, clock=lambda: 0.0, sleep=sleep)
    assert len(slept) == 3


def test_how_far_the_publisher_is(store: StorePlace) -> None:
    gate = fed()
    found = publishing(gate.now)
    assert (found.line, found.newest, found.cursor, found.behind) == (4, 4, 5, 0)
    gate.receive(adt(control="C4", ipp="3", name="TALBARD"))
    found = publishing(gate.now + 5)
    assert (found.line, found.newest, found.behind) == (4, 5, 5)
