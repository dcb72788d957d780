"""Open a data folder for a command: settings, then the store, with the environment the store records."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ecluse.delivery.cli.errors import CannotRun
from ecluse.main.configuration import Configuration, data_folder, load
from ecluse.main.django_setup import set_up


def clock() -> int:
    """µs since 1970, UTC."""
    return time.time_ns() // 1000


def settings(given: str | None) -> Configuration:
    """Settings of a data folder, or the defaults when it does not exist.

    :param given: `--data`.
    """
    return load(data_folder(given), serving=False)


def initialised(configuration: Configuration) -> bool:
    """Whether a store was ever made there (PostgreSQL: not looked at)."""
    return bool(configuration.database_url) or (configuration.data / "ecluse.db").exists()


def require_store(configuration: Configuration) -> None:
    """Refuse a folder without store.

    :raises CannotRun: saying how to make one.
    """
    data = configuration.data
    if not initialised(configuration):
        state = ("n’existe pas", "does not exist") if not data.exists() else ("est vide", "holds no data")
        raise CannotRun(
            f"le dossier de données {data} {state[0]} : démarrez d’abord « ecluse serve --data {data} », ou "
            "indiquez le "
            "bon dossier par --data.",
            f"the data folder {data} {state[1]}: first start “ecluse serve --data {data}”, or give the right "
            "folder with "
            "--data.",
        )


def read(given: str | None) -> Configuration:
    """Open the store of a data folder for reading, whether or not a gateway serves it.

    :returns: the settings, with the environment that the store records.
    :raises CannotRun: no store there, or one that this version cannot read as it is.
    """
    configuration = settings(given)
    require_store(configuration)
    set_up(configuration)
    from django.db import DatabaseError

    from ecluse.store.models import Meta
    from ecluse.store.schema import applied_schemas, known_schemas

    try:
        environment = Meta.objects.filter(name="environment").values_list("value", flat=True).first()
    except DatabaseError as error:
        if "no such table" not in str(error) and "does not exist" not in str(error):
            raise
        environment = None
    if environment not in ("test", "production"):
        raise CannotRun(
            f"le dossier de données {configuration.data} n’est pas initialisé : démarrez une fois « ecluse "
            "serve ».",
            f"the data folder {configuration.data} is not initialised: start “ecluse serve” once.",
        )
    applied, known = applied_schemas(), known_schemas()
    if applied - known:
        raise CannotRun(
            f"les données de {configuration.data} viennent d’une version plus récente d’Écluse : "
            "utilisez-la.",
            f"the data of {configuration.data} comes from a newer version of Écluse: use that one.",
        )
    if known - applied:
        raise CannotRun(
            f"les données de {configuration.data} viennent d’une version plus ancienne : démarrez une fois "
            "« ecluse "
            "serve » pour les mettre à niveau (une sauvegarde est faite avant).",
            f"the data of {configuration.data} comes from an older version: start “ecluse serve” once to "
            "upgrade it (a "
            "backup is made first).",
        )
    return replace(configuration, environment="production" if environment == "production" else "test")


@contextmanager
def alone(given: str | None, existing: bool = True) -> Iterator[Configuration]:
    """Take the place of the gateway of a data folder for one command.

    :param existing: a store must be there, and is opened; otherwise the folder is only made ready.
    :raises ServeError: when a gateway serves this folder.
    """
    from ecluse.main.supervisor import prepare

    configuration = settings(given)
    if existing:
        require_store(configuration)
    lock = prepare(configuration)
    try:
        if existing:
            configuration = read(given)
        set_up(configuration)
        yield configuration
    finally:
        lock.release()


def served(configuration: Configuration) -> int | None:
    """Process that serves this data folder now (0 when it did not say), or None."""
    try:
        descriptor = os.open(configuration.run / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 20, 0).decode("ascii", "replace")
        return int(text) if text.isdigit() else 0
    else:
        return None
    finally:
        os.close(descriptor)
