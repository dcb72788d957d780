"""Databases for tests: a private PostgreSQL server, and Django's default connection moved from one store to
another.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from ecluse.main.configuration import Configuration, database
from ecluse.main.django_setup import set_up

_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class StorePlace:
    """A store of one test: `configuration` names it, `vendor` is `sqlite` or `postgresql`."""

    configuration: Configuration
    vendor: str
    secrets: Path

    @property
    def data(self) -> Path:
        return self.configuration.data


def use(configuration: Configuration) -> None:
    """Make Django's default connection that of a configuration. Django itself is configured once per process."""
    if not settings.configured:
        set_up(configuration)
        return
    wanted: dict[str, dict[str, Any]] = {"default": database(configuration)}
    leave()
    connections.databases["default"] = connections.configure_settings(wanted)["default"]


def leave() -> None:
    """Close the default connection and forget it."""
    connections["default"].close()
    del connections["default"]


class PostgreSQL:
    """A server of its own in a temporary folder, reached by a socket there; it ends with the tests, whatever
    happens.

    Texts are ordered as in French, so that a query that counts on the order of bytes shows itself.
    """

    def __init__(self) -> None:
        self._tools = _tools()
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._folder = Path(tempfile.mkdtemp(prefix="ecluse-postgresql-"))
        if os.geteuid() == 0:
            try:
                shutil.chown(self._folder, self._user, self._user)
            except LookupError:
                raise RuntimeError("PostgreSQL's user is missing: apt-get install postgresql") from None
        cluster = self._folder / "cluster"
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-sync",
                  "--locale-provider=icu", "--icu-locale=fr", str(cluster))  # fmt: skip
        log = (self._folder / "log").open("wb")
        self._server = subprocess.Popen(
            [str(self._tools / "postgres"), "-D", str(cluster), "-k", str(self._folder), *_SETTINGS],
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,
            **self._identity(),
        )
        log.close()
        self._wait()

    def url(self, name: str) -> str:
        """Address of a database, as in `database_url`."""
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def create(self, name: str, template: str = "template1") -> None:
        """Make a database, as a copy of another one."""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server and remove its files."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _execute(self, sql: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    def _wait(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((self._folder / "log").read_text("utf-8", "replace")) from None
                time.sleep(0.05)

    def _run(self, tool: str, *arguments: str) -> None:
        command = [str(self._tools / tool), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", **self._identity()
        )
        if done.returncode != 0:
            raise RuntimeError(f"{tool} failed: {done.stderr}")

    def _identity(self) -> dict[str, Any]:
        """The server refuses to run as root: it then runs as Debian's user `postgres`."""
        return {"user": self._user, "group": self._user, "extra_groups": []} if os.geteuid() == 0 else {}


_SETTINGS = [
    option
    for setting in (
        "listen_addresses=",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=40",
        "shared_buffers=32MB",
        "max_wal_senders=0",
        "wal_level=minimal",
        "lock_timeout=30s",
    )
    for option in ("-c", setting)
]


def _tools() -> Path:
    """Folder of initdb and postgres: Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise RuntimeError("The tests need PostgreSQL: apt-get install postgresql")
    return Path(program).resolve().parent


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
