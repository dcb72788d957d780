"""Real receivers on this machine, with faults by order: a webhook behind HTTP, an application behind MLLP."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from aiohttp import web
from standardwebhooks import Webhook

from ecluse.protocols.hl7 import Message
from ecluse.protocols.mllp import Decoder, Frame, encode

Answer = Callable[[dict[str, Any]], int | float | None]
"""What to do with an event: a status, seconds to wait before 200, or None to hang up."""


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class HttpReceiver:
    """Keeps every event it accepted, once its signature is verified by the reference library."""

    def __init__(self, secret: str, answer: Answer = lambda event: 204, port: int = 0) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.tried: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self.answer = answer
        self._secret = secret
        self._loop = _Loop()
        self.port = port
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        self._runner = self._loop.call(self._start())

    async def _start(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_post("/hook", self._handle)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    def stop(self) -> None:
        self._loop.call(self._runner.cleanup())

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            event = Webhook(self._secret).verify(body, dict(request.headers))
            assert request.headers["webhook-id"] == event["id"]
        except Exception as error:
            self.wrong.append(repr(error))
            return web.Response(status=400)
        self.tried.append(event)
        answer = self.answer(event)
        if answer is None:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        status = answer if isinstance(answer, int) else 200
        if status < 300:
            self.accepted.append(event)
        return web.Response(status=status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self._loop.end()


class MllpReceiver:
    """Keeps every message; answers what `answer` says of it (AA, AE, AR), or hangs up on an empty answer."""

    def __init__(self, answer: Callable[[Message], str] = lambda message: "AA") -> None:
        self.messages: list[bytes] = []
        self.accepted: list[str] = []
        self.answer = answer
        self._loop = _Loop()
        self._server: asyncio.Server = self._loop.call(self._start())
        self.port = self._server.sockets[0].getsockname()[1]

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # the one who sends may be killed
            await self._answer_all(reader, writer)

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder()
        while data := await reader.read(65_536):
            for event in decoder.feed(data):
                assert isinstance(event, Frame)
                message = Message.parse(event.message)
                self.messages.append(event.message)
                code = self.answer(message)
                if not code:
                    writer.close()
                    return
                control = message.get("MSH-10") or ""
                if code == "AA":
                    self.accepted.append(control)
                error = (
                    "" if code == "AA" else f"\rERR||PID^1^3|{'204' if code == 'AE' else '207'}^X^HL70357|E"
                )
                head = f"MSH|^~\\&|DEST|B|A|A|20261120||ACK|R{control}|P|2.5"
                writer.write(encode(f"{head}\rMSA|{code}|{control}{error}\r".encode()))
                await writer.drain()
        writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call(self._end())
        self._loop.end()

    async def _end(self) -> None:
        self._server.close()


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
