"""Long works of a data folder (verification, backup): who asked, how far it is, what the last one found.

The command that does the work writes this down in the folder `works`; the console reads it, and may start the same
command in a process of its own, so that pages stay quick.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

_EVERY = 0.5
"""Seconds between two writings of the progress."""


class Ended(msgspec.Struct, frozen=True):
    """A work that came to its end. at: µs since 1970; seconds: how long it took; found: its result, in JSON types, or
    null when it failed.
    """

    by: str
    at: int
    seconds: float
    found: dict[str, Any] | None


class Work(msgspec.Struct, frozen=True):
    """The last work of a name. by: who asked (`user:12`, `cli:claire`); pid: the process that does it, 0 once it ended;
    started: µs since 1970; done, total: how far it is, total 0 while it is not known; last: the one that ended last;
    born: when the system says that the process began (`/proc`), empty where it does not say.
    """

    by: str
    pid: int
    started: int
    done: int = 0
    total: int = 0
    last: Ended | None = None
    born: str = ""

    @property
    def running(self) -> bool:
        """Whether its process is there, and not another one that was given its number since."""
        if not self.pid or (self.born and _born(self.pid) not in ("", self.born)):
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    @property
    def cut_short(self) -> bool:
        """Whether its process went away before its end."""
        return bool(self.pid) and not self.running


class AlreadyRunning(Exception):
    """The same work runs already."""


_decode = msgspec.json.Decoder(Work).decode


def follow(data: Path, name: str) -> Work | None:
    """The last work of a name, or None when none was ever written down."""
    try:
        return _decode(_file(data, name).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


class Teller:
    """Writes down how far a work is; the account that works may have no right to: nothing is told then."""

    def __init__(self, file: Path, work: Work, quiet: bool) -> None:
        self._file = file
        self._work = work
        self._quiet = quiet
        self._next = 0.0
        self._started = time.monotonic()
        self._found: dict[str, Any] | None = None
        self._write()

    def tell(self, done: int, total: int | None) -> None:
        """How far it is."""
        self._work = msgspec.structs.replace(self._work, done=done, total=total or 0)
        if time.monotonic() >= self._next:
            self._write()

    def found(self, result: dict[str, Any]) -> None:
        """What it found, in JSON types."""
        self._found = result

    def end(self, now: int) -> None:
        """It ended, well when it found something."""
        seconds = round(time.monotonic() - self._started, 1)
        last = Ended(self._work.by, now, seconds, self._found)
        self._work = msgspec.structs.replace(self._work, pid=0, last=last)
        self._write()

    def _write(self) -> None:
        self._next = time.monotonic() + _EVERY
        if not self._quiet:
            with suppress(OSError):
                _write(self._file, self._work)


@contextmanager
def at_work(data: Path, name: str, clock: Callable[[], int]) -> Iterator[Teller]:
    """Tell of a work while it is done. Another that runs already keeps its place: this one is not told of.

    :param clock: µs since 1970.
    """
    file, before = _file(data, name), follow(data, name)
    mine = before is not None and before.pid == os.getpid()
    by = before.by if before is not None and mine else f"cli:{_account()}"
    quiet = before is not None and before.running and not mine
    last = before.last if before is not None else None
    work = Work(by, os.getpid(), clock(), last=last, born=_born(os.getpid()))
    teller = Teller(file, work, quiet)
    try:
        yield teller
    finally:
        teller.end(clock())


def start(data: Path, name: str, by: str, command: Sequence[str], now: int) -> None:
    """Have a command do a work in a process of its own, in the name of somebody.

    :param command: a command that tells of itself by `at_work`; now: µs since 1970.
    :raises AlreadyRunning: it is being done. :raises OSError: it cannot be started or written down.
    """
    with _alone(_file(data, name)):
        before = follow(data, name)
        if before is not None and before.running:
            raise AlreadyRunning
        nowhere = subprocess.DEVNULL
        process = subprocess.Popen(list(command), stdin=nowhere, stdout=nowhere, stderr=nowhere)
        # It knows itself by its number, and keeps the name written here; it takes longer to start than this to write.
        last = before.last if before is not None else None
        _write(_file(data, name), Work(by, process.pid, now, last=last, born=_born(process.pid)))
    threading.Thread(target=process.wait, name=f"work {name}", daemon=True).start()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Let one thread of one process at a time look whether a work runs, and start it."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(file.with_name(f".{file.stem}.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _born(pid: int) -> str:
    """When a process began, in ticks since the machine started (proc(5), field 22 of stat); empty when not told."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    # The name of the program stands in parentheses, and may hold anything.
    fields = told.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _file(data: Path, name: str) -> Path:
    return data / "works" / f"{name}.json"


def _write(file: Path, work: Work) -> None:
    """In one go: who reads meanwhile reads the one before."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(msgspec.json.encode(work))
    partial.replace(file)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
