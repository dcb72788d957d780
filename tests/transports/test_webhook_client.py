"""Posts to real servers on this machine: what is verified, what is not followed, what each failure says."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ecluse.transports.destinations import networks
from ecluse.transports.webhook import Reply, WebhookClient
from tests.main.certificates import Pems, make_pems

HERE = networks(["127.0.0.0/8", "::1/128"])
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"{'https' if tls else 'http'}://localhost:{port}"
    finally:
        await runner.cleanup()


def post(handler: Handler, path: str = "/", tls: ssl.SSLContext | None = None, **client: object) -> Reply:
    async def run() -> Reply:
        async with serving(handler, tls) as address:
            one = WebhookClient(**{"allowed": HERE, **client})  # type: ignore[arg-type]
            try:
                return await one.post(address + path, b"body", {"X-Kept": "yes"})
            finally:
                await one.close()

    return asyncio.run(run())


async def _accept(request: web.Request) -> web.Response:
    body = await request.read()
    good = body == b"body" and request.headers["X-Kept"] == "yes" and "Cookie" not in request.headers
    return web.Response(status=204 if good else 500)


def test_a_body_and_its_headers_arrive() -> None:
    assert post(_accept) == Reply(204)


def test_a_redirect_is_not_followed() -> None:
    seen = []

    async def redirect(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    assert post(redirect).status == 307
    assert seen == ["/"]


def test_the_delay_asked_for_is_read() -> None:
    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "120"})

    assert post(busy) == Reply(503, wait=120.0)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except (ConnectionError, asyncio.CancelledError):
            return response

    assert post(endless).status == 200


def test_a_slow_destination_times_out() -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    assert post(slow, timeout=0.2).failure == "timeout"


def test_this_machine_is_not_called_unless_allowed() -> None:
    assert post(_accept, allowed=()).failure == "forbidden"


def test_an_address_in_numbers_is_checked_too() -> None:
    async def run() -> Reply:
        one = WebhookClient()
        try:
            return await one.post("https://127.0.0.1:1/", b"", {})
        finally:
            await one.close()

    assert asyncio.run(run()).failure == "forbidden"


def test_nobody_there() -> None:
    async def run() -> Reply:
        async with serving(_accept) as address:
            pass
        one = WebhookClient(HERE)
        try:
            return await one.post(address, b"", {})
        finally:
            await one.close()

    assert asyncio.run(run()).failure == "unreachable"


def test_a_name_that_hangs_is_late_for_its_own_subscriber_only(monkeypatch: pytest.MonkeyPatch) -> None:
    end, real = threading.Event(), socket.getaddrinfo

    def hang(host: str, *given: Any, **more: Any) -> Any:
        if host == "hangs.example" and not more.get("flags"):
            end.wait(20)
        return real(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def run() -> tuple[Reply, Reply]:
        late, well = WebhookClient(HERE, timeout=0.2), WebhookClient(HERE)
        try:
            async with serving(_accept) as address:
                return (
                    await late.post("http://hangs.example/", b"", {}),
                    await well.post(address, b"body", {"X-Kept": "yes"}),
                )
        finally:
            await late.close()
            await well.close()
            end.set()

    first, second = asyncio.run(run())
    assert (first.failure, second.status) == ("timeout", 204)


@pytest.fixture
def pems(tmp_path: Path) -> Pems:
    return make_pems(tmp_path)


def _server(pems: Pems) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pems.certificate, pems.key)
    return context


def test_an_unknown_certificate_is_refused(pems: Pems) -> None:
    reply = post(_accept, tls=_server(pems))
    assert (reply.status, reply.failure) == (0, "tls")


def test_a_declared_authority_is_trusted(pems: Pems) -> None:
    assert post(_accept, tls=_server(pems), authorities=str(pems.certificate)).status == 204


def test_a_certificate_of_another_name_is_refused(pems: Pems) -> None:
    async def run() -> Reply:
        async with serving(_accept, _server(pems)) as address:
            one = WebhookClient(HERE, str(pems.certificate))
            try:
                return await one.post(address.replace("localhost", "127.0.0.1"), b"", {})
            finally:
                await one.close()

    reply = asyncio.run(run())
    assert (reply.status, reply.failure) == (0, "tls")
    assert "mismatch" in reply.detail.lower()
