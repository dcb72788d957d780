"""The asyncio MLLP client, where it differs from the blocking one: many at once, cancelled, spoken to too early."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.protocols.mllp import Decoder, encode
from ecluse.transports.mllp_client import AsyncMllpClient
from ecluse.transports.mllp_errors import ClosedWithoutAnswer, NotConnected, UnexpectedAnswer

MESSAGE = b"MSH|^~\\&|GAM||DPI||20260304||ADT^A28^ADT_A05|M1|P|2.5^FRA^2.11\r"


async def _answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    decoder = Decoder()
    while data := await reader.read(65_536):
        writer.writelines(encode(b"ACK of " + event[0]) for event in decoder.feed(data))  # type: ignore[operator]
    writer.close()


async def _never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def test_many_connections_at_once() -> None:
    async def run() -> None:
        server = await asyncio.start_server(_answer_all, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        clients = [await AsyncMllpClient.open("127.0.0.1", port) for _ in range(20)]
        for turn in range(5):
            messages = [b"%d-%d" % (turn, number) for number in range(20)]
            answers = await asyncio.gather(
                *(client.send(message) for client, message in zip(clients, messages, strict=True))
            )
            assert answers == [b"ACK of " + message for message in messages]
        for client in clients:
            client.close()
            await client.wait_closed()
        server.close()

    asyncio.run(run())


def test_one_message_at_a_time() -> None:
    async def run() -> None:
        server = await asyncio.start_server(_never_answer, "127.0.0.1", 0)
        client = await AsyncMllpClient.open("127.0.0.1", server.sockets[0].getsockname()[1])
        first = asyncio.ensure_future(client.send(MESSAGE))
        await asyncio.sleep(0)
        with pytest.raises(NotConnected, match="already"):
            await client.send(MESSAGE)
        client.close()
        with pytest.raises(ClosedWithoutAnswer):
            await first
        server.close()

    asyncio.run(run())


def test_a_cancelled_sending_closes_the_connection() -> None:
    async def run() -> None:
        server = await asyncio.start_server(_never_answer, "127.0.0.1", 0)
        client = await AsyncMllpClient.open("127.0.0.1", server.sockets[0].getsockname()[1])
        sending = asyncio.ensure_future(client.send(MESSAGE))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await client.wait_closed()
        assert not client.connected
        server.close()

    asyncio.run(run())


def test_half_an_answer_before_the_message_is_not_taken_for_its_answer() -> None:
    async def run() -> None:
        server = await asyncio.start_server(_never_answer, "127.0.0.1", 0)
        client = await AsyncMllpClient.open("127.0.0.1", server.sockets[0].getsockname()[1])
        client.data_received(b"\x0bMSH")
        with pytest.raises(UnexpectedAnswer):
            await client.send(MESSAGE)
        await client.wait_closed()
        server.close()

    asyncio.run(run())


def test_an_answer_without_a_message_closes_the_connection() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(b"AA"))

    async def run() -> None:
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        client = await AsyncMllpClient.open("127.0.0.1", server.sockets[0].getsockname()[1])
        await client.wait_closed()
        with pytest.raises(NotConnected) as caught:
            await client.send(MESSAGE)
        assert isinstance(caught.value.__cause__, UnexpectedAnswer)
        server.close()

    asyncio.run(run())
