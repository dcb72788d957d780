"""The listener process: its sockets, its line to the writer, its orderly end."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import NamedTuple, TypeVar

from ecluse.delivery.mllp.link import Link
from ecluse.delivery.mllp.server import ListenerSettings, Server
from ecluse.services.answer_delays import Delays, file_of

log = logging.getLogger(__name__)

DRAIN_SECONDS = 8.0
C = TypeVar("C")


class Port(NamedTuple):
    """A bound socket, how to serve it, and its TLS context if any."""

    sock: socket.socket
    settings: ListenerSettings
    tls: ssl.SSLContext | None


async def serve(
    ports: list[Port],
    writer: Path,
    ready: Callable[[], None],
    stop: asyncio.Event,
    renewals: asyncio.Queue[C],
    renew: Callable[[C, list[Port]], list[ListenerSettings]],
) -> None:
    """Serve until `stop` is set, then answer what was received and return; before any writer came, return at once.

    :param writer: path of the writer's socket; ready: called once connections are accepted.
    :param renewals: new configurations as they come; renew: what they change, certificates read again.
    """
    link: Link
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
    delays = Delays(file_of(writer))
    server = Server(link.send, delays)
    if not await _unless(stop, link.connect(writer)):
        return
    for port in ports:
        await server.listen(port.sock, port.settings, port.tls)
    ready()
    while not stop.is_set():
        server.sweep(asyncio.get_running_loop().time())
        delays.save()
        while not renewals.empty():
            _renew(server, ports, renewals.get_nowait(), renew)
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            continue
    await server.drain(DRAIN_SECONDS)
    delays.save()


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


def _renew(
    server: Server, ports: list[Port], new: C, renew: Callable[[C, list[Port]], list[ListenerSettings]]
) -> None:
    try:
        for settings in renew(new, ports):
            server.reconfigure(settings)
        log.info("settings read again")
    except OSError:
        log.exception("a certificate could not be read again; the former one stays in use")
