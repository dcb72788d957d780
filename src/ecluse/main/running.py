"""What a gateway really runs with, for commands of the same folder: its command line and environment are not theirs."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from ecluse.main import opening
from ecluse.main.assembly import read_configuration, write_configuration
from ecluse.main.configuration import Configuration

log = logging.getLogger("ecluse.main")

FILE = "serving.json"
_HIDDEN = "postgresql:"
"""Stands for a database address, which may hold a password."""


def write_running(configuration: Configuration, mllp: Sequence[str], http: str) -> None:
    """Keep what this process serves with in the folder of its sockets, mode 0600 and without any password.

    :param mllp, http: addresses really bound, HOST:PORT, in the order of the listeners.
    """
    listeners = tuple(
        replace(one, address=address) for one, address in zip(configuration.listeners, mllp, strict=True)
    )
    shown = replace(
        configuration,
        listeners=listeners,
        http=http,
        database_url=_HIDDEN if configuration.database_url else "",
    )
    file = configuration.run / FILE
    content = b'{"pid":%d,"configuration":%b}\n' % (os.getpid(), write_configuration(shown).strip())
    try:
        forget_running(configuration)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except OSError as error:
        # Told to `doctor` only: a full disk must not keep a gateway from starting.
        log.warning("what runs could not be written down: %s", error.strerror)


def forget_running(configuration: Configuration) -> None:
    """Nothing runs any more."""
    with contextlib.suppress(FileNotFoundError):
        (configuration.run / FILE).unlink()


def read_running(configuration: Configuration) -> Configuration | None:
    """What the gateway that serves this folder now runs with; None when none does, or when it did not say."""
    server = opening.served(configuration)
    if server is None:
        return None
    try:
        found = msgspec.json.decode((configuration.run / FILE).read_bytes(), type=dict[str, msgspec.Raw])
        if msgspec.json.decode(found["pid"]) != server:
            return None
        return read_configuration(bytes(found["configuration"]))
    except (OSError, KeyError, msgspec.DecodeError):
        return None
