"""Which migrations the store has had, and which ones this version knows."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def applied_schemas() -> frozenset[str]:
    """Names of the migrations applied to the store; empty when it has no table yet."""
    return frozenset(
        name for app, name in MigrationRecorder(connection).applied_migrations() if app == "store"
    )


def known_schemas() -> frozenset[str]:
    """Names of the migrations this version of Écluse knows."""
    loader = MigrationLoader(None)
    return frozenset(name for app, name in loader.disk_migrations if app == "store")


def schema_version() -> str:
    """Name of the last migration applied to the store, or the empty string."""
    return max(applied_schemas(), default="")
