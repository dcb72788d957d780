"""SQLite's log is copied back by the writer's thread alone."""

from __future__ import annotations

from django.db import connection

from ecluse.main.django_setup import leave_log_to_writer
from tests.store.databases import StorePlace


def test_a_process_beside_the_writer_never_copies_the_log(store: StorePlace) -> None:
    """On PostgreSQL there is no such log, and nothing is asked."""
    connection.close()
    leave_log_to_writer()
    with connection.cursor() as cursor:
        if store.vendor == "sqlite":
            assert cursor.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
        else:
            cursor.execute("SELECT 1")
