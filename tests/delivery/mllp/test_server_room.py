"""The MLLP server and what it cannot use: messages too large, too many unfinished ones, bytes outside frames."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.delivery.mllp import noise, room
from tests.delivery.mllp.listening import Listening, Sender, acknowledged, adt, frame, listening, run, until


def test_an_oversized_message_is_answered_and_the_connection_closed() -> None:
    async def test() -> None:
        async with listening(max_message=10_000) as here:
            sender = await here.connect()
            sender.write(frame(adt("A1")) + frame(adt("BIG", 50_000)))
            assert acknowledged(await sender.to_the_end()) == ["A1", "BIG"]
            first, big = here.writer.received
            assert (first.kind, big.kind) == ("message", "oversized")
            assert len(big.raw) <= 4096 < big.size

    run(test)


@pytest.mark.parametrize("before", [b"\x00", b"\xef\xbb\xbf", b"hello", b"\x02"])
def test_a_byte_before_every_frame_costs_no_message(before: bytes) -> None:
    async def test() -> None:
        async with listening() as here:
            sender = await here.connect()
            for number in range(2 * noise.KEPT):
                sender.write(before + frame(adt(number)))
                assert await sender.answers(1) == [str(number)]
            kept = [one.raw for one in here.writer.received if one.kind == "noise"]
            assert kept == [before] * noise.KEPT

    run(test)


def test_much_noise_without_a_frame_is_kept_in_part_and_closes_the_connection() -> None:
    async def test() -> None:
        async with listening() as here:
            sender = await here.connect()
            sender.write(b"x" * 3 * noise.LIMIT)
            assert await sender.to_the_end() == b""
            assert {one.kind for one in here.writer.received} == {"noise"}
            assert sum(len(one.raw) for one in here.writer.received) <= noise.LIMIT
            assert here.server.waiting_bytes == 0

    run(test)


def test_who_sends_noise_only_is_not_waited_for_as_long_as_a_sender() -> None:
    async def test() -> None:
        async with listening(slow_timeout=10.0) as here:
            known, stranger = await here.connect(), await here.connect()
            known.write(frame(adt("A1")) + b"\x00")
            stranger.write(b"GET / HTTP/1.1\r\n\r\n")
            await until(lambda: len(here.writer.received) == 3)
            here.server.sweep(asyncio.get_running_loop().time() + 11)
            assert await stranger.to_the_end() == b""
            known.write(frame(adt("A2")))
            assert await known.answers(2) == ["A1", "A2"]

    run(test)


def test_a_frame_without_msh_closes_the_connection_without_an_answer() -> None:
    async def test() -> None:
        async with listening() as here:
            sender = await here.connect()
            sender.write(frame(b"hello"))
            assert await sender.to_the_end() == b""
            assert [one.kind for one in here.writer.received] == ["alien"]

    run(test)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of a hundredth."""
    for name in ("SMALL", "CROWDED", "FULL"):
        monkeypatch.setattr(room, name, getattr(room, name) // 100)


async def begin(here: Listening, control: str, size: int, missing: int) -> tuple[Sender, bytes]:
    """A sender whose message lacks its last bytes, which are returned."""
    sender = await here.connect()
    whole = frame(adt(control, size))
    before = here.server.room.bytes
    sender.write(whole[:-missing])
    await until(lambda: here.server.room.bytes > before)
    return sender, whole[-missing:]


@pytest.mark.usefixtures("narrow")
def test_large_messages_at_once_are_received_one_after_the_other() -> None:
    async def test() -> None:
        async with listening() as here:
            both = [await begin(here, f"L{number}", 190_000, 5_000) for number in range(2)]
            await until(lambda: here.server.room.crowded)
            for sender, end in reversed(both):
                sender.write(end)
            assert await both[0][0].answers(1) == ["L0"]
            assert await both[1][0].answers(1) == ["L1"]
            assert [one.header.control_id for one in here.writer.received] == ["L0", "L1"]
            assert here.server.room.bytes == 0
            assert not here.server.room.crowded

    run(test)


@pytest.mark.usefixtures("narrow")
def test_unfinished_messages_hold_bounded_memory_and_small_messages_pass() -> None:
    async def test() -> None:
        async with listening() as here:
            senders = [await here.connect() for _ in range(12)]
            for sender in senders:
                sender.write(frame(adt("BIG", 160_000))[:-2])
            await until(lambda: here.server.room.crowded)
            usual = await here.connect()
            for number in range(20):
                usual.write(frame(adt(number)))
                assert await usual.answers(1) == [str(number)]
            # What one read brought may exceed a limit; the one whose turn it is has all it needs.
            assert here.server.room.bytes < room.FULL + 160_000 + 256 * 1024

    run(test)


@pytest.mark.usefixtures("narrow")
def test_when_the_one_whose_turn_it_is_leaves_the_next_one_goes_on() -> None:
    async def test() -> None:
        async with listening() as here:
            one, _ = await begin(here, "L0", 190_000, 5_000)
            other, end = await begin(here, "L1", 190_000, 5_000)
            other.write(end)
            one.writer.transport.abort()
            assert await other.answers(1) == ["L1"]
            await until(lambda: here.server.room.bytes == 0)

    run(test)


@pytest.mark.usefixtures("narrow")
def test_many_small_unfinished_messages_are_given_up_beyond_the_limit() -> None:
    async def test() -> None:
        async with listening(max_connections=1000) as here:
            size = room.SMALL - 200
            wanted = room.FULL // size + 20
            senders = [await here.connect() for _ in range(wanted)]
            for sender in senders:
                sender.write(frame(adt("S", size - 100))[:-2])
            await until(lambda: len(here.server._connections) < wanted)
            await until(lambda: here.server.room.bytes <= room.FULL)
            usual = await here.connect()
            usual.write(frame(adt("A1")))
            assert await usual.answers(1) == ["A1"]

    run(test)


def test_a_single_message_may_be_larger_than_all_the_others_together() -> None:
    async def test() -> None:
        async with listening(max_message=200 * 1024 * 1024) as here:
            sender, end = await begin(here, "HUGE", room.FULL + 1_000_000, 10)
            await until(lambda: here.server.room.bytes > room.FULL)
            sender.write(end)
            assert await sender.answers(1) == ["HUGE"]
            assert here.server.room.bytes == 0

    run(test)
