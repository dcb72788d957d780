"""Keep SQLite's write-ahead log short without making the writer wait for it.

SQLite checkpoints in the commit that crosses a limit, and that message waits. Here a thread copies pages back while
the writer works; only when the log has grown in spite of it (sustained load) does the writer finish the copy itself,
so that the log starts again from its beginning instead of growing without end.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

log = logging.getLogger(__name__)

COPY_AT = 8 * 1024 * 1024
"""Bytes of log from which the thread copies pages back."""
FINISH_AT = 64 * 1024 * 1024
"""Bytes of log from which the writer finishes the copy between two batches."""
PAUSE = 0.25
"""Seconds between two looks of the thread."""


class WalKeeper:
    """Checkpoints a SQLite database from a thread of the writer's process.

    :param database: the database file; the writer's own connection must not checkpoint by itself.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._log = database.with_name(database.name + "-wal")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="checkpoint")
        self._thread.start()

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def _run(self) -> None:
        connection = sqlite3.connect(self._database, timeout=1.0, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        while not self._stop.wait(PAUSE):
            if self._size() < COPY_AT:
                continue
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error:
                log.exception("the write-ahead log could not be copied back")
        connection.close()

    def between_batches(self, connection: sqlite3.Connection) -> None:
        """Called by the writer when nothing is in flight; what it has just committed stays committed."""
        if self._size() > FINISH_AT:
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error:
                log.exception("the write-ahead log could not be copied back")

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5)
