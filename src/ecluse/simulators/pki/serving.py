"""The HTTP side of the test PKI: CRLs, OCSP responder, certificates of the authorities.

Everything comes from the folder, so that a revocation made by another program is told at the next request. Requests
are bounded in size, connections in number and in life; nothing of a request is ever logged.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from ecluse.simulators.pki.errors import NotAPki
from ecluse.simulators.pki.folder import STATE, changing, read_hierarchy
from ecluse.simulators.pki.ocsp import MAX_REQUEST, answer

PERIOD = 3600.0
"""Seconds between two publications of the CRLs."""
MAX_CONNECTIONS = 100
CONNECTION_LIFE = 60.0
"""Seconds after which a connection is closed, whatever it does."""

BUNDLE = "Chaine_de_certification-ECLUSE-TEST.p7b"
_POLICY = (
    "SIMULATION. IGC de test d’Écluse : aucune politique de certification.\n"
    "SIMULATION. Écluse test PKI: no certification policy.\n"
)

Clock = Callable[[], datetime]


class _WithoutContent(logging.Filter):
    """What a request said never reaches a log: the kind of the error does."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without the text of the request."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "error"
        record.msg, record.args, record.exc_info = f"request without answer ({kind})", (), None
        return True


_HTTP_LOG = logging.getLogger("ecluse.simulators.pki.http")
_HTTP_LOG.addFilter(_WithoutContent())
_LOG = logging.getLogger("ecluse.simulators.pki")


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Site:
    """The folder of a test PKI, as it is served."""

    def __init__(self, folder: Path, clock: Clock = utc_now) -> None:
        """Read the folder. :raises NotAPki: it holds no readable test PKI."""
        self.folder = folder
        self.hierarchy = read_hierarchy(folder)
        self.clock = clock
        self._seen = self._mark()

    def publish(self) -> None:
        """Publish every CRL with a new number."""
        self.refresh()
        with changing(self.folder, self.hierarchy):
            self.hierarchy.publish(self.clock())
        self._seen = self._mark()

    def refresh(self) -> None:
        """Take in what another program changed in the folder; while it is being replaced, what was read last serves."""
        with suppress(OSError, NotAPki):
            mark = self._mark()
            if mark != self._seen:
                self.hierarchy = read_hierarchy(self.folder)
                self._seen = mark

    def _mark(self) -> tuple[int, int]:
        state = (self.folder / STATE).stat()
        return state.st_mtime_ns, state.st_ino

    def application(self) -> web.Application:
        """Routes, all bounded."""
        application = web.Application(client_max_size=MAX_REQUEST)
        application.add_routes(
            [
                web.get("/AC/{file}", self._authority),
                web.get("/CRL/{file}", self._crl),
                web.post("/ocsp", self._ocsp_posted),
                web.get("/ocsp/{request:.+}", self._ocsp_got),
                web.get("/PC TEST", self._policy),
                web.get("/", self._policy),
            ]
        )
        return application

    async def _authority(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        self.refresh()
        if file == BUNDLE:
            all_of_them = pkcs7.serialize_certificates(
                [one.certificate for one in self.hierarchy], serialization.Encoding.DER
            )
            return _body(all_of_them, "application/x-pkcs7-certificates")
        authority = self.hierarchy.authorities.get(file.removesuffix(".cer"))
        if authority is None or not file.endswith(".cer"):
            raise web.HTTPNotFound
        return _body(_der(authority.certificate), "application/pkix-cert")

    async def _crl(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        self.refresh()
        authority = self.hierarchy.authorities.get(file.removesuffix(".crl"))
        if authority is None or not file.endswith(".crl"):
            raise web.HTTPNotFound
        return _body(authority.crl, "application/pkix-crl")

    async def _ocsp_posted(self, request: web.Request) -> web.Response:
        return self._ocsp(await request.read())

    async def _ocsp_got(self, request: web.Request) -> web.Response:
        """RFC 6960 appendix A.1: the request in base 64 in the path, its signs escaped or not."""
        try:
            asked = base64.b64decode(unquote(request.match_info["request"]), validate=True)
        except (binascii.Error, ValueError):
            asked = b""
        return self._ocsp(asked)

    def _ocsp(self, asked: bytes) -> web.Response:
        self.refresh()
        return _body(answer(self.hierarchy, asked, self.clock()), "application/ocsp-response")

    async def _policy(self, _request: web.Request) -> web.Response:
        return web.Response(text=_POLICY)


@asynccontextmanager
async def serve(
    folder: Path, host: str = "127.0.0.1", port: int = 0, *, period: float = PERIOD, clock: Clock = utc_now
) -> AsyncIterator[tuple[str, int]]:
    """Serve the test PKI of a folder until the context ends; yields the address it listens on.

    CRLs are published anew at the start, then every `period` seconds.

    :raises NotAPki: the folder holds no readable test PKI. :raises OSError: the address is taken.
    """
    site = Site(folder, clock)
    site.publish()
    runner = web.AppRunner(site.application(), access_log=None, logger=_HTTP_LOG, keepalive_timeout=15.0)
    await runner.setup()
    loop = asyncio.get_running_loop()
    publishing: asyncio.Task[None] | None = None
    try:
        listening = await loop.create_server(_bounded(runner), host, port, backlog=MAX_CONNECTIONS)
        publishing = asyncio.create_task(_publish_again(site, period))
        try:
            address = listening.sockets[0].getsockname()
            yield address[0], address[1]
        finally:
            listening.close()
    finally:
        if publishing:
            publishing.cancel()
        await runner.cleanup()


async def _publish_again(site: Site, period: float) -> None:
    while True:
        await asyncio.sleep(period)
        try:
            site.publish()
        except (OSError, NotAPki) as error:  # the next time may be better; the last CRLs are still served
            _LOG.warning("CRLs not published: %s", type(error).__name__)


def _bounded(runner: web.AppRunner) -> Callable[[], asyncio.BaseProtocol]:
    """Protocols of new connections: one too many is closed at once, and none lives for ever."""
    server = runner.server
    assert server is not None
    loop = asyncio.get_running_loop()

    def accept() -> asyncio.BaseProtocol:
        if len(server.connections) >= MAX_CONNECTIONS:
            return _Refusal()
        handler = server()
        loop.call_later(CONNECTION_LIFE, handler.force_close)
        return handler

    return accept


class _Refusal(asyncio.Protocol):
    """A connection closed before it says anything."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


def _body(content: bytes, kind: str) -> web.Response:
    return web.Response(body=content, content_type=kind)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
