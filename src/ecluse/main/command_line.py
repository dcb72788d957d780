"""Entry of the `ecluse` command: gives the commands what they need of every room."""

from __future__ import annotations

import sqlite3
import sys

import click

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.root import Root, build, run
from ecluse.delivery.cli.tools import Tools
from ecluse.main import opening
from ecluse.main.configuration import Configuration, ConfigurationError


def command() -> Root:
    """The whole `ecluse` command."""
    root = build()
    for name in ("serve", "demo", "simulate"):
        root.later(name, f"ecluse.main.{name}" if name == "serve" else f"ecluse.main.{name}_command")
    return root


def tools() -> Tools:
    """Every room, as the commands need it."""
    from ecluse.main.acting import act
    from ecluse.main.assembly import secrets_folder
    from ecluse.main.diagnosis import diagnose
    from ecluse.main.linking import connect

    def strict_traits(gateway: object) -> bool:
        assert isinstance(gateway, Configuration)
        return gateway.rules.require_strict_traits

    return Tools(
        settings=opening.settings,
        read=opening.read,
        alone=opening.alone,
        act=act,
        connect=connect,
        explain=explain,
        strict_traits=strict_traits,
        secrets=secrets_folder,  # type: ignore[arg-type]
        diagnose=diagnose,
        clock=opening.clock,
    )


def explain(error: BaseException) -> click.ClickException | None:
    """The line to print for an expected error of any room; None for a defect."""
    from ecluse.main.supervisor import ServeError

    if isinstance(error, (ConfigurationError, ServeError)):
        return CannotRun(str(error), str(error))
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, sqlite3.OperationalError) or type(error).__module__ == "django.db.utils":
        return _database(error)
    sentence = getattr(error, "sentence", None)
    if sentence is not None:
        return CannotRun(sentence.fr, sentence.en)
    return None


def _system(error: OSError) -> CannotRun:
    where = f"{error.filename}: " if error.filename else ""
    text = f"{where}{error.strerror or type(error).__name__}"
    return CannotRun(text, text)


def _database(error: BaseException) -> CannotRun:
    text = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    if "locked" in text:
        return CannotRun(
            "la base de données est occupée par un autre programme : réessayez dans un instant.",
            "the database is locked by another program: try again in a moment.",
        )
    return CannotRun(
        f"la base de données ne répond pas comme attendu ({text}) : lancez « ecluse doctor ».",
        f"the database does not answer as expected ({text}): run “ecluse doctor”.",
    )


def main() -> None:
    """Console script."""
    sys.exit(run(command(), tools()))


if __name__ == "__main__":
    main()
