"""The MLLP server when the writer leaves, and when it must itself leave."""

from __future__ import annotations

import asyncio

import pytest

from tests.delivery.mllp.listening import PATIENCE, adt, frame, listening, run, until


def test_when_the_writer_leaves_nothing_is_acknowledged_and_idle_connections_stay() -> None:
    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            waiting, idle = await here.connect(), await here.connect()
            waiting.write(frame(adt("A1")))
            await until(lambda: here.writer.waiting)
            here.server.writer_lost()
            assert await waiting.to_the_end() == b""
            idle.write(frame(adt("B1")))
            for _ in range(50):
                await asyncio.sleep(0)
            assert len(here.writer.received) == 1
            late = await here.connect()
            late.write(frame(adt("C1")))
            here.writer.holding = False
            here.server.writer_back()
            assert await idle.answers(1) == ["B1"]
            assert await late.answers(1) == ["C1"]

    run(test)


def test_draining_answers_what_was_received_and_reads_no_more() -> None:
    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            sender = await here.connect()
            sender.write(frame(adt("A1")) + frame(adt("A2")))
            await until(lambda: len(here.writer.waiting) == 2)
            draining = asyncio.create_task(here.server.drain(PATIENCE))
            await asyncio.sleep(0)
            sender.write(frame(adt("A3")))
            here.writer.answer(1)
            assert await sender.answers(1) == ["A1"]
            for _ in range(50):
                await asyncio.sleep(0)
            here.writer.answer()
            assert await sender.answers(1) == ["A2"]
            await draining
            assert len(here.writer.received) == 2
            with pytest.raises(OSError):
                await here.connect()

    run(test)


def test_draining_does_not_wait_for_ever() -> None:
    async def test() -> None:
        async with listening() as here:
            here.writer.holding = True
            sender = await here.connect()
            sender.write(frame(adt("A1")))
            await until(lambda: here.writer.waiting)
            await here.server.drain(0.05)
            assert await sender.to_the_end() == b""

    run(test)
