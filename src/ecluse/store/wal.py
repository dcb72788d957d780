"""Keep SQLite's write-ahead log short without making the writer wait for it.

SQLite checkpoints in the commit that crosses a limit, and that message waits. Here a thread copies pages back while
the writer works, seldom and many at a time; only when the log has grown in spite of it (sustained load) does the
writer finish the copy itself, so that the log starts again from its beginning instead of growing without end.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import struct
import threading
from pathlib import Path

log = logging.getLogger(__name__)

COPY_AT = 24_000
"""Frames (pages) waiting in the log from which the thread copies them back: 96 MiB."""
FINISH_AT = 64_000
"""Frames in the log from which the writer finishes the copy between two batches: 256 MiB."""
PAUSE = 0.5
"""Seconds between two looks of the thread."""

_LAST_FRAME, _COPIED = 16, 96
"""Places of mxFrame and nBackfill in the WAL-index (SQLite, WAL-mode file format, 2.1), native byte order."""
_NUMBER = struct.Struct("=I")


class WalKeeper:
    """Checkpoints a SQLite database from a thread of the writer's process.

    :param database: the database file; the writer's own connection must not checkpoint by itself.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._index = database.with_name(database.name + "-shm")
        self._descriptor: int | None = None
        self._failing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="checkpoint")
        self._thread.start()

    def frames(self) -> tuple[int, int]:
        """Frames in the log, and how many of them are copied back already."""
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._index, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return 0, 0
        # Never closed: a process that closes a descriptor of a file loses all its locks on it, SQLite's among them.
        head = os.pread(self._descriptor, _COPIED + 4, 0)
        if len(head) < _COPIED + 4:
            return 0, 0
        return _NUMBER.unpack_from(head, _LAST_FRAME)[0], _NUMBER.unpack_from(head, _COPIED)[0]

    def _run(self) -> None:
        connection = sqlite3.connect(self._database, timeout=1.0, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        while not self._stop.wait(PAUSE):
            last, copied = self.frames()
            if last - copied >= COPY_AT:
                self._copy(connection)
        connection.close()

    def _copy(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            if not self._failing:  # told once, though tried again and again
                log.error("the write-ahead log could not be copied back: %s", error)
            self._failing = True
        else:
            self._failing = False

    def between_batches(self, connection: sqlite3.Connection) -> None:
        """Called by the writer when nothing is in flight; what it has just committed stays committed."""
        if self.frames()[0] > FINISH_AT:
            self._copy(connection)

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5)
