"""Many rows in one statement, made ready before the turn to write is taken.

Python's SQLite driver gives the interpreter away around every row; with a busy thread beside, each row may then wait
milliseconds to have it back, while the writer of the gateway waits for the turn. On SQLite the rows travel as one JSON
array; on PostgreSQL, where there is no turn, row by row in a pipeline.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

Rows = Sequence[Sequence[Any]]

_encode = msgspec.json.Encoder().encode


class Statement(NamedTuple):
    """Something ready to be executed. many: once for each of the values."""

    sql: str
    values: Any
    many: bool


def execute(raw: Any, statements: Iterable[Statement]) -> None:
    """Execute statements in an open transaction, on the connection of the driver."""
    for one in statements:
        if one.many:
            raw.cursor().executemany(one.sql, one.values)
        else:
            raw.execute(one.sql, one.values)


def insert(
    vendor: str,
    table: str,
    columns: Sequence[str],
    rows: Rows,
    conflict: str = "",
    blobs: Collection[str] = (),
) -> list[Statement]:
    """What inserts rows; nothing when there is none.

    :param vendor: `sqlite` or `postgresql`; conflict: what follows ON CONFLICT, or empty.
    :param blobs: columns of bytes; their values are UTF-8.
    """
    if not rows:
        return []
    tail = f" ON CONFLICT {conflict}" if conflict else ""
    head = f"INSERT INTO {table} ({', '.join(columns)})"
    if vendor != "sqlite":
        marks = ", ".join(["%s"] * len(columns))
        return [Statement(f"{head} VALUES ({marks}){tail}", rows, many=True)]
    values = ", ".join(_value(rank, name in blobs) for rank, name in enumerate(columns))
    # Without a WHERE, SQLite would read ON CONFLICT as a join.
    return [_at_once(f"{head} SELECT {values} FROM json_each(?) WHERE true{tail}", rows)]


def update(vendor: str, table: str, key: str, columns: Sequence[str], rows: Rows) -> list[Statement]:
    """What updates rows by their key: each row is the key, then the columns."""
    if not rows:
        return []
    if vendor != "sqlite":
        sets = ", ".join(f"{name} = %s" for name in columns)
        values = [(*row[1:], row[0]) for row in rows]
        return [Statement(f"UPDATE {table} SET {sets} WHERE {key} = %s", values, many=True)]
    named = ", ".join(f"{_value(rank, False)} AS {name}" for rank, name in enumerate((key, *columns)))
    sets = ", ".join(f"{name} = given.{name}" for name in columns)
    given = f"(SELECT {named} FROM json_each(?)) AS given"
    return [_at_once(f"UPDATE {table} SET {sets} FROM {given} WHERE {table}.{key} = given.{key}", rows)]


def delete(vendor: str, table: str, columns: Sequence[str], rows: Rows) -> list[Statement]:
    """What deletes the rows that have these values in these columns."""
    if not rows:
        return []
    if vendor != "sqlite":
        where = " AND ".join(f"{name} = %s" for name in columns)
        return [Statement(f"DELETE FROM {table} WHERE {where}", rows, many=True)]
    values = ", ".join(_value(rank, False) for rank in range(len(columns)))
    wanted = f"SELECT {values} FROM json_each(?)"
    return [_at_once(f"DELETE FROM {table} WHERE ({', '.join(columns)}) IN ({wanted})", rows)]


def _value(rank: int, blob: bool) -> str:
    found = f"json_extract(value, '$[{rank}]')"
    return f"CAST({found} AS BLOB)" if blob else found


def _at_once(sql: str, rows: Rows) -> Statement:
    texts = [[one.decode() if isinstance(one, bytes) else one for one in row] for row in rows]
    return Statement(sql, (_encode(texts).decode(),), many=False)
