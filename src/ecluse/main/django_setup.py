"""Give Django its settings from our configuration; nothing is read from a settings module."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.db import connections

from ecluse.main.configuration import Configuration, database


def set_up(configuration: Configuration, **more: Any) -> None:
    """Configure Django for this process. A second call with the same data folder changes nothing."""
    if settings.configured:
        return
    settings.configure(
        DATABASES={"default": database(configuration)},
        INSTALLED_APPS=["ecluse.store"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TIME_ZONE="UTC",
        LANGUAGE_CODE="fr",
        LOGGING_CONFIG=None,
        **more,
    )
    django.setup()


def leave_log_to_writer() -> None:
    """Have this process of a gateway never copy SQLite's log back: beyond 1,000 pages each of its commits would, while
    the writer lets the log grow and keeps a thread for it (`store.wal`).
    """
    options: dict[str, Any] = connections.databases["default"]["OPTIONS"]
    if "PRAGMA" in options.get("init_command", ""):
        options["init_command"] += ";PRAGMA wal_autocheckpoint=0"
