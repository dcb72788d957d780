"""Many rows in one statement: a process that holds the turn to write must not wait for its own threads at each row.

Python's SQLite driver gives the interpreter away around every row; with a busy thread beside, each row may then wait
milliseconds to have it back, while the writer of the gateway waits for the turn. On SQLite the rows travel as one JSON
array; on PostgreSQL, where there is no turn, row by row in a pipeline.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

Rows = Sequence[Sequence[Any]]

_encode = msgspec.json.Encoder().encode


def insert(
    raw: Any,
    vendor: str,
    table: str,
    columns: Sequence[str],
    rows: Rows,
    conflict: str = "",
    blobs: Collection[str] = (),
) -> None:
    """Insert rows.

    :param raw: connection of the driver, in a transaction; vendor: `sqlite` or `postgresql`.
    :param conflict: what follows ON CONFLICT, or empty.
    :param blobs: columns of bytes; their values are UTF-8.
    """
    if not rows:
        return
    tail = f" ON CONFLICT {conflict}" if conflict else ""
    head = f"INSERT INTO {table} ({', '.join(columns)})"
    if vendor != "sqlite":
        marks = ", ".join(["%s"] * len(columns))
        raw.cursor().executemany(f"{head} VALUES ({marks}){tail}", rows)
        return
    values = ", ".join(_value(rank, name in blobs) for rank, name in enumerate(columns))
    # Without a WHERE, SQLite would read ON CONFLICT as a join.
    raw.execute(f"{head} SELECT {values} FROM json_each(?) WHERE true{tail}", (_json(rows),))


def update(raw: Any, vendor: str, table: str, key: str, columns: Sequence[str], rows: Rows) -> None:
    """Update rows by their key: each row is the key, then the columns."""
    if not rows:
        return
    if vendor != "sqlite":
        sets = ", ".join(f"{name} = %s" for name in columns)
        values = [(*row[1:], row[0]) for row in rows]
        raw.cursor().executemany(f"UPDATE {table} SET {sets} WHERE {key} = %s", values)
        return
    named = ", ".join(f"{_value(rank, False)} AS {name}" for rank, name in enumerate((key, *columns)))
    sets = ", ".join(f"{name} = given.{name}" for name in columns)
    raw.execute(
        f"UPDATE {table} SET {sets} FROM (SELECT {named} FROM json_each(?)) AS given WHERE {table}.{key} = given.{key}",
        (_json(rows),),
    )


def delete(raw: Any, vendor: str, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Delete the rows that have these values in these columns."""
    if not rows:
        return
    if vendor != "sqlite":
        where = " AND ".join(f"{name} = %s" for name in columns)
        raw.cursor().executemany(f"DELETE FROM {table} WHERE {where}", rows)
        return
    values = ", ".join(_value(rank, False) for rank in range(len(columns)))
    raw.execute(
        f"DELETE FROM {table} WHERE ({', '.join(columns)}) IN (SELECT {values} FROM json_each(?))",
        (_json(rows),),
    )


def _value(rank: int, blob: bool) -> str:
    found = f"json_extract(value, '$[{rank}]')"
    return f"CAST({found} AS BLOB)" if blob else found


def _json(rows: Rows) -> str:
    return _encode(
        [[one.decode() if isinstance(one, bytes) else one for one in row] for row in rows]
    ).decode()
