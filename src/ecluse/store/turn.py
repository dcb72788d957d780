"""Turns to write: every process that writes to a SQLite store holds this lock for the length of its transaction.

SQLite's own waiting is a poll that backs off to 100 ms; a saturated writer would starve everybody else. A file lock
wakes its waiter at once, and the writer releases it between two batches.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType


class Turn:
    """A lock file as a context manager. `Turn(None)` locks nothing (PostgreSQL has its own queue)."""

    def __init__(self, file: Path | None) -> None:
        self._descriptor: int | None = None
        if file is not None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the lock file back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
