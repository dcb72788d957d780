"""The line between a listener and the real loop of the writer, on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ecluse.delivery.mllp.connection import ListenerSettings
from ecluse.delivery.mllp.link import Link
from ecluse.delivery.mllp.process import Port, Renewed, serve
from ecluse.delivery.writer.loop import WriterLoop
from ecluse.services.answer import Answer
from ecluse.services.read_frame import Received
from ecluse.services.receive_message import Following
from ecluse.services.wire import Act, ActResult
from tests.delivery.mllp.listening import PATIENCE, SETTINGS, Sender, adt, frame, run, until


class Intake:
    """Answers each frame with its control id; `open` lets it work."""

    def __init__(self) -> None:
        self.batches: list[list[Received]] = []
        self.open = threading.Event()
        self.open.set()
        self.killed = False

    def work(self, batch: Sequence[Received], now: int, following: Following) -> Iterator[list[Answer]]:
        while batch:
            yield self.process(batch, now)
            batch, now = following() or ([], 0)

    def process(self, batch: Sequence[Received], now: int) -> list[Answer]:
        self.batches.append(batch)
        assert self.open.wait(PATIENCE)
        if self.killed:
            raise SystemExit
        return [
            Answer(one.connection, one.number, f"ACK|{one.header.control_id}".encode(), False, len(one.raw))
            for one in batch
        ]


class Process:
    """A writer that may be started, killed and started again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.intake = Intake()

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self.intake = Intake()
        self._stop, wake = socket.socketpair()
        self._wake = wake
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.path))
        listening.listen()
        loop = WriterLoop(self.intake, _perform, listening, self._stop)
        self._sockets = [listening]
        self._loop = loop
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(SystemExit):
            self._loop.run()
        for key in list(self._loop._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()

    def kill(self) -> None:
        """End at once, whatever it was doing."""
        self.intake.killed = True
        self.intake.open.set()
        self.stop()

    def stop(self) -> None:
        """Ask to leave."""
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        self._thread.join(PATIENCE)
        self._wake.close()


def _perform(act: Act, now: int) -> ActResult:
    return ActResult(True, 1, act.name, act.name)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "writer.sock")
    process.start()
    yield process
    process.stop()


class Listener:
    """A listener process's loop, on the event loop of the test."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.stop = asyncio.Event()
        self.renewals: asyncio.Queue[ListenerSettings] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.task = asyncio.create_task(
            serve([Port(self.sock, SETTINGS, None)], path, self.ready.set, self.stop, self.renewals, _renew)
        )

    async def connect(self) -> Sender:
        await asyncio.wait_for(self.ready.wait(), PATIENCE)
        return Sender(*await asyncio.open_connection(*self.sock.getsockname()[:2]))

    async def leave(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.task, PATIENCE)


def _renew(new: ListenerSettings) -> Renewed:
    return Renewed([new], {})


def test_a_listener_told_to_leave_while_it_waits_for_the_writer_leaves(tmp_path: Path) -> None:
    """As when the supervisor dies just after it started both."""

    async def test() -> None:
        listener = Listener(tmp_path / "no-writer.sock")
        await asyncio.sleep(0)
        await listener.leave()
        assert not listener.ready.is_set()

    run(test)


def test_answers_come_back_in_order_through_the_writer(writer: Process) -> None:
    async def test() -> None:
        listener = Listener(writer.path)
        senders = [await listener.connect() for _ in range(5)]
        for number in range(40):
            for rank, sender in enumerate(senders):
                sender.write(frame(adt(f"{rank}-{number}")))
        for rank, sender in enumerate(senders):
            assert await sender.answers(40) == [f"{rank}-{number}" for number in range(40)]
        await listener.leave()

    run(test)


def test_what_gathers_during_a_batch_makes_the_next_one(writer: Process) -> None:
    async def test() -> None:
        listener = Listener(writer.path)
        sender = await listener.connect()
        writer.intake.open.clear()
        sender.write(frame(adt("A0")))
        await until(lambda: writer.intake.batches)
        for number in range(1, 30):
            sender.write(frame(adt(f"A{number}")))
            await asyncio.sleep(0)
        writer.intake.open.set()
        assert await sender.answers(30) == [f"A{number}" for number in range(30)]
        assert len(writer.intake.batches) < 30
        await listener.leave()

    run(test)


def test_a_killed_writer_leaves_no_false_acknowledgement_and_service_comes_back(writer: Process) -> None:
    async def test() -> None:
        listener = Listener(writer.path)
        waiting, idle = await listener.connect(), await listener.connect()
        writer.intake.open.clear()
        waiting.write(frame(adt("A1")))
        await until(lambda: writer.intake.batches)
        await asyncio.to_thread(writer.kill)
        assert await waiting.to_the_end() == b""
        idle.write(frame(adt("B1")))
        again = await listener.connect()
        again.write(frame(adt("A1")))
        writer.start()
        assert await idle.answers(1) == ["B1"]
        assert await again.answers(1) == ["A1"]
        await listener.leave()

    run(test)


def test_leaving_answers_what_was_received(writer: Process) -> None:
    async def test() -> None:
        listener = Listener(writer.path)
        sender = await listener.connect()
        writer.intake.open.clear()
        sender.write(frame(adt("A1")))
        await until(lambda: writer.intake.batches)
        listener.stop.set()
        await asyncio.sleep(0)
        writer.intake.open.set()
        assert await sender.answers(1) == ["A1"]
        assert await sender.to_the_end() == b""
        await asyncio.wait_for(listener.task, PATIENCE)

    run(test)


def test_new_settings_are_taken_in(writer: Process) -> None:
    async def test() -> None:
        listener = Listener(writer.path)
        before = await listener.connect()
        listener.renewals.put_nowait(ListenerSettings("main", "test", allowed_peers=("10.0.0.0/8",)))
        await until(listener.renewals.empty)
        after = await listener.connect()
        assert await after.to_the_end() == b""
        before.write(frame(adt("A1")))
        assert await before.answers(1) == ["A1"]
        await listener.leave()

    run(test)


def test_a_listener_waits_for_a_writer_that_is_not_there_yet(tmp_path: Path) -> None:
    async def test() -> None:
        process = Process(tmp_path / "writer.sock")
        listener = Listener(process.path)
        await asyncio.sleep(0.01)
        assert not listener.ready.is_set()
        process.start()
        sender = await listener.connect()
        sender.write(frame(adt("A1")))
        assert await sender.answers(1) == ["A1"]
        await listener.leave()
        process.stop()

    began = time.monotonic()
    run(test)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("died_of", [ConnectionResetError, BrokenPipeError, PermissionError])
def test_a_writer_killed_while_one_connects_is_tried_again(died_of: type[OSError], tmp_path: Path) -> None:
    """Between listening and accepting: seen once in some thirty kills, after which the listener never came back."""
    writer = tmp_path / "writer.sock"

    async def scenario() -> bool:
        loop = asyncio.get_running_loop()
        there = await loop.create_unix_server(asyncio.Protocol, writer)
        connect, tries = loop.create_unix_connection, []

        async def killed_once(*given: object, **more: object) -> object:
            tries.append(given)
            if len(tries) == 1:
                raise died_of
            return await connect(*given, **more)  # type: ignore[arg-type]

        loop.create_unix_connection = killed_once  # type: ignore[method-assign,assignment]
        link = Link(lambda _: None, lambda: None)
        await asyncio.wait_for(link.connect(writer, every=0.001), PATIENCE)
        there.close()
        return len(tries) == 2

    assert asyncio.run(scenario())
