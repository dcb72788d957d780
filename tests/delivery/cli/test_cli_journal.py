"""`ecluse journal` on a real gateway."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

from ecluse.protocols.hl7 import Message
from tests.e2e.gateway import Gateway


def test_list_tells_the_newest_lines_first_and_filters(gateway: Gateway) -> None:
    page = json.loads(
        gateway.run("journal", "list", "--format", "json", "--sender", "GAM", "--event", "A31").stdout
    )
    assert [one["event"] for one in page["lines"]] == ["A31"] and page["next"] is None
    assert page["lines"][0]["answer"] == "AA"
    assert "A31" in gateway.run("journal", "list").stdout


def test_several_answers_may_be_asked_for(gateway: Gateway) -> None:
    def lines(*answers: str) -> set[str | None]:
        options = [part for answer in answers for part in ("--answer", answer)]
        page = json.loads(gateway.run("journal", "list", "--format", "json", *options).stdout)
        return {one["answer"] for one in page["lines"]}

    assert lines("AA") == {"AA"} and lines("ae", "AA") == {"AA"} and lines("none") == {None}


def test_a_store_of_the_demonstration_is_labelled_on_stderr(gateway: Gateway, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    gateway.run("backup", str(archive))
    copy = Gateway(tmp_path / "copy")
    copy.run("restore", str(archive))
    assert "SIMULATION" not in copy.run("journal", "list").stderr
    with closing(sqlite3.connect(copy.data / "ecluse.db")) as base, base:
        base.execute("INSERT INTO store_meta (name, value) VALUES ('simulation', 'demo')")
    for command in (
        ("journal", "list"),
        ("journal", "show", "1"),
        ("patients", "list"),
        ("patients", "export"),
    ):
        assert "SIMULATION" in copy.run(*command).stderr


def test_show_tells_the_message_and_raw_gives_its_bytes(gateway: Gateway) -> None:
    line = json.loads(gateway.run("journal", "list", "--event", "A31", "--format", "json").stdout)["lines"][
        0
    ]["seq"]
    shown = json.loads(gateway.run("journal", "show", str(line), "--format", "json").stdout)
    raw = gateway.run("journal", "show", str(line), "--raw").stdout
    assert shown["line"]["seq"] == line and "MSA|AA|" in shown["answered"]
    assert Message.parse(raw.encode()).get("PID-3.1") == "7712345"
    assert "GIRAUD" in gateway.run("journal", "show", str(line)).stdout
    assert gateway.run("journal", "show", "999999", check=False).returncode == 1


def test_verify_is_the_document_of_the_design(gateway: Gateway) -> None:
    document = json.loads(gateway.run("journal", "verify", "--format", "json", "--states").stdout)
    assert list(document) == ["ok", "messages", "problems"]
    assert document["ok"] is True and document["messages"] >= 3 and document["problems"] == []


def test_a_checkpoint_kept_elsewhere_verifies(gateway: Gateway, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoint.json"
    written = json.loads(gateway.run("journal", "checkpoint", "--to", str(kept), "--format", "json").stdout)
    assert written["file"] == str(kept) and written["seq"] >= 3
    assert gateway.run("journal", "verify", "--checkpoint", str(kept)).returncode == 0
    done = gateway.run("journal", "verify", "--checkpoint", str(tmp_path / "absent"), check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_a_changed_journal_exits_1_and_names_the_line(gateway: Gateway, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    gateway.run("backup", str(archive))
    copy = Gateway(tmp_path / "copy")
    copy.run("restore", str(archive))
    with closing(sqlite3.connect(copy.data / "ecluse.db")) as base, base:
        base.execute("UPDATE store_rawmessage SET received = received || x'20' WHERE seq = 2")
    done = copy.run("journal", "verify", "--format", "json", check=False)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["ok"] is False and [one["seq"] for one in document["problems"]] == [2]


def test_rebuild_compares_beside_the_gateway_and_refuses_to_replace(gateway: Gateway) -> None:
    document = json.loads(gateway.run("journal", "rebuild", "--check", "--format", "json").stdout)
    assert document["same"] is True and document["replaced"] is False
    done = gateway.run("journal", "rebuild", check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1


def test_export_gives_the_exact_bytes_in_an_archive(gateway: Gateway, tmp_path: Path) -> None:
    target = tmp_path / "journal.zip"
    gateway.run("journal", "export", str(target), "--event", "A31")
    with zipfile.ZipFile(target) as archive:
        lines = [json.loads(line) for line in archive.read("journal.ndjson").splitlines()]
        name = f"{lines[0]['line']['seq']:012d}.hl7"
        assert set(archive.namelist()) == {"journal.ndjson", f"messages/{name}", f"answers/{name}"}
        assert archive.read(f"messages/{name}").endswith(b"\rPV1|1|N\r")
    assert target.stat().st_mode & 0o077 == 0
    assert [
        json.loads(one) for one in gateway.run("journal", "export", "-", "--event", "A31").stdout.splitlines()
    ] == lines
