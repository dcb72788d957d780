"""Who may write on a PostgreSQL store shared by several nodes: one at a time, held by an advisory lock."""

from __future__ import annotations

from django.db import connections

WRITER = 0x45434C55
"""Advisory lock number of the writer (“ECLU”)."""


def take_writer_place(alias: str = "default") -> None:
    """Wait until no other node is the writer, then be it until this process ends. Does nothing on SQLite."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [WRITER])
