"""`ecluse journal purge`, beside a running gateway and on a stopped one."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.delivery.cli.conftest import to
from tests.delivery.cli.people import AUBERT, GIRAUD, created, qualified
from tests.e2e.gateway import Gateway

MESSAGES = (created(GIRAUD), qualified(GIRAUD), created(AUBERT))


def now() -> str:
    """This moment, so that everything acknowledged so far is before it."""
    return (datetime.now(UTC) + timedelta(milliseconds=1)).isoformat()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of its own: what is purged is no longer there for other tests. Lines 2 to 4 are messages."""
    with Gateway(tmp_path / "data") as gateway:
        gateway.run("sender", "add", "GAM", "CH-EXEMPLE")
        for rank, content in enumerate(MESSAGES):
            (tmp_path / f"{rank}.hl7").write_bytes(content)
        gateway.run("send", "--to", to(gateway), *[str(tmp_path / f"{rank}.hl7") for rank in range(3)])
        yield gateway
        assert gateway.stop() == 0


def purge(gateway: Gateway, *options: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        gateway.run("journal", "purge", *options, "--format", "json").stdout
    )
    return found


def verified(gateway: Gateway) -> list[str]:
    done = gateway.run("journal", "verify", "--states", "--format", "json", check=False)
    return [one["code"] for one in json.loads(done.stdout)["problems"]]


def test_a_running_gateway_purges_and_goes_on(running: Gateway, tmp_path: Path) -> None:
    moment = now()
    counted = purge(running, "--before", moment, "--dry-run")
    assert counted["dry_run"] is True
    messages, unreadable = counted["categories"]  # type: ignore[misc]
    assert (messages["lines"], messages["first"], messages["last"]) == (3, 2, 4)
    assert unreadable["lines"] == 0
    done = purge(running, "--before", moment, "--yes")
    assert [(one["category"], one["lines"], one["acts"]) for one in done["categories"]] == [  # type: ignore[attr-defined]
        ("messages", 3, [5])
    ]
    assert Path(str(done["checkpoint"])).exists()
    shown = json.loads(running.run("journal", "show", "3", "--format", "json").stdout)
    assert shown["text"] is None and shown["purged"]["line"] == 5
    assert "line 5" in running.run("journal", "show", "3").stdout
    raw = running.run("journal", "show", "3", "--raw", check=False)
    assert (raw.returncode, raw.stdout) == (1, "") and "line 5" in raw.stderr
    again = running.run("send", "--to", to(running), str(tmp_path / "0.hl7"), "--format", "json")
    assert json.loads(again.stdout)[0]["ack"] == "AA"
    assert (
        json.loads(running.run("journal", "show", "6", "--format", "json").stdout)["line"]["kind"]
        == "duplicate"
    )
    assert verified(running) == []
    assert running.run("journal", "rebuild", "--check").returncode == 0
    assert "7712345" in running.run("patients", "show", "--identifier", "7712345").stdout
    assert running.run("journal", "verify", "--checkpoint", str(done["checkpoint"])).returncode == 0
    running.run("journal", "export", str(tmp_path / "journal.zip"))
    with zipfile.ZipFile(tmp_path / "journal.zip") as archive:
        lines = [json.loads(one) for one in archive.read("journal.ndjson").splitlines()]
        assert [one["line"]["seq"] for one in lines if one["purged"]] == [2, 3, 4]
        assert "messages/000000000003.hl7" not in archive.namelist()
    assert running.run("doctor", check=False).returncode in (0, 1)


@pytest.mark.slow
def test_a_backup_of_a_purged_store_is_restored_and_purged_further(running: Gateway, tmp_path: Path) -> None:
    purge(running, "--before", now(), "--yes", "--category", "messages")
    running.run("send", "--to", to(running), str(tmp_path / "1.hl7"))
    running.run("backup", str(tmp_path / "backup.tar.gz"))
    copy = Gateway(tmp_path / "copy")
    copy.env = running.env
    copy.run("restore", str(tmp_path / "backup.tar.gz"))
    assert verified(copy) == []
    done = purge(copy, "--before", now(), "--yes")
    assert [one["lines"] for one in done["categories"]] == [1]  # type: ignore[attr-defined]
    assert verified(copy) == []
    with closing(sqlite3.connect(copy.data / "ecluse.db")) as base, base:
        base.execute("UPDATE store_purge SET last = last + 1")
        base.execute("UPDATE store_storedevent SET type = 'x' WHERE id / 4096 = 2")
    done_verify = copy.run("journal", "verify", "--format", "json", check=False)
    assert done_verify.returncode == 1
    assert {one["code"] for one in json.loads(done_verify.stdout)["problems"]} == {"tombstone", "purge"}


@pytest.mark.slow
def test_purged_bytes_are_gone_from_the_file(running: Gateway, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    running.run("backup", str(archive))
    copy = Gateway(tmp_path / "copy")
    copy.run("restore", str(archive))
    stamp = b"|20260302080000||ADT^A28^ADT_A05|CLI"
    assert stamp in (copy.data / "ecluse.db").read_bytes()
    purge(copy, "--before", now(), "--yes")
    with closing(sqlite3.connect(copy.data / "ecluse.db")) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert stamp not in (copy.data / "ecluse.db").read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no retention is set"),
        (("--before", "someday"), "not an ISO 8601 time"),
        (("--before", "2999-01-01"), "to come"),
        (("--before", "2026-01-01", "--older-than", "3"), "do not go together"),
    ],
)
def test_a_purge_asked_wrongly_is_one_line(gateway: Gateway, options: tuple[str, ...], said: str) -> None:
    done = gateway.run("journal", "purge", *options, check=False)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_purge_is_not_done_without_a_yes(running: Gateway) -> None:
    done = running.run("journal", "purge", "--before", now(), check=False, input="")
    assert done.returncode == 2 and "--yes" in done.stderr
    assert json.loads(running.run("journal", "show", "2", "--format", "json").stdout)["purged"] is None
