"""The processes of a gateway, each started by the supervisor as `python -m ecluse.main.children ROLE`.

A child talks with the supervisor by its standard streams only. stdin: a line with the configuration, later lines with
a new one, and end of file means leave, which is also what happens when the supervisor dies. stdout: `ready`,
before it `standby` when the writer waits for that of another node.
Signals to the whole process group are left to the supervisor, which alone knows the order of leaving.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import io
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from ecluse.main import assembly
from ecluse.main.configuration import Configuration
from ecluse.main.django_setup import leave_log_to_writer, set_up
from ecluse.main.logs import start_logging

log = logging.getLogger("ecluse.main")

_supervisor = io.FileIO(0, "r", closefd=False)
"""stdin without a buffer: a buffer's lock, held by a waiting thread, would abort the interpreter when it ends."""


def say_ready() -> None:
    """Tell the supervisor that this process does its work."""
    # What was loaded to start stays for ever, and messages make no cycles: collections would only cost latency.
    gc.collect()
    gc.freeze()
    gc.disable()
    threading.Thread(target=_collect, daemon=True, name="garbage").start()
    os.write(1, b"ready\n")


def _keep_memory_in() -> None:
    """Let nothing write this memory to a file, nor another process of the same user read it: keys are in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A core that goes through a pipe (systemd-coredump) heeds no limit: prctl(2), PR_SET_DUMPABLE.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


_PR_SET_DUMPABLE = 4


def _collect() -> None:
    """Collect the few cycles that errors leave, seldom."""
    while True:
        time.sleep(600)
        gc.collect()


def listen_to_supervisor(
    leave: Callable[[], object], renewed: Callable[[Configuration], object] = lambda _: None
) -> None:
    """Follow stdin in a thread: `renewed` for each new configuration, `leave` at the end."""

    def follow() -> None:
        while line := _supervisor.readline():
            renewed(assembly.read_configuration(line))
        leave()

    threading.Thread(target=follow, daemon=True, name="supervisor").start()


def writer(configuration: Configuration, sockets: list[socket.socket]) -> None:
    """Decide and keep."""
    from ecluse.delivery.writer.loop import WriterLoop
    from ecluse.services.rulebook import rules
    from ecluse.services.wire import reachable

    set_up(configuration)
    stop, wake = socket.socketpair()
    on_standby = threading.Event()

    def standby() -> None:
        on_standby.set()
        os.write(1, b"standby\n")

    # On standby nothing is held that could be lost, and the database is not waited for.
    listen_to_supervisor(lambda: os._exit(0) if on_standby.is_set() else wake.send(b"x"))
    rules()
    intake, perform = assembly.intake(configuration, standby)
    on_standby.clear()
    path = configuration.run / "writer.sock"
    # One left by a former writer: it was not removed then, because a new one may already have made its own.
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(reachable(path))
    path.chmod(0o600)
    listening.listen(64)
    say_ready()
    WriterLoop(intake, perform, listening, stop).run()


def listener(configuration: Configuration, sockets: list[socket.socket]) -> None:
    """Accept, frame, parse, validate."""
    from ecluse.delivery.mllp.process import serve
    from ecluse.main.listening import Listening
    from ecluse.protocols.pam.validate import warm_up

    warm_up()
    listening = Listening(configuration)
    ports = listening.ports(sockets)

    async def main() -> None:
        stop = asyncio.Event()
        renewals: asyncio.Queue[Configuration] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        listen_to_supervisor(
            lambda: loop.call_soon_threadsafe(stop.set),
            lambda new: loop.call_soon_threadsafe(renewals.put_nowait, new),
        )
        writer = configuration.run / "writer.sock"
        await serve(ports, writer, say_ready, stop, renewals, listening.renewed, listening.follow)

    import uvloop

    # Same protocols, a third of the processor time per message that asyncio's own loop takes.
    uvloop.run(main())


def web(configuration: Configuration, sockets: list[socket.socket]) -> None:
    """Status page, health and metrics."""
    from ecluse.main.web import run

    run(configuration, sockets[0], say_ready, listen_to_supervisor)


SWITCH_SECONDS = 0.0001
"""How long a thread beside the writer computes before another one that waits may go on: it may hold the turn to write.
"""


def _beside(configuration: Configuration) -> threading.Event:
    """Make this process ready to write beside the writer; the event is set when it is to leave."""
    set_up(configuration)
    leave_log_to_writer()
    sys.setswitchinterval(SWITCH_SECONDS)
    stop = threading.Event()
    listen_to_supervisor(stop.set)
    return stop


def worker(configuration: Configuration, sockets: list[socket.socket]) -> None:
    """What the journal says becomes events, and chores by the clock."""
    from ecluse.delivery.worker import engines
    from ecluse.delivery.worker.loop import run
    from ecluse.store.access_turn import without_waiting_for_the_disk

    stop = _beside(configuration)
    kept = [assembly.publisher(configuration), assembly.figures(configuration)]
    started = engines.start(kept, stop)
    # Chores write what follows from the journal or from a clock: what a power cut takes away is done again.
    without_waiting_for_the_disk()
    say_ready()
    run(assembly.chores(configuration), stop, time.time)
    engines.leave(started)


def deliverer(configuration: Configuration, sockets: list[socket.socket]) -> None:
    """Send to subscribers; apart from the publisher, so that neither computes while the other holds the turn."""
    from ecluse.delivery.worker import engines

    stop = _beside(configuration)
    started = engines.start([assembly.deliverer(configuration)], stop)
    say_ready()
    stop.wait()
    engines.leave(started)


ROLES = {"writer": writer, "listener": listener, "web": web, "worker": worker, "deliverer": deliverer}


def main() -> int:
    """Entry of a child process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("sockets", type=int, nargs="*")
    arguments = parser.parse_args()
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
    for number in signals - {signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    _keep_memory_in()
    line = _supervisor.readline()
    if not line:
        return 0
    configuration = assembly.read_configuration(line)
    start_logging(configuration.log_level, arguments.role)
    try:
        ROLES[arguments.role](configuration, [socket.socket(fileno=number) for number in arguments.sockets])
    except Exception:
        log.exception("%s stopped by an error", arguments.role)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
