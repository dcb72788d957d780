"""Messages per minute, counted from the journal as it grows."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.protocols.findings import Finding
from ecluse.services.queries.funnel import funnel
from ecluse.services.queries.overview import Overview
from ecluse.services.queries.rates import MINUTE, RateReader, last_message, pace
from ecluse.services.queries.refused_today import RefusedReader
from ecluse.store.models import JournalEntry
from tests.conftest import NOW
from tests.store.databases import StorePlace
from tests.store.writing import Writer

START = NOW - NOW % MINUTE


def test_lines_are_counted_in_their_minute_by_answer(store: StorePlace) -> None:
    """Acts of people are no messages; what is older than the window is left out."""
    writer = Writer()
    for rank, (answer, minutes) in enumerate([("AA", 90), ("AA", 2), ("AE", 2), ("AR", 1), ("AA", 0)], 1):
        writer.message(answer=answer)
        JournalEntry.objects.filter(seq=rank).update(at=START - minutes * MINUTE + 5)
    writer.message()
    JournalEntry.objects.filter(seq=6).update(at=START, kind="act")
    reader = RateReader()
    minutes = reader.read(START + 10)
    assert len(minutes) == 60
    assert [(one.accepted, one.refused, one.rejected) for one in minutes[-3:]] == [
        (1, 1, 0),
        (0, 0, 1),
        (1, 0, 0),
    ]
    assert sum(one.total for one in minutes) == 4
    assert pace(minutes, START, over=2) == 2  # 4 in two minutes: the one that runs has just begun
    assert pace(minutes, START + MINUTE // 2, over=1) == 1
    writer.message(answer="AA")
    JournalEntry.objects.filter(seq=7).update(at=START + MINUTE)
    later = reader.read(START + MINUTE + 10)
    assert [one.total for one in later[-4:]] == [2, 1, 1, 1]


def test_a_long_journal_is_read_from_the_hour_alone(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reading of a large store looks for the first line of the window."""
    from ecluse.services.queries import rates

    writer = Writer()
    for _ in range(6):
        writer.message()
    JournalEntry.objects.filter(seq__lte=4).update(at=START - 3 * 60 * MINUTE)
    JournalEntry.objects.filter(seq__gt=4).update(at=START)
    monkeypatch.setattr(rates, "_MANY", 2)
    assert sum(one.total for one in RateReader().read(START + 1)) == 2


def test_the_last_message_names_its_sender(store: StorePlace) -> None:
    """Acts after it do not count."""
    assert last_message() is None
    writer = Writer()
    writer.message()
    writer.message()
    JournalEntry.objects.filter(seq=2).update(kind="act", sender_id=None)
    found = last_message()
    assert found is not None and found.seq == 1
    assert found.sender is not None and found.sender.application == "GAM"


def test_refusals_are_counted_from_a_moment_on(store: StorePlace) -> None:
    """By rule, as they come; another moment counts anew; a reader of other domains sees none."""
    writer, reader = Writer(), RefusedReader()
    findings = msgspec.json.encode([Finding("SRV-MSG-001", "error")])
    writer.message(answer="AE", findings=findings)
    JournalEntry.objects.update(at=START - MINUTE)
    writer.message(answer="AE", findings=findings)
    JournalEntry.objects.filter(seq=2).update(at=START)
    (one,) = reader.read(START)
    assert (one.rule, one.count, one.senders) == ("SRV-MSG-001", 1, 1)
    writer.message(answer="AR", findings=findings)
    assert reader.read(START)[0].count == 2
    assert reader.read(START - MINUTE)[0].count == 3
    assert reader.read(START - MINUTE, frozenset()) == ()


def test_the_funnel_counts_who_came_so_far() -> None:
    """Each waiting INS is stopped at one gate, the first that stops it."""
    overview = Overview(
        lines=0, seq=0, messages={}, kinds={}, patients=100, merged=3,
        trust={"qualifiee": 50, "validee": 20, "provisoire": 30},
        waiting={"collision": 4, "sender": 3, "key": 2, "missing-traits": 1, "traits": 5, "status-hindered": 0},
        colliding=4, counted_at=None, senders_to_confirm=0, last_message=None,
    )  # fmt: skip
    assert [(one.gate, one.count) for one in funnel(overview)] == [
        ("known", 100), ("validated", 70), ("with-ins", 65), ("coherent", 56), ("conforming", 53), ("usable", 50),
    ]  # fmt: skip
