"""What the commands need from the rooms they may not enter; `main` gives it through click's context."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import click

if TYPE_CHECKING:
    from ecluse.services.certificates.checking import Item
    from ecluse.services.check import Check
    from ecluse.services.purge_journal import Retention
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


class NoAnswer(Exception):
    """A message was sent and no acknowledgement came; the text says what came instead."""


class Link(Protocol):
    """A connection to a receiver of HL7 messages; it opens again by itself for the next message."""

    def send(self, message: bytes) -> bytes:
        """Send a message; return its acknowledgement.

        :raises NoAnswer: it was sent and nothing came back. :raises CannotRun: the receiver cannot be reached.
        """

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
    alone: takes the place of the gateway until the context ends (`existing`: a store must be there); act: has the
    writer do an operator's act; acting: the same for several acts in a row; retention: settings of [retention];
    connect: opens an MLLP connection (seconds to wait for an answer); explain: the line to print for an
    error of another room, or None when it is not an expected one; strict_traits: setting
    `rules.require_strict_traits`; wrong_key: setting `rules.wrong_key`; secrets: folder of the keys; allowed_networks:
    setting `deliveries.allowed_networks`; invitation_hours: setting `accounts.invitation_hours`; directory: has the
    directory follow its settings, certificates: has the certificates follow theirs; serving: a gateway serves this data
    folder; operator: who asks, for the journal (`cli:claire`); diagnose: what `doctor` tells; clock: µs since 1970;
    served: whether each listener shows the certificate of its slot, by asking its port.
    """

    settings: Callable[[str | None], Gateway]
    read: Callable[[str | None], Gateway]
    alone: Callable[[str | None, bool], AbstractContextManager[Gateway]]
    act: Callable[[str | None, str, dict[str, Any]], ActResult]
    acting: Callable[[str | None], AbstractContextManager[Callable[[str, dict[str, Any]], ActResult]]]
    retention: Callable[[Gateway], Retention]
    connect: Callable[[str, int, Tls | None, float], Link]
    explain: Callable[[BaseException], click.ClickException | None]
    strict_traits: Callable[[Gateway], bool]
    wrong_key: Callable[[Gateway], Literal["by-environment", "never-usable", "warn"]]
    secrets: Callable[[Gateway], Path]
    allowed_networks: Callable[[Gateway], tuple[str, ...]]
    invitation_hours: Callable[[Gateway], int]
    directory: Callable[[Gateway], None]
    certificates: Callable[[Gateway], None]
    serving: Callable[[Gateway], bool]
    operator: Callable[[], str]
    diagnose: Callable[[str | None], tuple[Check, ...]]
    clock: Callable[[], int]
    served: Callable[[str | None], tuple[Item, ...]] = lambda _: ()


def tools() -> Tools:
    """The tools of the running command."""
    found = click.get_current_context().find_root().obj
    assert isinstance(found, Tools), "the root command was started without tools"
    return found
