"""What cannot run says one clear line and exits 2; who stops reading or presses Ctrl-C is not shown a traceback."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us

ON_A_STORE = [
    ("patients", "list"),
    ("patients", "show", "1"),
    ("patients", "export"),
    ("journal", "list"),
    ("journal", "show", "1"),
    ("journal", "verify"),
    ("journal", "export", "-"),
    ("journal", "rebuild"),
    ("journal", "checkpoint"),
    ("sender", "list"),
    ("sender", "confirm", "A", "B"),
    ("backup",),
]


@pytest.mark.parametrize("command", ON_A_STORE, ids=" ".join)
def test_an_absent_data_folder_is_said_and_not_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    place = Gateway(tmp_path / "absent")
    done = place.run(*command, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "ecluse serve" in done.stderr
    assert not place.data.exists()


def test_an_empty_or_damaged_database_is_said_in_one_line(tmp_path: Path) -> None:
    place = Gateway(tmp_path / "data")
    place.data.mkdir()
    for content in (b"", b"not a database, whatever its name says" * 100):
        (place.data / "ecluse.db").write_bytes(content)
        done = place.run("patients", "list", check=False)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = Gateway(tmp_path / "absent").run("doctor", "--debug", check=False)
    assert done.returncode == 1
    place = Gateway(tmp_path / "data")
    place.data.mkdir()
    (place.data / "ecluse.db").write_bytes(b"not a database" * 100)
    done = place.run("patients", "list", "--debug", check=False)
    assert done.returncode == 2 and "Traceback" in done.stderr


def test_a_reader_that_leaves_is_no_error(gateway: Gateway) -> None:
    script = f"{sys.executable} -m ecluse journal export - --data {gateway.data} | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, check=False
    )
    assert len(done.stdout) == 10 and done.stderr == ""


def test_ctrl_c_says_so_and_stops(tmp_path: Path) -> None:
    place = Gateway(tmp_path / "data")
    place.run("sender", "add", "GAM", "CH-EXEMPLE")
    with closing(sqlite3.connect(place.data / "ecluse.db", isolation_level=None)) as base:
        base.execute("BEGIN EXCLUSIVE")  # what follows waits for the lock, then is interrupted
        waiting = subprocess.Popen(
            [sys.executable, "-m", "ecluse", "sender", "add", "A", "B", "--data", str(place.data)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=end_with_us(),
        )  # fmt: skip
        while not (place.data / "run" / "lock").read_text().startswith(str(waiting.pid)):
            assert waiting.poll() is None
            time.sleep(0.05)
        waiting.send_signal(signal.SIGINT)
        _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode in (2, 130) and "Traceback" not in errors
