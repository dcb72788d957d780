"""TLS between a socket and an MLLP connection.

The event loop's own TLS ends both directions as soon as one ends; a sender that says it has finished would lose its
last answers (and send its messages again). Here each direction ends by itself, as with plain TCP. Peers are admitted
before the handshake, which has a time limit.

Source: RFC 8446, 6.1 (either party may close its write side without an effect on its read side).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from typing import Any, cast

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 15.0
_RECORD = 65_536


class TlsLayer(asyncio.Protocol):
    """Server side of TLS over a transport.

    :param inner: speaks in clear with us: it gets what was decrypted, and writes through our transport.
    :param identified: called once, before any clear byte, with the certificate (DER) that the peer proved its own.
    """

    def __init__(
        self, inner: asyncio.Protocol, context: ssl.SSLContext, identified: Callable[[bytes], None]
    ) -> None:
        self._inner = inner
        self._identified = identified
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._established = False
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._limit = self._loop.call_later(HANDSHAKE_SECONDS, self._transport.abort)
        self._inner.connection_made(_Clear(self, self._transport))

    def data_received(self, data: bytes) -> None:
        """Bytes of TLS came in."""
        self._incoming.write(data)
        clear: list[bytes] = []
        try:
            self._handshake()
            while chunk := self._tls.read(_RECORD):
                clear.append(chunk)
            ended = True
        except ssl.SSLWantReadError:
            ended = False
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._flush()
        if clear:
            self._inner.data_received(b"".join(clear))
        if ended and not self._ended:
            self._ended = True
            if not self._inner.eof_received():
                self.close()

    def _handshake(self) -> None:
        if not self._established:
            self._tls.do_handshake()
            self._established = True
            self._stop_clock()
            certificate = self._tls.getpeercert(binary_form=True)
            if certificate:
                self._identified(certificate)

    def eof_received(self) -> bool:
        """The socket's other side will send no more, with or without the farewell of TLS: a message is whole or not
        by its own end, so there is nothing to lose in answering those that are.
        """
        if not self._established:
            return False
        if not self._ended:
            self._ended = True
            return bool(self._inner.eof_received())
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._stop_clock()
        self._transport = None
        self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        """The peer does not read."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._inner.resume_writing()

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            self._fail(error)
        else:
            self._flush()

    def close(self) -> None:
        """Say farewell, and close once what is written has left."""
        if self._transport is None or self._transport.is_closing():
            return
        with contextlib.suppress(
            ssl.SSLError, ValueError
        ):  # the farewell of the other side is not waited for
            self._tls.unwrap()
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._transport is not None and self._outgoing.pending:
            self._transport.write(self._outgoing.read())

    def _fail(self, error: ssl.SSLError) -> None:
        log.warning("TLS failed: %s", error.reason or error)
        self._flush()  # the alert that tells the peer why
        if self._transport is not None:
            self._transport.close()

    def _stop_clock(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


class _Clear(asyncio.Transport):
    """The transport that the inner protocol sees."""

    def __init__(self, layer: TlsLayer, transport: asyncio.Transport) -> None:
        super().__init__()
        self._layer = layer
        self._transport = transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._layer.write(bytes(data))

    def close(self) -> None:
        self._layer.close()

    def abort(self) -> None:
        self._transport.abort()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()
