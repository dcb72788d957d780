"""Whether the store can be read, and how much room it takes."""

from __future__ import annotations

from pathlib import Path

from django.db import DatabaseError, connection

from ecluse.store.models import Meta


def store_answers() -> bool:
    """Whether the database answers, and is a store of Écluse."""
    try:
        return Meta.objects.filter(name="environment").exists()
    except DatabaseError:
        return False


def store_bytes(data: Path) -> int:
    """Room taken by the database: SQLite's files, or what PostgreSQL says."""
    if connection.vendor == "sqlite":
        return sum(file.stat().st_size for file in data.glob("ecluse.db*") if file.is_file())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
