"""`ecluse serve`: bind the ports, start the processes in order, restart one that dies, let them leave in order."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ecluse.delivery.cli.language import t
from ecluse.main.assembly import write_configuration
from ecluse.main.configuration import Configuration, ConfigurationError, reload
from ecluse.main.running import forget_running, write_running

log = logging.getLogger("ecluse.main")

START_SECONDS = 60.0
LEAVE_SECONDS = 10.0
ORPHANS_SECONDS = 5.0
"""How long a new gateway waits for the writer of a killed one to leave."""
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}


class ServeError(Exception):
    """The gateway cannot start; the message says what to do, in the language of the locale."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(t(fr, en))


class DataLock:
    """One `serve` per data folder, and its writer: whoever inherits the lock's descriptor holds it too.

    :raises ServeError: when another process holds the folder.
    """

    def __init__(self, run: Path) -> None:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + ORPHANS_SECONDS
        while not self._take():
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace")
            if _runs(holder) or time.monotonic() > end:
                os.close(self._descriptor)
                raise _held(run, holder)
            time.sleep(0.05)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def fileno(self) -> int:
        """The descriptor, for a process that must hold the folder as long as it lives."""
        return self._descriptor

    def release(self) -> None:
        """Let another process serve, once those that inherited the lock are gone."""
        os.close(self._descriptor)


def _runs(holder: str) -> bool:
    """Whether the process that took the lock is still there (unknown: yes)."""
    return not holder.isdigit() or Path(f"/proc/{holder}").exists()


def _held(run: Path, holder: str) -> ServeError:
    if _runs(holder):
        return ServeError(
            f"le dossier de données {run.parent} est déjà servi par le processus {holder or '?'} : arrêtez-le, ou "
            "choisissez un autre dossier avec --data",
            f"the data folder {run.parent} is already served by process {holder or '?'}: stop it, or choose another "
            "folder with --data",
        )
    return ServeError(
        f"le dossier de données {run.parent} est encore tenu par l’écrivain d’une passerelle interrompue (processus "
        f"{holder}, disparu) : attendez sa fin, ou arrêtez-le (« fuser {run / 'lock'} » donne son numéro)",
        f"the data folder {run.parent} is still held by the writer of an interrupted gateway (process {holder}, gone): "
        f"wait for its end, or stop it (“fuser {run / 'lock'}” tells its number)",
    )


def bind(address: str, setting: str) -> socket.socket:
    """A listening socket on HOST:PORT (IPv6 hosts in brackets; port 0: any free one).

    :raises ServeError: when the address is wrong or in use.
    """
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ServeError(
            f"{setting} : {address!r} n’a pas la forme HÔTE:PORT, par exemple 127.0.0.1:2575",
            f"{setting}: {address!r} is not HOST:PORT, for example 127.0.0.1:2575",
        )
    host = host.strip("[]")
    try:
        family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, int(port)))
        sock.listen(512)
    except OSError as error:
        raise ServeError(
            f"{setting} : impossible d’écouter sur {address} : {error.strerror or error}. Choisissez un autre port, ou "
            "arrêtez ce qui l’utilise",
            f"{setting}: cannot listen on {address}: {error.strerror or error}. Choose another port, or stop what uses "
            "it",
        ) from None
    return sock


def shown(sock: socket.socket) -> str:
    """HOST:PORT a socket is bound to."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Child:
    """One supervised process."""

    def __init__(self, role: str, sockets: list[socket.socket], lock: DataLock | None = None) -> None:
        self.role = role
        self._sockets = sockets
        self._lock = lock
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.failures = 0

    def start(self, configuration: Configuration) -> None:
        """Start it, with its configuration."""
        numbers = [sock.fileno() for sock in self._sockets]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ecluse.main.children", self.role, *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The lock of the data folder is held as long as a process that writes lives.
            pass_fds=numbers if self._lock is None else [*numbers, self._lock.fileno()],
        )
        self.started = time.monotonic()
        self.tell(configuration)

    def tell(self, configuration: Configuration) -> None:
        """Send a configuration."""
        assert self.process is not None and self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(write_configuration(configuration))
            self.process.stdin.flush()

    def wait_ready(self) -> bool:
        """Wait until it says it is ready; False when we were asked to stop meanwhile.

        A writer on standby, behind that of another node, is waited for without limit.

        :raises ServeError: when it does not become ready.
        """
        assert self.process is not None and self.process.stdout is not None
        end = time.monotonic() + START_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < end:
                if selector.select(0.2):
                    # Read without a buffer: what a buffer held, select would not see.
                    said = os.read(self.process.stdout.fileno(), 64)
                    if said.endswith(b"ready\n"):
                        return True
                    if said != b"standby\n":
                        break
                    log.warning("another node writes on this store: on standby until it leaves")
                    end = float("inf")
                elif asked := signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 0):
                    log.info("asked to stop by signal %s before being ready", asked.si_signo)
                    return False
        raise ServeError(
            f"le processus {self.role} n’a pas démarré ; son journal est ci-dessus",
            f"the {self.role} process did not start; its log is above",
        )

    def leave(self, end: float) -> None:
        """Ask it to leave and wait until `end` (monotonic time); then insist."""
        if self.process is None:
            return
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("%s did not leave in time", self.role)
            self.process.kill()
            self.process.wait()


class Supervisor:
    """Starts, watches and stops the processes of one gateway."""

    def __init__(
        self, configuration: Configuration, ready: Callable[[str, str], None], lock: DataLock
    ) -> None:
        self._configuration = configuration
        self._ready = ready
        self._lock = lock
        self._children: list[Child] = []
        self._again: dict[Child, float] = {}
        self._bound: tuple[list[str], str] = ([], "")

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit code.

        :raises ServeError: when the gateway cannot start.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        configuration = self._configuration
        mllp = [bind(one.address, f"mllp listener {one.name!r}") for one in configuration.listeners]
        http = bind(configuration.http, "http")
        self._children = [
            Child("writer", [], self._lock),
            Child("listener", mllp),
            Child("web", [http]),
            Child("worker", []),
            Child("deliverer", []),
        ]
        try:
            for child in self._children:
                child.start(configuration)
            if not all(child.wait_ready() for child in self._children):
                return 0
            self._bound = [shown(one) for one in mllp], shown(http)
            write_running(configuration, *self._bound)
            self._ready(shown(mllp[0]), shown(http))
            self._watch()
        finally:
            self._leave()
            forget_running(configuration)
        return 0

    def _watch(self) -> None:
        while True:
            received = signal.sigtimedwait(_SIGNALS, self._patience())
            if received is not None and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                return
            if received is not None and received.si_signo == signal.SIGHUP:
                self._reload()
            self._revive()

    def _patience(self) -> float:
        now = time.monotonic()
        return max(0.05, min((at - now for at in self._again.values()), default=60.0))

    def _revive(self) -> None:
        """Plan the restart of what died, and restart what is due: at once, then with growing pauses."""
        now = time.monotonic()
        for child in self._children:
            if child in self._again or child.process is None or child.process.poll() is None:
                continue
            child.failures = child.failures + 1 if now - child.started < 60 else 0
            pause = min(30.0, 0.25 * 2 ** (child.failures - 1)) if child.failures > 1 else 0.0
            log.error(
                "%s ended with code %s; restarting in %.1f s", child.role, child.process.returncode, pause
            )
            self._again[child] = now + pause
        for child in [one for one, at in self._again.items() if at <= now]:
            del self._again[child]
            child.start(self._configuration)

    def _reload(self) -> None:
        """Read the settings again; wrong ones change nothing, and what needs a restart is named."""
        try:
            renewal = reload(self._configuration)
        except ConfigurationError as error:
            log.error("settings not changed: %s", error)
            return
        if renewal.waiting:
            log.warning("settings that wait for a restart: %s", ", ".join(renewal.waiting))
        self._configuration = renewal.configuration
        write_running(renewal.configuration, *self._bound)
        for child in self._children:
            child.tell(self._configuration)

    def _leave(self) -> None:
        """Listeners first: what they received still goes to the writer, which leaves last."""
        end = time.monotonic() + LEAVE_SECONDS
        for role in ("listener", "web", "worker", "deliverer", "writer"):
            for child in self._children:
                if child.role == role:
                    child.leave(end)


def prepare(configuration: Configuration) -> DataLock:
    """Make the data folder ready and lock it.

    :raises ServeError: when the folder cannot be used.
    """
    try:
        configuration.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ServeError(
            f"le dossier de données {configuration.data} ne peut pas être créé : {error.strerror}",
            f"the data folder {configuration.data} cannot be made: {error.strerror}",
        ) from None
    return DataLock(configuration.run)
