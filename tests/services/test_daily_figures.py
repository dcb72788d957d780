"""What is counted each day: as it happens, for the days before, and for whom."""

from __future__ import annotations

import threading
from itertools import dropwhile

import pytest

from ecluse.rules.identity.vocabulary import CONSENT, MERGED, STATUS, event
from ecluse.services import figures, figures_identities
from ecluse.services.figures import DAY, FigureKeeper
from ecluse.services.queries import daily_figures
from ecluse.store.models import JournalEntry, Meta, Sender, StoredEvent
from ecluse.store.models.figures import DailyFigure
from tests.conftest import NOW
from tests.store.writing import BORIS, Writer, adopted, created

pytestmark = pytest.mark.usefixtures("store")

TODAY = NOW // DAY
UNVALIDATED = {"qualifiee": 0, "validee": 0, "provisoire": 1, "fusionnee": 0}


def keeper(day: int = 0) -> FigureKeeper:
    """One that counts at noon of a day, from today on."""
    return FigureKeeper("test", clock=lambda: (TODAY + day) * DAY + DAY // 2)


def identities(day: int = 0, **more: frozenset[int]) -> list[tuple[str, dict[str, int] | None]]:
    """Days told at the end of a day, from the first that was counted."""
    found = daily_figures.identities((TODAY + day) * DAY + DAY - 1, **more)
    told = dropwhile(lambda one: one.counts is None, found)
    return [(one.day[-2:], None if one.counts is None else dict(one.counts)) for one in told]


def dated(day: int, lines: range | None = None) -> None:
    """Put journal lines and their events on a day before today."""
    rows = JournalEntry.objects.filter(at__gte=TODAY * DAY)
    events = StoredEvent.objects.filter(at__gte=TODAY * DAY)
    if lines is not None:
        rows = rows.filter(seq__in=lines)
        events = events.filter(id__gte=lines.start * 4096, id__lt=lines.stop * 4096)
    rows.update(at=(TODAY + day) * DAY + 5)
    events.update(at=(TODAY + day) * DAY + 5)


def test_identities_are_counted_by_level_as_they_are_at_the_end_of_each_day() -> None:
    writer = Writer()
    writer.message(created("p1", "7001", statuses=["PROV"]))
    keeper().count()
    assert identities() == [("18", UNVALIDATED)]
    writer.message(created("p2", "7002"), adopted("p2"))
    writer.message(created("p3", "7003"))
    keeper().count()
    assert identities() == [("18", {"qualifiee": 1, "validee": 1, "provisoire": 1, "fusionnee": 0})]
    writer.message(event(MERGED, "p3", {"merged": "p3", "survivor": "p2"}))
    Sender.objects.update(status="to_confirm")
    keeper(2).count()
    assert identities(2) == [
        ("18", {"qualifiee": 1, "validee": 1, "provisoire": 1, "fusionnee": 0}),
        ("19", None),
        ("20", {"qualifiee": 0, "validee": 1, "provisoire": 1, "fusionnee": 1}),
    ]


def test_the_days_before_the_first_count_come_from_the_events() -> None:
    """As they were at the end of each of them; days on which nothing happened are told too."""
    writer = Writer()
    writer.message(created("p1", "7001", statuses=["PROV"]))
    dated(-4)
    writer.message(created("p2", "7002", statuses=["PROV"]))
    writer.message(event(STATUS, "p1", {"to": ["VALI"]}), adopted("p1", BORIS))
    dated(-2)
    writer.message(event(MERGED, "p1", {"merged": "p1", "survivor": "p2"}))
    keeper().count()
    grown = {"qualifiee": 1, "validee": 0, "provisoire": 1, "fusionnee": 0}
    assert identities() == [
        ("14", UNVALIDATED),
        ("15", UNVALIDATED),
        ("16", grown),
        ("17", grown),
        ("18", {"qualifiee": 0, "validee": 0, "provisoire": 1, "fusionnee": 1}),
    ]


def test_what_was_counted_on_its_day_is_not_worked_out_again() -> None:
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"))
    keeper().count()
    Sender.objects.update(status="to_confirm")
    keeper(1).count()
    assert [(day, told and told["qualifiee"]) for day, told in identities(1)] == [("18", 1), ("19", 0)]


def test_messages_are_counted_once_by_answer_on_the_day_they_came() -> None:
    writer = Writer()
    for answer in ("AA", "AE", "AA"):
        writer.message(answer=answer)
    dated(-1, range(1, 3))
    writer.message(kind="act", answer="")
    writer.message(answer="", kind="unreadable")
    keeper().count()
    keeper().count()
    writer.message(answer="AA")
    keeper().count()
    found = [(one.day[-2:], one.counts) for one in daily_figures.messages(TODAY * DAY)]
    assert len(found) == 14 and found[-3] == ("16", None)
    assert found[-2:] == [("17", {"AA": 1, "AE": 1}), ("18", {"AA": 2, "none": 1})]


def test_a_long_journal_is_counted_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "LINES", 2)
    writer = Writer()
    for _ in range(5):
        writer.message()
    keeper().count()
    today = daily_figures.messages(TODAY * DAY)[-1]
    assert today.counts == {"AA": 5}


def test_patients_are_read_a_part_at_a_time_and_each_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_identities, "PART", 2)
    writer = Writer()
    for number in range(5):
        writer.message(created(f"p{number}", f"700{number}"), event(CONSENT, f"p{number}", {"fields": []}))
    dated(-1)
    keeper().count()
    assert [told and told["validee"] for _, told in identities()] == [5, 5]


def test_a_reader_is_told_the_domains_within_reach() -> None:
    Writer().message(created("p1", "7001", statuses=["PROV"]))
    DailyFigure.objects.create(day=TODAY, domain_id=2, name="identities.provisoire", value=7)
    keeper().count()
    assert identities(domains=frozenset({1})) == [("18", UNVALIDATED)]
    assert identities()[0][1] == {**UNVALIDATED, "provisoire": 8}
    assert identities(domains=frozenset()) == []


def test_a_count_that_is_stopped_writes_no_half_of_it() -> None:
    Writer().message(created("p1", "7001"))
    dated(-1)
    stop = threading.Event()
    stop.set()
    keeper().count(stop)
    assert not DailyFigure.objects.exists() and not Meta.objects.filter(name__startswith="figures").exists()
    keeper().count()
    assert len(identities()) == 2
