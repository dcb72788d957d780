"""Copies of the database itself: SQLite page by page while others write, PostgreSQL with its own tools."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection

from ecluse.store.errors import BackupError
from ecluse.store.snapshot import Snapshot

_PAGES = 4096
"""Pages copied between two reports of progress."""

Progress = Callable[[int, int], None]
"""Called with what is done and the total, in pages (SQLite)."""


def copy_sqlite(source: Snapshot, target: Path, progress: Progress | None = None) -> None:
    """Copy the database of a snapshot to a new file of mode 0600, in one piece (no -wal, no -shm beside it).

    The snapshot's transaction keeps the copy at one moment: writers go on and do not make it start again.

    :raises BackupError: the disk is full, or the source cannot be read.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def report(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            source.raw.backup(copy, pages=_PAGES, progress=report, sleep=0)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError(
            f"La copie de la base a échoué : {error}.", f"Copying the database failed: {error}."
        ) from None


def check_sqlite(file: Path) -> str:
    """What SQLite's own integrity check finds wrong in a file, or the empty string."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        try:
            found = [str(row[0]) for row in copy.execute("PRAGMA integrity_check(5)")]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
    return "" if found == ["ok"] else "; ".join(found)


def dump_postgresql(source: Snapshot, target: Path) -> None:
    """Dump the PostgreSQL database as that snapshot sees it, in pg_dump's custom format.

    :raises BackupError: pg_dump is missing or failed.
    """
    moment = source.raw.execute("SELECT pg_export_snapshot()").fetchone()[0]
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    _run(
        "pg_dump",
        ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}", f"--file={target}"],
    )


def load_postgresql(source: Path) -> None:
    """Replace the tables of the PostgreSQL database with those of a dump, all or nothing.

    :raises BackupError: pg_restore is missing or failed.
    """
    options = [
        "--no-owner",
        "--no-privileges",
        "--clean",
        "--if-exists",
        "--single-transaction",
        "--exit-on-error",
    ]
    _run("pg_restore", [*options, f"--dbname={connection.settings_dict['NAME']}", str(source)])


def _run(tool: str, arguments: list[str]) -> None:
    program = shutil.which(tool)
    if program is None:
        raise BackupError(
            f"L’outil {tool} est introuvable : installez le paquet postgresql-client de la version du "
            "serveur.",
            f"The tool {tool} was not found: install the package postgresql-client of the server's version.",
        )
    done = subprocess.run(
        [program, *arguments], env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()) or f"code {done.returncode}"
        raise BackupError(f"{tool} a échoué : {reason}", f"{tool} failed: {reason}")


def _environment() -> dict[str, str]:
    """Connection settings for the tools. The password goes by the environment: a command line can be read by all."""
    settings: dict[str, Any] = connection.settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name in _LIBPQ}
    named = {"database": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {name: settings[key] for name, key in named.items() if settings[key]}
    return {**os.environ, **{f"PG{name.upper()}": str(value) for name, value in {**options, **given}.items()}}


_LIBPQ = ("host", "port", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")
"""Options of `database_url` that the tools of PostgreSQL read from PG… variables of the same names."""
