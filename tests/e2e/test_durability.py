"""Long tests of what is promised about disks: `make test-all`."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecluse.store.turn import Turn
from ecluse.transports.mllp_client import MllpClient
from tests.bench.loadgen import percentile
from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us
from tests.services.feeding import adt

pytestmark = pytest.mark.slow

CALL = re.compile(r"^(?P<name>\w+)\(\d+<(?P<file>[^>]*)>.* = (?P<result>-?\d+)")
MESSAGES = 20


def test_the_log_is_on_disk_before_the_writer_answers(tmp_path: Path) -> None:
    """The writer's system calls: after the last write to the log, a sync that ended, and only then the answer."""
    trace = tmp_path / "trace"
    with Gateway(tmp_path / "data") as gateway:
        with MllpClient(*gateway.mllp) as client:
            client.send(adt(control="T0", ipp="1"))
            strace = attach(gateway.children()["writer"], trace)
            for number in range(MESSAGES):
                assert b"MSA|AA|" in client.send(adt(control=f"T{number + 1}", ipp=str(number + 2)))
            strace.terminate()
            strace.wait(20)
        assert gateway.stop() == 0
    answers = 0
    written = synced = False
    for line in trace.read_text("utf-8", "replace").splitlines():
        match = CALL.match(line)
        if match is None:
            continue
        name, file = match["name"], match["file"]
        if file.endswith("-wal"):
            if name in ("pwrite64", "write"):
                written, synced = True, False
            elif name in ("fdatasync", "fsync"):
                assert match["result"] == "0"
                synced = True
        elif name in ("sendto", "sendmsg") and "socket" in file.lower():
            assert written and synced, f"an answer left before its messages were on disk: {line}"
            answers += 1
            written = synced = False
    assert answers == MESSAGES


def attach(process: int, trace: Path) -> subprocess.Popen[bytes]:
    """strace on the main thread of a process; returns once it traces."""
    strace = shutil.which("strace")
    assert strace, "strace is missing: apt-get install strace"
    calls = "trace=pwrite64,write,fdatasync,fsync,sendto,sendmsg,recvfrom"
    traced = subprocess.Popen(
        [strace, "-y", "-e", calls, "-s", "16", "-o", str(trace), "-p", str(process)],
        stderr=subprocess.PIPE,
        preexec_fn=end_with_us(),
    )
    assert traced.stderr is not None
    assert b"attached" in traced.stderr.readline()
    return traced


def test_others_write_in_time_while_the_writer_is_saturated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A console-like writer waits 100 ms at most, 95 times in 100, while messages come as fast as they are answered."""
    with Gateway(tmp_path / "data") as gateway:
        load = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.bench.loadgen",
                str(gateway.mllp[1]),
                "--count",
                "30000",
                "--connections",
                "50",
            ],
            stdout=subprocess.PIPE,
            preexec_fn=end_with_us(),
        )
        turn = Turn(gateway.data / "run" / "turn")
        store = sqlite3.connect(gateway.data / "ecluse.db", timeout=20, isolation_level=None)
        store.execute("PRAGMA synchronous=FULL")
        store.execute("INSERT INTO store_meta (name, value) VALUES ('probe', '0')")
        waits = []
        while kept(store) < 500 and load.poll() is None:
            time.sleep(0.01)
        while load.poll() is None:
            began = time.perf_counter()
            with turn:
                store.execute("BEGIN IMMEDIATE")
                store.execute("UPDATE store_meta SET value = value + 1 WHERE name = 'probe'")
                store.execute("COMMIT")
            waits.append(1000 * (time.perf_counter() - began))
            time.sleep(0.02)
        figures, _ = load.communicate()
        turn.close()
        store.close()
        with capsys.disabled():
            print(
                f"\nanother writer under saturation: p50 {percentile(waits, 0.5):.1f} ms,"
                f" p95 {percentile(waits, 0.95):.1f} ms, longest {max(waits):.1f} ms"
                f" over {len(waits)} transactions; load: {figures.decode().strip()}"
            )
        assert gateway.stop() == 0
    assert load.returncode == 0
    assert len(waits) > 20
    assert percentile(waits, 0.95) <= 100


def kept(store: sqlite3.Connection) -> int:
    """Lines of the journal."""
    number = store.execute("SELECT count(*) FROM store_journalentry").fetchone()[0]
    assert isinstance(number, int)
    return number
