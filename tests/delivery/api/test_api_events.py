"""The event feed over REST: pages, reach, long poll, cursors that lose nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.store.turn import Turn
from tests.delivery.api.conftest import Api
from tests.services.feeding import adt


@pytest.fixture
def told(api: Api) -> tuple[str, str]:
    """Two patients of two domains, published."""
    api.gate.act("sender.add", application="LGC", facility="CABINET", domain="cabinet")
    api.gate.receive(
        adt(), adt(control="D1", ipp="9001", application="LGC", facility="CABINET", name="CARON")
    )
    publish()
    return api.patient("7001"), api.patient("9001")


def publish() -> None:
    """Have the publisher tell what the journal says."""
    from ecluse.services.publish_events import Publisher, PublishSettings

    publisher = Publisher(Turn(None), PublishSettings("test", True, "by-environment"))
    while publisher.step():
        pass


def subjects(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["subject"] for one in answer.json()["events"]]


def test_events_are_followed_from_the_first(api: Api, told: tuple[str, str]) -> None:
    """As CloudEvents; each page says where the next begins."""
    secret = api.token("events:read")
    first = api.get("/events?limit=1", secret).json()
    assert (first["more"], first["events"][0]["specversion"]) == (True, "1.0")
    assert first["events"][0]["type"] == "fr.ecluse.patient.created.v1"
    rest = api.get(f"/events?after={first['next']}", secret).json()
    assert (rest["more"], rest["events"][0]["subject"]) == (False, told[1])
    assert subjects(api.get(f"/events?after={rest['next']}", secret)) == []


def test_events_are_those_of_the_patients_within_reach(api: Api, told: tuple[str, str]) -> None:
    """Of the domain, or of the list, of the token; of the types asked for."""
    here, elsewhere = told
    assert subjects(api.get("/events", api.token("events:read", domain="cabinet"))) == [elsewhere]
    assert subjects(api.get("/events", api.token("events:read", inclusion=api.list_of(here)))) == [here]
    assert subjects(api.get("/events?types=patient.merged", api.token("events:read"))) == []


def test_full_events_need_what_they_show(api: Api, told: tuple[str, str]) -> None:
    """They give the patient as it is, to those who may read it."""
    refused = api.get("/events?full=true", api.token("events:read", "patients:read"))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    secret = api.token("events:read", "patients:read", "stays:read", "consents:read")
    answer = api.get("/events?full=true&limit=1", secret)
    assert answer.status_code == 200, answer.content
    found = answer.json()["events"][0]
    assert found["data"]["document"]["traits"]["birth_name"] == "BRIAND"


def test_events_since_a_time(api: Api, told: tuple[str, str]) -> None:
    """With its zone; a time to come gives nothing yet."""
    secret = api.token("events:read")
    assert len(subjects(api.get("/events?since=2026-11-01T00:00:00%2B01:00", secret))) == 2
    assert subjects(api.get("/events?since=2030-01-01T00:00:00Z", secret)) == []
    for wrong in ("since=2026-13-01T00:00:00Z", "since=2026-11-01T00:00:00Z&after=", "types=patient.born"):
        assert api.get(f"/events?{wrong}", secret).json()["code"] == "validation"


def test_a_reader_waits_for_what_comes_next(
    api: Api, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered as soon as there is something for it."""
    from ecluse.services.queries.events import EventFeed

    secret = api.token("events:read")
    end = api.get("/events", secret).json()["next"]

    def arrive(*_: object) -> bool:
        api.gate.receive(adt(control="C9", ipp="7009", name="AUBIN"))
        publish()
        return True

    monkeypatch.setattr(EventFeed, "wait", arrive)
    assert subjects(api.get(f"/events?after={end}&wait=30", secret)) == [api.patient("7009")]


def test_not_everybody_may_wait(api: Api, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each who waits holds a thread: beyond a few, the answer is at once."""
    from ecluse.delivery.api import events

    def never(*_: object) -> bool:
        raise AssertionError("nobody may wait any more")

    secret = api.token("events:read")
    end = api.get("/events", secret).json()["next"]
    monkeypatch.setattr("ecluse.services.queries.events.EventFeed.wait", never)
    taken = [events._places.acquire(blocking=False) for _ in range(events.WAITING_AT_ONCE)]
    try:
        assert all(taken)
        assert subjects(api.get(f"/events?after={end}&wait=30", secret)) == []
    finally:
        for _ in taken:
            events._places.release()


@pytest.mark.parametrize("cursor", ["abc", "zzz", "0123456789AB-1", "a" * 300, "%00", "%F0%9F%98%80"])
def test_what_is_no_cursor_has_one_code(api: Api, told: tuple[str, str], cursor: str) -> None:
    """Whatever its form, with where to go on from."""
    answer = api.get(f"/events?after={cursor}", api.token("events:read"))
    assert (answer.status_code, answer.json()["code"]) == (400, "events-cursor-malformed")
    assert subjects(api.get(f"/events?after={answer.json()['resume']}", api.token("events:read")))


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [("unknown", 409, "events-unknown"), ("ahead", 409, "events-ahead"), ("gone", 410, "events-gone")],
)
def test_a_cursor_that_would_lose_events_is_refused(
    api: Api, told: tuple[str, str], case: str, status: int, code: str
) -> None:
    """Each case has its code, and where to go on from."""
    from ecluse.store.models.outbox import OutwardEvent

    secret = api.token("events:read")
    publish()  # A cursor further than what is told waits for the lines that are not told yet.
    epoch, _, end = api.get("/events", secret).json()["next"].partition("-")
    cursors = {"unknown": "0123456789ab-1", "ahead": f"{epoch}-{int(end) + 5}", "gone": f"{epoch}-0"}
    if case == "gone":
        OutwardEvent.objects.filter(cursor=1).delete()
    answer = api.get(f"/events?after={cursors[case]}", secret)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    resumed = api.get(f"/events?after={answer.json()['resume']}", secret)
    assert resumed.status_code == 200
