"""Short writes beside the gateway's writer: the access trail, last uses, answers kept, progress of deliveries.

One thread of the process at a time takes the turn to write (`store.turn`), so that they do not outrun the writer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection, transaction

from ecluse.store.turn import Turn

_one = threading.Lock()
_turn: list[Turn] = [Turn(None)]


def use_turn(turn: Turn) -> None:
    """Wait for this turn from now on."""
    _turn[0] = turn


@contextmanager
def taking_turn() -> Iterator[None]:
    """The turn alone, for a statement that is its own transaction."""
    with _one, _turn[0]:
        yield


@contextmanager
def writing() -> Iterator[None]:
    """A write transaction of a few rows; on leaving it is durable.

    :raises DatabaseError: nothing was written.
    """
    with _one, _turn[0], transaction.atomic():
        yield


@contextmanager
def writing_at_once() -> Iterator[tuple[Any, str]]:
    """The same on the connection of the driver, for plain SQL: gives it, and the kind of database.

    :raises DatabaseError: (of the driver) nothing was written.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    with _one, _turn[0]:
        raw.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        try:
            yield raw, connection.vendor
            raw.execute("COMMIT")
        except BaseException:
            with suppress(Exception):
                raw.execute("ROLLBACK")
            raise


def without_waiting_for_the_disk() -> None:
    """From now on, what this thread commits may be taken away by a power cut (never by a crash of the process).

    For what is told again by itself: a delivery whose record is lost is delivered once more.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    raw.execute(
        "PRAGMA synchronous=NORMAL" if connection.vendor == "sqlite" else "SET synchronous_commit = off"
    )
