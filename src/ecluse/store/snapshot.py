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
    """A transaction in which every query sees the same moment. Several queries may be read side by side.

    raw: the connection of the driver; mark: its placeholder.
    """

    def __init__(self, raw: Any, vendor: str) -> None:
        self.raw = raw
        self.vendor = vendor
        self.mark = "?" if vendor == "sqlite" else "%s"
        self._names = 0

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, a few thousand in memory at a time. Placeholders are written `%s`."""
        if self.vendor == "sqlite":
            rows: Iterator[tuple[Any, ...]] = self.raw.execute(sql.replace("%s", "?"), tuple(values))
            return rows
        return self._fetch(sql, values)

    def _fetch(self, sql: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        self._names += 1
        cursor = self.raw.cursor(name=f"ecluse_{self._names}")
        cursor.itersize = _ROWS
        try:
            cursor.execute(sql, tuple(values) or None)
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
    """The store as it is now, on a connection of its own: the gateway goes on writing.

    Temporary tables may be made; they vanish with the connection.
    """
    with _transaction("BEGIN DEFERRED", "BEGIN ISOLATION LEVEL REPEATABLE READ") as snapshot:
        yield snapshot
        snapshot.raw.execute("ROLLBACK")


@contextmanager
def rewriting() -> Iterator[Snapshot]:
    """The same, to write what is computed from what is read; committed at the end, or not at all."""
    with _transaction("BEGIN IMMEDIATE", "BEGIN ISOLATION LEVEL REPEATABLE READ") as snapshot:
        yield snapshot
        snapshot.raw.execute("COMMIT")


@contextmanager
def _transaction(sqlite: str, postgresql: str) -> Iterator[Snapshot]:
    """A connection of its own, inside a transaction that is lost when the connection is closed."""
    other = connection.copy()
    try:
        other.ensure_connection()
        raw: Any = other.connection
        raw.execute(sqlite if other.vendor == "sqlite" else postgresql)
        yield Snapshot(raw, other.vendor)
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
