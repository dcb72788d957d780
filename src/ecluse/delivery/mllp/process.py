"""The listener process: its sockets, its line to the writer, its orderly end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from ecluse.delivery.mllp.connection import ListenerSettings
from ecluse.delivery.mllp.link import Link
from ecluse.delivery.mllp.server import Server
from ecluse.services import answer_delays
from ecluse.services.answer_delays import Delays
from ecluse.services.listening import tally
from ecluse.services.listening.securing import Judge, Tls
from ecluse.services.listening.tally import Tally

log = logging.getLogger(__name__)

DRAIN_SECONDS = 8.0
FOLLOW_SECONDS = 2.0
"""How soon a listener serves what changed in the store: its certificate, its authorities, lists of revocation."""
C = TypeVar("C")


class Port(NamedTuple):
    """A bound socket, how to serve it, and its TLS if any."""

    sock: socket.socket
    settings: ListenerSettings
    tls: Tls | None


class Renewed(NamedTuple):
    """What a new configuration changes: settings of the listeners, and their TLS, by name."""

    settings: list[ListenerSettings]
    tls: dict[str, Tls]


async def serve(
    ports: list[Port],
    writer: Path,
    ready: Callable[[], None],
    stop: asyncio.Event,
    renewals: asyncio.Queue[C],
    renew: Callable[[C], Renewed],
    follow: Callable[[], dict[str, Tls]] | None = None,
) -> None:
    """Serve until `stop` is set, then answer what was received and return; before any writer came, return at once.

    :param writer: path of the writer's socket; ready: called once connections are accepted.
    :param renewals: new configurations as they come; renew: what they change, certificates read again; follow: the TLS
        that changed in the store since it was last called, by listener; it may take its time.
    """
    server: Server
    reconnecting: set[asyncio.Task[None]] = set()

    async def reconnect() -> None:
        await link.connect(writer)
        server.writer_back()
        log.info("the writer is back")

    def lost() -> None:
        server.writer_lost()
        if not stop.is_set():
            task = asyncio.get_running_loop().create_task(reconnect())
            reconnecting.add(task)
            task.add_done_callback(reconnecting.discard)

    link = Link(lambda answer: server.answered(answer), lost)
    delays, tallied = Delays(answer_delays.file_of(writer)), Tally(tally.file_of(writer))
    server = Server(link.send, delays, tallied)
    if not await _unless(stop, link.connect(writer)):
        return
    for port in ports:
        await server.listen(port.sock, port.settings, port.tls)
    ready()
    following = [] if follow is None else [asyncio.ensure_future(_follow(server, follow))]
    while not await _told(stop, 1.0):
        server.sweep(asyncio.get_running_loop().time())
        delays.save()
        tallied.save()
        while not renewals.empty():
            _renew(server, renewals.get_nowait(), renew)
    for task in following:
        task.cancel()
    await server.drain(DRAIN_SECONDS)
    delays.save()
    tallied.save()


async def _told(stop: asyncio.Event, patience: float) -> bool:
    """Whether the end came within these seconds."""
    try:
        await asyncio.wait_for(stop.wait(), patience)
    except TimeoutError:
        return False
    return True


async def _unless(stop: asyncio.Event, waiting: Coroutine[object, object, None]) -> bool:
    """Wait; False when told to stop first: a supervisor that died will start no writer."""
    arriving, stopping = asyncio.ensure_future(waiting), asyncio.ensure_future(stop.wait())
    await asyncio.wait((arriving, stopping), return_when=asyncio.FIRST_COMPLETED)
    arrived = arriving.done()
    for one in (arriving, stopping):
        one.cancel()
    if arrived:
        await arriving
    return arrived


async def _follow(server: Server, follow: Callable[[], dict[str, Tls]]) -> None:
    """Take up what changes in the store, looked at in a thread of its own: connections wait for no database."""
    beside = ThreadPoolExecutor(1, "tls")
    try:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            await _look(server, follow, beside)
    finally:
        beside.shutdown(wait=False, cancel_futures=True)


async def _look(server: Server, follow: Callable[[], dict[str, Tls]], beside: ThreadPoolExecutor) -> None:
    try:
        changed = await asyncio.get_running_loop().run_in_executor(beside, follow)
    except Exception:
        # A database that is away for a while, in any of its ways; what is served stays good.
        log.exception("the certificates of the store could not be looked at; the former ones stay in use")
        return
    for name, tls in changed.items():
        if tls.judge is not None:
            # Beside the loop: it only finds again, and its connections do not wait, what was judged here.
            await asyncio.get_running_loop().run_in_executor(
                beside, _judge, tls.judge, server.presented(name)
            )
        server.secure(name, tls)
        log.info("TLS renewed from the store", extra={"listener": name})


def _judge(judge: Judge, clients: Iterable[tuple[bytes, ...]]) -> None:
    for one in clients:
        judge(one)


def _renew(server: Server, new: C, renew: Callable[[C], Renewed]) -> None:
    try:
        renewed = renew(new)
    except OSError:
        log.exception("a certificate could not be read again; the former one stays in use")
        return
    for settings in renewed.settings:
        server.reconfigure(settings)
    for name, tls in renewed.tls.items():
        server.secure(name, tls)
    log.info("settings read again")
