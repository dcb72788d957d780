"""Give Django its settings from our configuration; nothing is read from a settings module."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.db import connections

from ecluse.main.configuration import Configuration, database

APPLICATIONS = (
    "ecluse.store",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
)
"""Whose tables the store has: every process must know them all, because any of them may have to upgrade the store."""


ACCOUNTS: dict[str, Any] = {
    "AUTH_USER_MODEL": "store.User",
    # Whoever makes a password, the demonstration included, makes one that the pages know how to check.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": "username",
    "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_UNIQUE_EMAIL": False,
    "ACCOUNT_PRESERVE_USERNAME_CASING": False,
    # allauth will not be loaded without it, even where nothing is served.
    "MIDDLEWARE": ["allauth.account.middleware.AccountMiddleware"],
}
"""What the tables of the accounts and what they hold depend on, the same in every process."""


def set_up(configuration: Configuration, **more: Any) -> None:
    """Configure Django for this process. A second call with the same data folder changes nothing."""
    if settings.configured:
        return
    settings.configure(
        DATABASES={"default": database(configuration)},
        INSTALLED_APPS=list(APPLICATIONS),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TIME_ZONE="UTC",
        LANGUAGE_CODE="fr",
        LOGGING_CONFIG=None,
        **{**ACCOUNTS, **more},
    )
    django.setup()


def leave_log_to_writer() -> None:
    """Have this process of a gateway never copy SQLite's log back: beyond 1,000 pages each of its commits would, while
    the writer lets the log grow and keeps a thread for it (`store.wal`).
    """
    options: dict[str, Any] = connections.databases["default"]["OPTIONS"]
    if "PRAGMA" in options.get("init_command", ""):
        options["init_command"] += ";PRAGMA wal_autocheckpoint=0"
