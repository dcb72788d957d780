"""The journal as people read it, senders and counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ecluse.rules.identity.vocabulary import event
from ecluse.services.queries import journal, senders
from ecluse.services.queries.journal import Filter
from ecluse.services.queries.overview import OverviewReader
from ecluse.services.queries.presentation import mask, microseconds, moment
from ecluse.store.models import RawMessage, Sender
from tests.conftest import NOW
from tests.store.databases import StorePlace
from tests.store.writing import ALIX, Writer, adopted, created, merged, warning

START = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)


@pytest.fixture
def kept(store: StorePlace) -> Writer:
    """Five lines: two creations, a refusal, a duplicate, a merge."""
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(created("p2", "7002"), findings=warning())
    writer.message(answer="AE", code="204", trigger="A40")
    writer.message(kind="duplicate")
    writer.message(*merged("p1", "p2"), trigger="A40")
    return writer


def _numbers(wanted: Filter) -> list[int]:
    return [line.seq for line in journal.page(wanted).lines]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), [5, 4, 3, 2, 1]),
        (Filter(answer="AE"), [3]),
        (Filter(kind="duplicate"), [4]),
        (Filter(event="A40"), [5, 3]),
        (Filter(patient="p1"), [5, 1]),
        (Filter(since=START + timedelta(seconds=4)), [5, 4]),
        (Filter(until=START + timedelta(seconds=3)), [2, 1]),
        (Filter(since=(START + timedelta(seconds=5)).replace(tzinfo=None)), [5]),
        (Filter(sender=1, answer="AA", event="A28"), [4, 2, 1]),
        (Filter(sender="GAM"), [5, 4, 3, 2, 1]),
        (Filter(sender="GAM/HOPITAL"), [5, 4, 3, 2, 1]),
        (Filter(sender="GAM/CLINIQUE"), []),
        (Filter(sender="LABO"), []),
        (Filter(sender="G\x00M"), []),
    ],
)
def test_lines_are_chosen(kept: Writer, wanted: Filter, found: list[int]) -> None:
    assert _numbers(wanted) == found


def test_a_line_names_its_sender_and_its_answer(kept: Writer) -> None:
    line = journal.page(Filter(answer="AE")).lines[0]
    assert (line.at, line.control_id, line.event, line.answer, line.code) == (
        "2026-11-18T11:06:43.000Z", "C3", "A40", "AE", "204",
    )  # fmt: skip
    assert line.sender is not None and (line.sender.application, line.sender.facility) == ("GAM", "HOPITAL")


def test_pages_of_the_journal_follow_each_other(kept: Writer) -> None:
    first = journal.page(limit=2)
    second = journal.page(after=first.next, limit=2)
    third = journal.page(after=second.next, limit=2)
    assert [[line.seq for line in one.lines] for one in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert third.next is None


def test_a_line_shows_all_that_was_kept(kept: Writer) -> None:
    shown = journal.show(2)
    assert shown is not None
    assert shown.text == "MSH|^~\\&|GAM|HOPITAL|||||ADT^A28|2|P|2.5\n"
    assert shown.answered is not None and shown.answered.splitlines()[1] == "MSA|AA|C2"
    assert (shown.domain, shown.details, shown.size) == ("défaut", {"listener": "main"}, len(shown.text))
    assert [one.type for one in shown.events] == ["patient.created"]
    (finding,) = shown.findings
    assert (finding.rule, finding.severity, finding.location) == ("SRV-DUP-002", "warning", "MSH-10")
    assert journal.show(99) is None


def test_the_events_of_a_line_mask_the_matricule(kept: Writer) -> None:
    shown = journal.show(1)
    assert shown is not None
    assert ALIX not in repr(shown.events) and "2…" in repr(shown.events)


def test_the_exact_bytes_can_be_exported(store: StorePlace) -> None:
    seq = Writer().message(received=b"MSH|\xe9\x00\r\n")
    assert journal.received(seq) == b"MSH|\xe9\x00\r\n"
    assert journal.received(99) is None


def test_purged_bytes_are_null(kept: Writer) -> None:
    RawMessage.objects.all().delete()
    shown = journal.show(1)
    assert shown is not None and (shown.text, shown.answered, shown.size, shown.findings) == (
        None,
        None,
        None,
        (),
    )


def test_a_finding_of_a_rule_no_longer_known_keeps_its_name(store: StorePlace) -> None:
    seq = Writer().message(findings=b'[["OLD-RULE-1","error","PID-3","x",""]]')
    shown = journal.show(seq)
    assert shown is not None and [(one.rule, one.fr, one.source) for one in shown.findings] == [
        ("OLD-RULE-1", "OLD-RULE-1", "")
    ]


# ---- senders and counts -----------------------------------------------------------------------------


def test_senders_to_confirm_come_first(kept: Writer) -> None:
    Sender.objects.create(
        id=2, listener="main", application="LGC", facility="CABINET", domain_id=1, status="to_confirm",
        policy="strict", first_seen=NOW,
    )  # fmt: skip
    found = senders.every()
    assert [(one.application, one.status, one.last_message) for one in found] == [
        ("LGC", "to_confirm", None),
        ("GAM", "confirmed", "2026-11-18T11:06:45.000Z"),
    ]
    assert [one.id for one in senders.every("confirmed")] == [1]
    assert [one.domain for one in senders.find("LGC", "CABINET")] == ["défaut"]


def test_the_overview_counts_what_was_added(kept: Writer) -> None:
    reader = OverviewReader("test", count_age=1000)
    first = reader.read(NOW)
    assert (first.lines, first.messages, first.kinds) == (
        5,
        {"AA": 4, "AE": 1},
        {"message": 4, "duplicate": 1},
    )
    assert (first.patients, first.merged) == (1, 1)
    assert first.trust == {"qualifiee": 0, "validee": 1, "provisoire": 0}
    assert first.last_message == "2026-11-18T11:06:45.000Z"
    kept.message(adopted("p2"))
    kept.message(created("p3", "7003"), event("status.changed", "p3", {"to": ["PROV"]}))
    soon = reader.read(NOW + 999)
    assert (soon.lines, soon.patients, soon.trust) == (7, 1, first.trust)
    later = reader.read(NOW + 1000)
    assert later.trust == {"qualifiee": 1, "validee": 0, "provisoire": 1}
    assert later.counted_at == moment(NOW + 1000)


def test_the_overview_of_an_empty_store(store: StorePlace) -> None:
    found = OverviewReader("test").read(NOW)
    assert (found.lines, found.patients, found.last_message, found.senders_to_confirm) == (0, 0, None, 0)


# ---- presentation -----------------------------------------------------------------------------------


def test_times_are_iso_8601_in_utc() -> None:
    assert moment(NOW) == "2026-11-18T11:06:40.000Z"
    assert microseconds(datetime(2026, 11, 18, 12, 6, 40, tzinfo=UTC) - timedelta(hours=1)) == NOW


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"INS {ALIX}.", f"INS 2…{ALIX[-2:]}."),
        (ALIX[:13], f"2…{ALIX[11:13]}"),
        ("1850320004012" + "34", "1…34"),
        ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.8"),
        ("20261118110640", "20261118110640"),
        ("7001", "7001"),
        (f"{ALIX}^^^X", f"2…{ALIX[-2:]}^^^X"),
        ("185032A00401234", "1…34"),
    ],
)
def test_matricules_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text) == masked
