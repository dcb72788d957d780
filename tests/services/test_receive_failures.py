"""When something breaks: one message that cannot be decided, a store that cannot be written."""

from __future__ import annotations

import resource
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from ecluse.rules import identity
from ecluse.services import decide_message, receive_message
from ecluse.store.wal import WalKeeper
from tests.services.feeding import Gate, adt, assert_sound, findings, journal, odd, rows
from tests.store.databases import StorePlace


def fail_on(monkeypatch: pytest.MonkeyPatch, function: str, control: str) -> None:
    """Make a function of the rules raise for one message."""
    genuine = getattr(identity, function)

    def sometimes(*arguments: Any, **more: Any) -> Any:
        if any(getattr(getattr(one, "header", None), "control_id", "") == control for one in arguments):
            raise RuntimeError("a rule is wrong")
        return genuine(*arguments, **more)

    monkeypatch.setattr(decide_message.identity, function, sometimes)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("function", ["decide", "keys"])
def test_a_message_that_cannot_be_decided_gets_ar_207_and_is_kept(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_on(monkeypatch, function, "C2")
    gate = Gate()
    batch = [adt(control=f"C{number}", ipp=str(number)) for number in (1, 2, 3)]
    assert gate.codes(*batch) == ["AA", "AR 207", "AA"]
    assert journal() == [("message", "AA", ""), ("message", "AR", "207"), ("message", "AA", "")]
    assert "SRV-MSG-004" in findings(2)
    assert rows("SELECT count(*) FROM store_patientstate") == [(2,)]
    monkeypatch.undo()
    assert gate.codes(batch[1]) == ["AA"]
    assert_sound()


@pytest.mark.usefixtures("store")
def test_an_event_that_cannot_be_folded_is_not_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("a rule is wrong")

    gate = Gate()
    monkeypatch.setattr(decide_message.identity, "fold_all", broken)
    assert gate.codes(adt()) == ["AR 207"]
    assert rows("SELECT count(*) FROM store_storedevent") == [(0,)]
    monkeypatch.undo()
    assert gate.codes(adt()) == ["AA"]
    assert_sound()


@pytest.mark.usefixtures("store")
def test_a_write_that_fails_keeps_nothing_and_the_next_batch_works(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    gate.receive(adt())
    genuine = gate.intake.senders.write

    def broken() -> None:
        genuine()
        raise OSError("no room")

    monkeypatch.setattr(gate.intake.senders, "write", broken)
    batch = [
        adt("A31", "C2", street="2 QUAI NORD"),
        adt(application="DPI", control="D1", ipp="7002"),
        odd("noise", b"x"),
    ]
    answers = gate.receive(*batch)
    assert [b"MSA|AR|" in one.data for one in answers] == [True, True, False]
    assert answers[2].close
    assert b"SRV-MSG-005" in answers[0].data
    assert len(journal()) == 1
    monkeypatch.undo()
    assert gate.codes(*batch) == ["AA", "AA", ""]
    assert rows("SELECT application FROM store_sender ORDER BY id") == [("GAM",), ("DPI",)]
    assert_sound()


def test_a_full_disk_gives_ar_207_until_there_is_room(
    sqlite_store: StorePlace, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    gate.receive(adt())
    log = sqlite_store.data / "ecluse.db-wal"
    with file_limit(log.stat().st_size + 10_000):
        batch = [adt("A31", f"F{number}", street=f"{number} QUAI NORD" + "." * 3000) for number in range(40)]
        assert set(gate.codes(*batch)) == {"AR 207"}
        assert set(gate.codes(*batch)) == {"AR 207"}
        assert caplog.text.count("Traceback") == 1, (
            "a disk that is full must not be filled with its own story"
        )
        result = gate.act("sender.add", application="L" * 100_000, facility="")
        assert not result.done and "207" not in result.text_fr
    assert len(journal()) == 1
    assert gate.codes(*batch) == ["AA"] * 40
    assert "the store accepts writes again" in caplog.text
    assert gate.act("sender.confirm", application="GAM", facility="VALMONT").done
    assert_sound()


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_log_that_cannot_be_copied_back_does_not_undo_a_commit(
    sqlite_store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    keeper = WalKeeper(sqlite_store.data / "ecluse.db")
    closed = sqlite3.connect(sqlite_store.data / "ecluse.db")
    closed.close()
    monkeypatch.setattr("ecluse.store.wal.FINISH_AT", 0)
    genuine = keeper.between_batches
    monkeypatch.setattr(keeper, "between_batches", lambda connection: genuine(closed))
    gate.intake.ledger._wal = keeper
    try:
        assert gate.codes(adt()) == ["AA"]
    finally:
        keeper.stop()
    assert_sound()


def test_a_database_that_restarts_is_found_again(postgresql_store: StorePlace) -> None:
    gate = Gate()
    gate.receive(adt())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    import psycopg

    with psycopg.connect(postgresql_store.configuration.database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert gate.codes(adt("A31", "C2"), odd("noise", b"x")) == ["AR 207", ""]
    assert gate.codes(adt("A31", "C2"), adt()) == ["AA", "AA"]
    assert gate.act("sender.confirm", application="GAM", facility="VALMONT").done
    assert_sound()


def test_a_writer_whose_place_was_taken_meanwhile_writes_no_more(postgresql_store: StorePlace) -> None:
    import psycopg

    from ecluse.store.writer_place import WRITER

    gate = Gate()
    gate.receive(adt())
    with psycopg.connect(postgresql_store.configuration.database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                      " AND datname = current_database()")  # fmt: skip
        other.execute("SELECT pg_advisory_lock(%s)", (WRITER,))
        assert gate.codes(adt("A31", "C2")) == ["AR 207"]
        assert gate.codes(adt("A31", "C2")) == ["AR 207"]
    assert gate.codes(adt("A31", "C2")) == ["AR 207"]
    assert gate.codes(adt("A31", "C2")) == ["AA"]


@pytest.mark.usefixtures("store")
def test_a_nearly_full_disk_gives_ar_207_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    gate = Gate(minimum_free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10_000, 9_500, 500))
    answers = gate.receive(adt(), b"noise")
    assert b"MSA|AR|C1" in answers[0].data and answers[1].close
    assert journal() == []
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10_000, 500, 9_500))
    assert gate.codes(adt()) == ["AA"]


@pytest.mark.usefixtures("store")
def test_memory_is_bounded_and_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_message, "PATIENTS_IN_MEMORY", 3)
    gate = Gate()
    for number in range(12):
        assert gate.codes(adt(control=f"A{number}", ipp=str(number % 8))) == ["AA"]
        assert len(gate.intake.ledger.patients) <= 4
    assert rows("SELECT count(*) FROM store_patientstate") == [(8,)]
    assert_sound()
