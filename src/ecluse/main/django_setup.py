"""Give Django its settings from our configuration; nothing is read from a settings module."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings

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
