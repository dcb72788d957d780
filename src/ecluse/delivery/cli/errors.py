"""The one way a command says that it could not run: a line on stderr and exit code 2."""

from __future__ import annotations

import sys
from typing import IO, Any

import click

from ecluse.delivery.cli.language import t


class CannotRun(click.ClickException):
    """What happened, where, and what to do, in one line."""

    exit_code = 2

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(" ".join(t(fr, en).split("\n")))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"ecluse: {self.message}", file=file or sys.stderr)


def because(error: OSError) -> str:
    """The reason of a system error in a few words."""
    return error.strerror or type(error).__name__
