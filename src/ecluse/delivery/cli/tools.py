"""What the commands need from the rooms they may not enter; `main` gives it through click's context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import click

from ecluse.services.wire import ActResult


class Gateway(Protocol):
    """The settings of an opened data folder."""

    @property
    def data(self) -> Path:
        """Data folder."""

    @property
    def run(self) -> Path:
        """Folder of the locks and sockets of the running gateway."""

    @property
    def environment(self) -> Literal["test", "production"]:
        """Which national environment the identities belong to."""

    @property
    def database_url(self) -> str:
        """PostgreSQL address, or empty for SQLite in the data folder."""

    @property
    def secrets(self) -> str:
        """Folder of the secrets, or empty for the default one."""


class Link(Protocol):
    """A connection to a receiver of HL7 messages.

    Both methods raise `CannotRun` when the receiver cannot be reached or answers nothing.
    """

    def send(self, message: bytes) -> bytes:
        """Send a message; return its acknowledgement."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files of a TLS connection: authorities to trust, and our certificate and key when the receiver asks."""

    ca: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything `main` lends to the commands.

    settings: reads the settings of a data folder, without opening the store; read: opens the store for reading;
    alone: opens it for a command that no gateway may disturb, until the context ends; act: has the writer do an
    operator's act; connect: opens an MLLP connection; explain: the line to print for an error of another room, or
    None when it is not an expected one; strict_traits: setting `rules.require_strict_traits`; secrets: folder of
    the keys; clock: µs since 1970.
    """

    settings: Callable[[str | None], Gateway]
    read: Callable[[str | None], Gateway]
    alone: Callable[[str | None], Any]
    act: Callable[[str | None, str, dict[str, Any]], ActResult]
    connect: Callable[[str, int, Tls | None, float], Link]
    explain: Callable[[BaseException], click.ClickException | None]
    strict_traits: Callable[[Gateway], bool]
    secrets: Callable[[Gateway], Path]
    diagnose: Callable[[str | None], Any]
    clock: Callable[[], int]


def tools() -> Tools:
    """The tools of the running command."""
    found = click.get_current_context().find_root().obj
    assert isinstance(found, Tools), "the root command was started without tools"
    return found
