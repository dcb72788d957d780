"""The MLLP server on real sockets: order, back-pressure, limits, manners."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest

from ecluse.delivery.mllp import connection as connection_module
from ecluse.delivery.mllp import server as server_module
from tests.delivery.mllp.listening import SETTINGS, adt, frame, listening, run, until


def test_a_message_is_answered_on_its_connection() -> None:
    async def test() -> None:
        async with listening() as here:
            one, other = await here.connect(), await here.connect()
            one.write(frame(adt("A1")))
            other.write(frame(adt("B1")))
            assert await other.answers(1) == ["B1"]
            assert await one.answers(1) == ["A1"]
            received = here.writer.received[0]
            assert (received.listener, received.peer, received.kind) == ("main", "127.0.0.1", "message")

    run(test)


def test_pipelined_messages_are_answered_in_their_order() -> None:
    async def test() -> None:
        async with listening() as here:
            sender = await here.connect()
            sender.write(b"".join(frame(adt(number)) for number in range(300)))
            assert await sender.answers(300) == [str(number) for number in range(300)]

    run(test)


def test_a_message_may_come_byte_by_byte() -> None:
    async def test() -> None:
        async with listening() as here:
            sender = await here.connect()
            for byte in frame(adt("A1")) + frame(adt("A2")):
                sender.write(bytes([byte]))
                await sender.writer.drain()
                await asyncio.sleep(0)
            assert await sender.answers(2) == ["A1", "A2"]

    run(test)


def test_a_connection_with_much_waiting_is_no_longer_read() -> None:
    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            sender = await here.connect()
            total = 40
            for number in range(total):
                sender.write(frame(adt(number, 100_000)))
            await until(lambda: len(here.writer.received) >= 2)
            for _ in range(200):
                await asyncio.sleep(0)
            # 4 MB do not fit in the buffers between us: the rest has to wait at the sender.
            here.writer.holding = False
            here.writer.answer()
            assert await sender.answers(total) == [str(number) for number in range(total)]

    run(test)


def test_no_more_frames_of_one_connection_wait_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "PENDING_PER_CONNECTION", 4)

    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            sender, other = await here.connect(), await here.connect()
            for number in range(100):
                sender.write(frame(adt(number, 60_000)))
            await until(lambda: len(here.writer.received) >= 4)
            other.write(frame(adt("other")))
            await until(lambda: here.writer.received[-1].header.control_id == "other")
            # What one read brought may exceed the limit; a second read must not have happened.
            assert len(here.writer.received) <= 4 + 6
            while here.writer.waiting:
                here.writer.answer(1)
                await asyncio.sleep(0.002)
            here.writer.holding = False
            here.writer.answer()
            assert await sender.answers(100) == [str(number) for number in range(100)]

    run(test)


def test_too_many_bytes_waiting_hold_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "PENDING_BYTES", 100_000)

    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            one, other = await here.connect(), await here.connect()
            one.write(frame(adt("A1", 150_000)))
            await until(lambda: here.writer.received)
            assert here.server.held
            other.write(frame(adt("B1")))
            for _ in range(50):
                await asyncio.sleep(0)
            assert len(here.writer.received) == 1
            late = await here.connect()
            late.write(frame(adt("C1")))
            here.writer.holding = False
            here.writer.answer()
            assert await one.answers(1) == ["A1"]
            assert await other.answers(1) == ["B1"]
            assert await late.answers(1) == ["C1"]
            assert here.server.waiting_bytes == 0

    run(test)


def test_a_sender_that_does_not_read_its_answers_is_no_longer_read() -> None:
    async def test() -> None:
        async with listening(slow_timeout=0.05) as here:
            quiet = socket.create_connection(("127.0.0.1", here.port))
            quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            quiet.setblocking(False)
            loop = asyncio.get_running_loop()
            (connection,) = await _connections(here.server, 1)
            data = b"".join(frame(adt("N" * 15_000)) for _ in range(50))
            sending = loop.create_task(_send_for_ever(quiet, data))
            await until(lambda: connection._blocked)
            await until(lambda: _swept(here.server))
            assert connection._transport is None
            sending.cancel()
            quiet.close()

    run(test)


async def _send_for_ever(sock: socket.socket, data: bytes) -> None:
    try:
        while True:
            await asyncio.get_running_loop().sock_sendall(sock, data)
    except OSError:
        return


async def _connections(server: server_module.Server, count: int) -> list[server_module.Connection]:
    await until(lambda: len(server._connections) == count)
    return list(server._connections.values())


def _swept(server: server_module.Server) -> bool:
    server.sweep(asyncio.get_running_loop().time())
    return not server._connections


def test_connections_are_counted_and_their_places_given_back() -> None:
    async def test() -> None:
        async with listening(max_connections=2) as here:
            first, _second = await here.connect(), await here.connect()
            await _connections(here.server, 2)
            third = await here.connect()
            assert await third.to_the_end() == b""
            first.writer.close()
            await _connections(here.server, 1)
            fourth = await here.connect()
            fourth.write(frame(adt("D1")))
            assert await fourth.answers(1) == ["D1"]

    run(test)


@pytest.mark.parametrize(
    ("peers", "admitted"),
    [
        ((), True),
        (("127.0.0.0/8",), True),
        (("10.0.0.0/8", "127.0.0.1"), True),
        (("10.0.0.0/8", "::1"), False),
    ],
)
def test_only_allowed_peers_are_heard(peers: tuple[str, ...], admitted: bool) -> None:
    async def test() -> None:
        async with listening(allowed_peers=peers) as here:
            sender = await here.connect()
            sender.write(frame(adt("A1")))
            if admitted:
                assert await sender.answers(1) == ["A1"]
            else:
                assert await sender.to_the_end() == b""
                assert here.writer.received == []

    run(test)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.2.3", False),
        ("fe80::1%eth0", True),
        ("::1", False),
    ],
)
def test_a_peer_is_recognised_however_its_address_is_written(host: str, allowed: bool) -> None:
    assert server_module._allowed(host, ("10.1.0.0/16", "fe80::/10")) is allowed


def test_new_settings_apply_to_new_connections() -> None:
    async def test() -> None:
        async with listening() as here:
            before = await here.connect()
            await _connections(here.server, 1)
            here.server.reconfigure(replace(SETTINGS, allowed_peers=("10.0.0.0/8",)))
            after = await here.connect()
            assert await after.to_the_end() == b""
            before.write(frame(adt("A1")))
            assert await before.answers(1) == ["A1"]

    run(test)


def test_an_idle_connection_is_closed_and_one_that_waits_for_its_answer_is_not() -> None:
    async def test() -> None:
        async with listening(idle_timeout=100.0) as here:
            here.writer.holding = True
            idle, waiting = await here.connect(), await here.connect()
            waiting.write(frame(adt("A1")))
            await until(lambda: here.writer.waiting)
            now = asyncio.get_running_loop().time()
            here.server.sweep(now + 50)
            assert len(here.server._connections) == 2
            here.server.sweep(now + 200)
            assert await idle.to_the_end() == b""
            here.writer.answer()
            assert await waiting.answers(1) == ["A1"]

    run(test)


def test_a_sender_too_slow_to_end_its_message_is_closed() -> None:
    async def test() -> None:
        async with listening(slow_timeout=10.0) as here:
            slow = await here.connect()
            slow.write(frame(adt("A1"))[:40])
            (connection,) = await _connections(here.server, 1)
            await until(lambda: connection._partial_since is not None)
            here.server.sweep(asyncio.get_running_loop().time() + 9)
            assert here.server._connections
            here.server.sweep(asyncio.get_running_loop().time() + 11)
            assert await slow.to_the_end() == b""

    run(test)


def test_a_sender_that_always_has_a_message_under_way_is_not_slow() -> None:
    async def test() -> None:
        async with listening(slow_timeout=10.0) as here:
            sender = await here.connect()
            whole = frame(adt("A1"))
            sender.write(whole[:40])
            (connection,) = await _connections(here.server, 1)
            await until(lambda: connection._partial_since is not None)
            connection._partial_since = asyncio.get_running_loop().time() - 9
            sender.write(whole[40:] + whole[:40])  # the first ends, the next one begins
            assert await sender.answers(1) == ["A1"]
            here.server.sweep(asyncio.get_running_loop().time() + 5)
            sender.write(whole[40:])
            assert await sender.answers(1) == ["A1"]

    run(test)


def acknowledgements(data: bytes) -> list[tuple[str, str]]:
    found = [one.split(b"|")[1:3] for one in data.split(b"\x1c\r") if one]
    return [(control.decode(), kind.decode()) for control, kind in found]


def test_a_message_cut_by_the_end_of_the_connection_is_handed_over() -> None:
    async def test() -> None:
        async with listening() as here:
            sender = await here.connect()
            sender.write(frame(adt("A1"))[:50])
            sender.writer.write_eof()
            assert await sender.to_the_end() == b""
            assert [one.kind for one in here.writer.received] == ["unfinished"]

    run(test)


def test_a_sender_that_stops_writing_still_gets_its_answers() -> None:
    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            sender = await here.connect()
            sender.write(frame(adt("A1")) + frame(adt("A2")))
            sender.writer.write_eof()
            await until(lambda: len(here.writer.waiting) == 2)
            here.writer.answer(1)
            here.writer.answer(1)
            data = await sender.to_the_end()
            assert acknowledgements(data) == [("A1", "message"), ("A2", "message")]
            await until(lambda: not here.server._connections)

    run(test)


def test_a_sender_that_leaves_does_not_disturb_the_others() -> None:
    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            one, other = await here.connect(), await here.connect()
            one.write(frame(adt("A1")))
            other.write(frame(adt("B1")))
            await until(lambda: len(here.writer.waiting) == 2)
            one.writer.transport.abort()
            here.writer.answer()
            assert await other.answers(1) == ["B1"]
            await _connections(here.server, 1)
            assert here.server.waiting_bytes == 0

    run(test)
