"""Who may write on a PostgreSQL store shared by several nodes: one at a time, held by an advisory lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connections

WRITER = 0x45434C55
"""Advisory lock number of the writer (“ECLU”)."""


DELIVERER = 0x45434C56
"""Advisory lock number of the deliverer: two of them would tell everything twice."""


class WriterPlaceTaken(Exception):
    """Another node became the writer while this one had no connection."""


def take_writer_place(alias: str = "default", standby: Callable[[], object] = lambda: None) -> None:
    """Wait until no other node is the writer, then be it until this process ends. Does nothing on SQLite.

    :param standby: called when the place is taken, before waiting.
    """
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [WRITER])
            (taken,) = cursor.fetchone()
            if not taken:
                standby()
                cursor.execute("SELECT pg_advisory_lock(%s)", [WRITER])
            _commit_durably(cursor)


def _commit_durably(cursor: Any) -> None:
    """An acknowledgement promises that the message is on disk, whatever the server, role or database has by default.

    Stronger settings than `on` (a standby that has applied the commit) are left as they are.
    """
    cursor.execute("SHOW synchronous_commit")
    if cursor.fetchone()[0] in ("off", "local"):
        cursor.execute("SET synchronous_commit = on")


def regain_writer_place(alias: str = "default") -> Any:
    """Connect again after the connection was lost, and be the writer again; the driver's new connection.

    :raises WriterPlaceTaken: another node took the place meanwhile.
    """
    connection = connections[alias]
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [WRITER])
        (taken,) = cursor.fetchone()
        _commit_durably(cursor)
    if not taken:
        # Without its place this process must not be able to write.
        connection.close()
        raise WriterPlaceTaken("another node writes on this store")
    return connection.connection


def deliverer_place_is_ours(alias: str = "default") -> bool:
    """Whether this connection is that of the only deliverer, now and until it closes. Always so on SQLite."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [DELIVERER])
        return bool(cursor.fetchone()[0])
