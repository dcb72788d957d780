"""The writer's loop: groups that grow with the load, acts in their place, an orderly end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ecluse.delivery.writer import loop as loop_module
from ecluse.delivery.writer.loop import WriterLoop
from ecluse.services import wire
from ecluse.services.answer import Answer
from ecluse.services.read_frame import Received, read_frame
from ecluse.services.receive_message import Following
from ecluse.services.wire import Act, ActResult
from tests.delivery.mllp.listening import PATIENCE, adt


class Here:
    """A loop in a thread, that notes what it does in `done`."""

    def __init__(self, path: Path) -> None:
        self.done: list[str] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.path = path
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen()
        stop, self.wake = socket.socketpair()
        self.thread = threading.Thread(
            target=WriterLoop(self, self.perform, listening, stop).run, daemon=True
        )
        self.thread.start()

    def work(self, batch: Sequence[Received], now: int, following: Following) -> Iterator[list[Answer]]:
        while batch:
            yield self.process(batch, now)
            batch, now = following() or ([], 0)

    def process(self, batch: Sequence[Received], now: int) -> list[Answer]:
        self.entered.set()
        assert self.go_on.wait(PATIENCE)
        self.done.append(" ".join(one.header.control_id for one in batch))
        return [Answer(one.connection, one.number, one.header.control_id.encode()) for one in batch]

    def perform(self, act: Act, now: int) -> ActResult:
        self.done.append(act.name)
        return ActResult(True, 7, act.name, act.name)

    def connect(self) -> Channel:
        return Channel(self.path)

    def stop(self) -> None:
        self.wake.send(b"x")
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


class Channel:
    """A process connected to the writer."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.packets = wire.Packets()
        self.ready: list[tuple[bytes, bytes]] = []

    def send(self, *controls: str) -> bytes:
        """A packet of frames."""
        frames = [read_frame(adt(one), connection=1, number=rank) for rank, one in enumerate(controls)]
        data = wire.packet(wire.BATCH, frames)
        self.socket.sendall(data)
        return data

    def act(self, name: str) -> None:
        self.socket.sendall(wire.packet(wire.ACT, Act("cli:claire", name, {})))

    def packet(self) -> tuple[bytes, bytes]:
        while not self.ready:
            data = self.socket.recv(65_536)
            assert data, "the writer left"
            self.ready += self.packets.feed(data)
        return self.ready.pop(0)

    def answers(self, count: int) -> list[str]:
        found: list[str] = []
        while len(found) < count:
            kind, body = self.packet()
            assert kind == wire.BATCH
            found += [one.data.decode() for one in wire.read_answers(body)]
        return found


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    one = Here(tmp_path / "writer.sock")
    yield one
    one.go_on.set()
    if one.thread.is_alive():
        one.stop()


def test_each_channel_gets_the_answers_to_its_frames(here: Here) -> None:
    one, other = here.connect(), here.connect()
    one.send("A1", "A2")
    assert one.answers(2) == ["A1", "A2"]
    other.send("B1")
    assert other.answers(1) == ["B1"]
    one.send("A3")
    assert one.answers(1) == ["A3"]


def test_frames_that_gather_while_one_batch_is_kept_make_the_next_batch(here: Here) -> None:
    one, other = here.connect(), here.connect()
    here.go_on.clear()
    one.send("A1")
    assert here.entered.wait(PATIENCE)
    one.send("A2")
    other.send("B1")
    one.send("A3")
    here.go_on.set()
    assert one.answers(3) == ["A1", "A2", "A3"]
    assert other.answers(1) == ["B1"]
    assert here.done[0] == "A1"
    assert sorted(" ".join(here.done[1:]).split()) == ["A2", "A3", "B1"]


def test_a_batch_has_a_largest_size(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "LARGEST_BATCH", 4)
    one = here.connect()
    one.send(*[f"A{number}" for number in range(10)])
    assert one.answers(10) == [f"A{number}" for number in range(10)]
    assert [len(batch.split()) for batch in here.done] == [4, 4, 2]


def test_an_act_comes_after_what_arrived_before_it(here: Here) -> None:
    one = here.connect()
    frames = wire.packet(wire.BATCH, [read_frame(adt("A1"))])
    act = wire.packet(wire.ACT, Act("cli:claire", "sender.confirm", {"application": "GAM"}))
    later = wire.packet(wire.BATCH, [read_frame(adt("A2"))])
    one.socket.sendall(frames + act + later)
    assert one.answers(1) == ["A1"]
    kind, body = one.packet()
    assert (kind, wire.read_result(body).seq) == (wire.ACT, 7)
    assert one.answers(1) == ["A2"]
    assert here.done == ["A1", "sender.confirm", "A2"]


def test_a_channel_that_leaves_without_its_answers_disturbs_nobody(here: Here) -> None:
    one, other = here.connect(), here.connect()
    here.go_on.clear()
    one.send("A1")
    assert here.entered.wait(PATIENCE)
    one.socket.close()
    other.send("B1")
    here.go_on.set()
    assert other.answers(1) == ["B1"]
    assert here.connect().send("C1")


def test_told_to_stop_it_first_answers_what_has_arrived(here: Here) -> None:
    one = here.connect()
    here.go_on.clear()
    one.send("A1")
    assert here.entered.wait(PATIENCE)
    one.send("A2", "A3")
    here.wake.send(b"x")
    here.go_on.set()
    assert one.answers(3) == ["A1", "A2", "A3"]
    here.thread.join(PATIENCE)
    assert not here.thread.is_alive()


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_packets_may_be_cut_anywhere(size: int) -> None:
    received = [
        read_frame(adt("A1", 500), connection=3, number=8),
        read_frame(b"noise"),
        read_frame("é".encode()),
    ]
    data = wire.packet(wire.BATCH, received) + wire.packet(wire.BATCH, received[:1])
    packets = wire.Packets()
    found = [one for start in range(0, len(data), size) for one in packets.feed(data[start : start + size])]
    assert [wire.read_batch(body) for _, body in found] == [received, received[:1]]
