"""The one way a command says that it could not run: a line on stderr and exit code 2."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

import click

from ecluse.delivery.cli.language import t

if TYPE_CHECKING:
    from ecluse.protocols.hl7 import Hl7Error


class CannotRun(click.ClickException):
    """What happened, where, and what to do, in one line."""

    exit_code = 2

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(" ".join(t(fr, en).split("\n")))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"ecluse: {self.message}", file=file or sys.stderr)


def because(error: OSError) -> str:
    """The reason of a system error in a few words; French says that they are those of the system, which it keeps."""
    words = error.strerror or type(error).__name__
    return t(f"texte du système : {words}", words)


_UNREADABLE = {
    "empty": "il n’y a rien à lire",
    "xml": "le message est en XML ; seul le codage ER7 est lu",
    "batch": "c’est un lot ; envoyez ses messages un par un",
    "no-msh": "les octets ne commencent pas par un segment MSH",
    "delimiters": "les séparateurs de MSH-1 ou MSH-2 ne peuvent pas servir",
}


def unreadable(error: Hl7Error) -> str:
    """Why bytes are not a message, in French."""
    return _UNREADABLE.get(getattr(error, "reason", ""), str(error))
