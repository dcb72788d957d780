"""TLS between a socket and an MLLP connection.

The event loop's own TLS ends both directions as soon as one ends; a sender that says it has finished would lose its
last answers (and send its messages again). Here each direction ends by itself, as with plain TCP. Peers are admitted
before the handshake, which has a time limit. A client whose certificate is refused afterwards is closed before any of
its bytes is read.

Source: RFC 8446, 6.1 (either party may close its write side without an effect on its read side).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import Any, Protocol, cast

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 15.0
_RECORD = 65_536


class Secured(Protocol):
    """What the layer asks of the protocol that speaks in clear with it: it gets what was decrypted, and writes through
    our transport.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...

    def data_received(self, data: bytes) -> None: ...

    def eof_received(self) -> bool | None: ...

    def connection_lost(self, error: Exception | None) -> None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...

    def identified(self, presented: tuple[bytes, ...]) -> bool:
        """Whether the peer may speak. Called once, before any clear byte, with the certificates (DER) that the peer
        gave, first the one that it proved its own.
        """
        ...

    def handshake_failed(self, error: ssl.SSLError) -> None:
        """There will be no TLS with this peer."""
        ...


class TlsLayer(asyncio.Protocol):
    """Server side of TLS over a transport.

    :param inner: speaks in clear with us.
    """

    def __init__(self, inner: Secured, context: ssl.SSLContext) -> None:
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._established = False
        self._refused = False
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
            if not self._handshake():
                return
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

    def _handshake(self) -> bool:
        """Go on with the handshake; False when the peer is not admitted."""
        if self._established:
            return not self._refused
        self._tls.do_handshake()
        self._established = True
        self._stop_clock()
        presented = _presented(self._tls)
        if presented and not self._inner.identified(presented):
            self._refused = True
            self.close()
        return not self._refused

    def eof_received(self) -> bool:
        """The socket's other side will send no more, with or without the farewell of TLS: a message is whole or not
        by its own end, so there is nothing to lose in answering those that are.
        """
        if not self._established or self._refused:
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
        if self._established:
            log.warning("TLS failed: %s", error.reason or error)
        else:
            self._inner.handshake_failed(error)
        self._flush()  # the alert that tells the peer why
        if self._transport is not None:
            self._transport.close()

    def _stop_clock(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


def _presented(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates that the peer gave, its own first; none when none was asked."""
    own = tls.getpeercert(binary_form=True)
    if not own:
        return ()
    given = getattr(tls, "get_unverified_chain", None)  # since Python 3.13
    chain = given() if given is not None else _below(tls)
    return (own, *(one for one in chain if one != own))


def _below(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The same, from the object that Python 3.11 and 3.12 keep below; they do not give it themselves."""
    below = getattr(tls, "_sslobj", None)
    if below is None or not hasattr(below, "get_unverified_chain"):
        return ()
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in below.get_unverified_chain() or ())


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
