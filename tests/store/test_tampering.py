"""Every byte of the journal that changes is noticed, and named by its line."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection

from ecluse.rules.identity.vocabulary import event
from ecluse.services.verify_journal import Verification, verify
from ecluse.services.write_checkpoint import write_checkpoint
from ecluse.store.chain import START, Line, line_digest
from ecluse.store.models import JournalEntry, RawMessage, StoredEvent
from tests.conftest import NOW
from tests.store.databases import StorePlace
from tests.store.writing import Writer, adopted, created, merged, warning

LINE = 3


@pytest.fixture
def journal(store: StorePlace) -> StorePlace:
    """Six lines: two patients with an INS, a refusal, a merge, an update, an acknowledgement received."""
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(received=b"MSH|garbage\r", answer="AE", code="204")
    writer.message(created("p2", "7002"), event("status.changed", "p2", {"to": ["PROV"]}), findings=warning())
    writer.message(*merged("p1", "p2"), trigger="A40")
    writer.message(event("patient.updated", "p2", {"sex": "M"}), trigger="A31")
    writer.message(received="MSH|éà\r".encode("latin-1"), kind="ack", answer="")
    return store


def test_an_untouched_journal_is_right(journal: StorePlace) -> None:
    told: list[tuple[int, int]] = []
    found = verify(progress=lambda done, total: told.append((done, total)), states=True)
    assert (found.ok, found.messages, found.problems, found.seq) == (True, 6, (), 6)
    assert told[-1] == (6, 6)


def test_an_empty_journal_is_right(store: StorePlace) -> None:
    found = verify(states=True)
    assert (found.ok, found.messages, found.seq) == (True, 0, 0)


def _other(value: Any) -> Any:
    """A value that differs by one bit, of the same kind."""
    if isinstance(value, bytes | memoryview):
        raw = bytearray(value)
        if not raw:
            return b"\x01"
        raw[len(raw) // 2] ^= 1
        return bytes(raw)
    if isinstance(value, int):
        return value ^ 1
    if value is None:
        return 1
    return f"{value[:-1]}{chr(ord(value[-1]) ^ 1)}" if value else "!"


_LINE_COLUMNS = [*Line._fields[1:], "digest"]


@pytest.mark.parametrize("column", _LINE_COLUMNS)
def test_a_changed_column_of_a_line_is_noticed(journal: StorePlace, column: str) -> None:
    row = JournalEntry.objects.filter(seq=LINE)
    row.update(**{column: _other(getattr(row.get(), column))})
    assert LINE in _lines(verify())


@pytest.mark.parametrize("column", ["received", "answered", "findings"])
def test_changed_bytes_are_noticed(journal: StorePlace, column: str) -> None:
    row = RawMessage.objects.filter(seq=LINE)
    row.update(**{column: _other(getattr(row.get(), column))})
    found = verify()
    assert [(one.seq, one.code) for one in found.problems] == [
        (LINE, "bytes" if column == "received" else "result")
    ]


@pytest.mark.parametrize("column", ["domain_id", "patient", "type", "version", "at", "data"])
def test_a_changed_event_is_noticed(journal: StorePlace, column: str) -> None:
    row = StoredEvent.objects.filter(id=LINE * 4096)
    row.update(**{column: _other(getattr(row.get(), column))})
    assert _lines(verify()) == [LINE]


def test_an_event_moved_to_another_rank_is_noticed(journal: StorePlace) -> None:
    StoredEvent.objects.filter(id=LINE * 4096 + 1).update(id=LINE * 4096 + 2)
    assert _lines(verify()) == [LINE]


_REMOVALS: list[tuple[str, Callable[[], object], list[tuple[int, str]]]] = [
    ("a line and all of it", lambda: _forget(LINE), [(LINE, "gap"), (LINE + 1, "line")]),
    ("the line alone", lambda: JournalEntry.objects.filter(seq=LINE).delete(),
     [(LINE, "gap"), (LINE + 1, "line"), (LINE, "stray_bytes"), (LINE, "stray_event"), (LINE, "stray_event")]),
    ("its bytes", lambda: RawMessage.objects.filter(seq=LINE).delete(), [(LINE, "no_bytes")]),
    ("its events", lambda: StoredEvent.objects.filter(id__range=(LINE * 4096, LINE * 4096 + 9)).delete(),
     [(LINE, "result")]),
    ("two lines", lambda: (_forget(2), _forget(3)), [(2, "gap"), (4, "line")]),
    ("the first line", lambda: _forget(1), [(1, "gap"), (2, "line")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "remove", "expected"), _REMOVALS, ids=[one[0] for one in _REMOVALS])
def test_something_removed_is_noticed(
    journal: StorePlace, what: str, remove: Callable[[], object], expected: list[tuple[int, str]]
) -> None:
    remove()
    found = verify()
    assert not found.ok
    assert [(one.seq, one.code) for one in found.problems] == expected


def test_added_rows_are_noticed(journal: StorePlace) -> None:
    RawMessage.objects.create(seq=7, received=b"", answered=b"", findings=b"[]")
    StoredEvent.objects.create(
        id=2 * 4096, domain_id=1, patient="p1", type="x", version=1, at=NOW, data=b"{}"
    )
    StoredEvent.objects.create(
        id=9 * 4096, domain_id=1, patient="p1", type="x", version=1, at=NOW, data=b"{}"
    )
    codes = [(one.seq, one.code) for one in verify().problems]
    assert codes == [(2, "event_place"), (2, "result"), (7, "stray_bytes"), (9, "stray_event")]


def test_two_lines_swapped_are_noticed(journal: StorePlace) -> None:
    for table in (JournalEntry, RawMessage):
        table.objects.filter(seq=2).update(seq=1000)
        table.objects.filter(seq=6).update(seq=2)
        table.objects.filter(seq=1000).update(seq=6)
    assert _lines(verify()) == [2, 3, 6]


@pytest.mark.parametrize("value", ["'text'", "12"])
@pytest.mark.parametrize(
    "column", ["journalentry.digest", "journalentry.content", "rawmessage.received", "storedevent.data"]
)
def test_values_of_another_kind_are_noticed(sqlite_store: StorePlace, column: str, value: str) -> None:
    Writer().message(created("p1", "7001"))
    table, name = column.split(".")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE store_{table} SET {name} = {value}")
    assert not verify().ok


def test_every_problem_is_a_sentence_in_both_languages_that_names_the_line(journal: StorePlace) -> None:
    _forget(2)
    RawMessage.objects.filter(seq=4).update(received=b"?")
    for problem in verify().problems:
        assert str(problem.seq) in problem.sentence.fr and str(problem.seq) in problem.sentence.en


# ---- what only a checkpoint proves ------------------------------------------------------------------


def test_a_journal_that_went_on_agrees_with_its_checkpoint(journal: StorePlace) -> None:
    checkpoint = write_checkpoint(journal.data, journal.secrets, NOW)
    Writer().message(created("p3", "7003"))
    found = verify(checkpoint)
    assert found.ok and found.checkpoint is not None and found.checkpoint.seq == 6


def test_the_end_cut_off_shows_only_against_a_checkpoint(journal: StorePlace) -> None:
    checkpoint = write_checkpoint(journal.data, journal.secrets, NOW)
    _forget(6)
    assert verify().ok
    found = verify(checkpoint)
    assert [(one.seq, one.code) for one in found.problems] == [(6, "cut_off")]


def test_a_chain_written_again_shows_only_against_a_checkpoint(journal: StorePlace) -> None:
    checkpoint = write_checkpoint(journal.data, journal.secrets, NOW)
    RawMessage.objects.filter(seq=2).update(received=b"something else")
    JournalEntry.objects.filter(seq=2).update(content=sha256(b"something else").digest())
    previous = START
    for row in JournalEntry.objects.order_by("seq"):
        values = [getattr(row, name) for name in Line._fields]
        line = Line(*(bytes(one) if isinstance(one, memoryview) else one for one in values))
        previous = line_digest(previous, line)
        JournalEntry.objects.filter(seq=row.seq).update(digest=previous)
    assert verify().ok
    found = verify(checkpoint)
    assert [(one.seq, one.code) for one in found.problems] == [(6, "rewritten")]


# ---- states -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("UPDATE store_patientstate SET version = version + 1 WHERE id = 'p2'", "state_different"),
        ("UPDATE store_patientstate SET merged_into = '' WHERE id = 'p1'", "state_different"),
        ("UPDATE store_patientstate SET domain_id = 2 WHERE id = 'p1'", "state_different"),
        ("DELETE FROM store_patientstate WHERE id = 'p1'", "state_missing"),
        ("UPDATE store_patientstate SET id = 'p9' WHERE id = 'p1'", "state_missing state_extra"),
        ("UPDATE store_patientkey SET patient = 'p2' WHERE patient = 'p1'", "key_extra key_missing"),
        ("DELETE FROM store_patientkey", "key_missing"),
        ("INSERT INTO store_identifierlink (domain_id, a, b) VALUES (1, 'a', 'b')", "link_extra"),
    ],
)
def test_a_state_that_is_not_what_the_events_say_is_noticed(
    journal: StorePlace, table: str, code: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(table)
    assert verify().ok
    found = verify(states=True)
    assert not found.ok
    assert {one.code for one in found.problems} == set(code.split())


def test_an_event_that_cannot_be_read_is_a_problem_and_no_traceback(journal: StorePlace) -> None:
    StoredEvent.objects.filter(id=LINE * 4096).update(data=b"{not json")
    codes = [one.code for one in verify(states=True).problems]
    assert codes == ["result", "states_unreadable"]


def _forget(seq: int) -> None:
    JournalEntry.objects.filter(seq=seq).delete()
    RawMessage.objects.filter(seq=seq).delete()
    StoredEvent.objects.filter(id__range=(seq * 4096, seq * 4096 + 4095)).delete()


def _lines(found: Verification) -> list[int | None]:
    return sorted({one.seq for one in found.problems}, key=lambda seq: seq or 0)
