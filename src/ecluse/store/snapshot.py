"""One consistent, read-only view of a store, read by streaming however large it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

_ROWS = 2000


class Snapshot:
    """A transaction in which every query sees the same moment. Several queries may be read side by side."""

    def __init__(self, raw: Any, vendor: str) -> None:
        self.raw = raw
        self.vendor = vendor
        self._names = 0

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, a few thousand in memory at a time. Placeholders are written `%s`."""
        if self.vendor == "sqlite":
            cursor = self.raw.execute(sql.replace("%s", "?"), tuple(values))
        else:
            self._names += 1
            cursor = self.raw.cursor(name=f"ecluse_{self._names}")
            cursor.itersize = _ROWS
            cursor.execute(sql, tuple(values) or None)
        try:
            yield from cursor
        finally:
            cursor.close()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """First column of the first row of a query, or None."""
        for row in self.stream(sql, values):
            return row[0]
        return None


@contextmanager
def live_snapshot() -> Iterator[Snapshot]:
    """The store as it is now, on a connection of its own: the gateway goes on writing."""
    other = connection.copy()
    try:
        other.ensure_connection()
        raw: Any = other.connection
        if other.vendor == "sqlite":
            raw.execute("BEGIN DEFERRED")
        else:
            raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield Snapshot(raw, other.vendor)
        finally:
            raw.execute("ROLLBACK")
    finally:
        other.close()


@contextmanager
def file_snapshot(file: Path) -> Iterator[Snapshot]:
    """A SQLite file that nobody writes, such as a copy."""
    raw = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        raw.execute("BEGIN DEFERRED")
        yield Snapshot(raw, "sqlite")
    finally:
        raw.close()
