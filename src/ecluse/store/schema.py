"""Which migrations the store has had, and which ones this version knows."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def applied_schemas() -> frozenset[str]:
    """Names of the migrations applied to the store; empty when it has no table yet."""
    return frozenset(_name(*one) for one in MigrationRecorder(connection).applied_migrations())


def known_schemas() -> frozenset[str]:
    """Names of the migrations this version of Écluse knows."""
    loader = MigrationLoader(None)
    return frozenset(_name(*one) for one in loader.disk_migrations)


def schema_version() -> str:
    """Name of the last migration applied to the store, or the empty string."""
    return latest(applied_schemas())


def latest(schemas: frozenset[str]) -> str:
    """The last migration of our own tables, or the empty string."""
    return max((one for one in schemas if "." not in one), default="")


def _name(app: str, migration: str) -> str:
    """Our own migrations by their name, those of the applications of others behind the application's."""
    return migration if app == "store" else f"{app}.{migration}"
