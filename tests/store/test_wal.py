"""The keeper of the write-ahead log beside a live connection of its own process."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from ecluse.store.wal import WalKeeper

_LOCKED = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
    except OSError:
        sys.exit(0)
sys.exit(1)
"""
"""Exit code 0 when the WAL-index is locked at byte 128, which tells other processes that it is in use
(SQLite, os_unix.c, UNIX_SHM_DMS)."""


def _in_use(database: Path) -> bool:
    index = database.with_name(database.name + "-shm")
    return subprocess.run([sys.executable, "-c", _LOCKED, str(index)], check=False).returncode == 0


def test_looking_at_the_log_leaves_the_locks_of_the_database_alone(tmp_path: Path) -> None:
    database = tmp_path / "one.db"
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE one (a)")
    assert _in_use(database)
    keeper = WalKeeper(database)
    try:
        for _ in range(3):
            frames, _ = keeper.frames()
            assert frames > 0
        assert _in_use(database)
    finally:
        keeper.stop()
        connection.close()
