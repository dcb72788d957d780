"""Forget what was delivered about patients, and what waits to be, for the subscribers of a list that they left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import connection

_keys = msgspec.json.Decoder(tuple[str, ...]).decode
_PART = 400
"""Values of one statement."""


def forget_deliveries(subscribers: Iterable[str], patients: frozenset[str]) -> None:
    """Delete the record of what was shared about patients, and their deliveries that wait.

    Their subscribers get a new revision, so that the deliverer forgets too what it holds in memory. A delivery about
    somebody else that only names one of them waits on. Call it inside the writer's transaction.

    :param subscribers: ids; patients: ids.
    """
    with connection.cursor() as cursor:
        # The rows of subscribers first and in order, as the deliverer takes them.
        for subscriber in sorted(subscribers):
            cursor.execute("UPDATE store_subscriber SET revision = revision + 1 WHERE id = %s", [subscriber])
            _delete(cursor, "store_delivered", subscriber, "patient", sorted(patients))
            cursor.execute(
                "SELECT position, keys FROM store_pendingdelivery WHERE subscriber = %s", [subscriber]
            )
            # The first key is whom it is about.
            about = [row[0] for row in cursor.fetchall() if not patients.isdisjoint(_keys(bytes(row[1]))[:1])]
            _delete(cursor, "store_pendingdelivery", subscriber, "position", about)


def forget_shared(subscribers: Iterable[str], patients: frozenset[str]) -> None:
    """Delete the record of what was shared about patients, and nothing else. Call it inside a transaction."""
    with connection.cursor() as cursor:
        for subscriber in sorted(subscribers):
            _delete(cursor, "store_delivered", subscriber, "patient", sorted(patients))


def _delete(cursor: Any, table: str, subscriber: str, column: str, values: Sequence[Any]) -> None:
    for start in range(0, len(values), _PART):
        part = values[start : start + _PART]
        marks = ", ".join(["%s"] * len(part))
        cursor.execute(
            f"DELETE FROM {table} WHERE subscriber = %s AND {column} IN ({marks})", [subscriber, *part]
        )
