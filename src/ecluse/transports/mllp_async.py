"""MLLP client on asyncio, light enough to drive many connections from one process (simulators, measures).

    client = await AsyncMllpClient.open("127.0.0.1", 2575)
    ack = await client.send(message)
    client.close()

Same contract as the blocking client: one message in flight, no reconnection, closed after an error.
"""

from __future__ import annotations

import asyncio
import ssl

from ecluse.protocols.mllp import DEFAULT_LIMIT, Decoder, encode
from ecluse.transports.mllp_errors import (
    AnswerTimeout,
    ClosedWithoutAnswer,
    ConnectFailed,
    ConnectTimeout,
    MllpClientError,
    NotConnected,
    UnexpectedAnswer,
    one_answer,
    tls_failed,
)


class AsyncMllpClient(asyncio.Protocol):
    """One connection to one receiver; made by `open`.

    answer_timeout: seconds from the sending to the last byte of the acknowledgement.
    """

    def __init__(self, answer_timeout: float = 30.0, limit: int = DEFAULT_LIMIT) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer_timeout = answer_timeout
        self._decoder = Decoder(limit)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._error: MllpClientError | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        server_name: str | None = None,
        connect_timeout: float = 5.0,
        answer_timeout: float = 30.0,
        limit: int = DEFAULT_LIMIT,
    ) -> AsyncMllpClient:
        """Connect; parameters as for `MllpClient`.

        :raises ConnectFailed, ConnectTimeout, TlsFailed: see `mllp_errors`.
        """
        where = f"{host}:{port}"
        name = (server_name or host) if tls else None
        making = asyncio.get_running_loop().create_connection(
            lambda: cls(answer_timeout, limit), host, port, ssl=tls, server_hostname=name
        )
        try:
            _, client = await asyncio.wait_for(making, connect_timeout)
        except TimeoutError as error:
            raise ConnectTimeout(f"no connection to {where} in {connect_timeout:g} s") from error
        except ssl.SSLError as error:
            raise tls_failed(error, where) from error
        except OSError as error:
            raise ConnectFailed(f"cannot connect to {where}: {error.strerror or error}") from error
        return client

    @property
    def connected(self) -> bool:
        """True from `open` to `close` or to the first error."""
        return self._transport is not None and not self._transport.is_closing()

    async def send(self, message: bytes) -> bytes:
        """Send a message and wait for its acknowledgement.

        :param message: bytes without framing; :returns: those of the acknowledgement, whatever it says.
        :raises NotConnected: nothing was sent; the receiver may close an idle connection, open another.
        :raises AnswerTimeout, ClosedWithoutAnswer, UnexpectedAnswer, TlsFailed: see `mllp_errors`.
        """
        frame = encode(message)
        transport = self._transport
        if transport is None or transport.is_closing():
            raise NotConnected("there is no connection: open another one") from self._error
        if self._answer is not None:
            raise NotConnected("a message is already waiting for its acknowledgement")
        if self._decoder.inside:
            error = UnexpectedAnswer("bytes came from the receiver before any message was sent")
            self._fail(error)
            raise error
        self._answer = self._loop.create_future()
        timer = self._loop.call_later(self._answer_timeout, self._give_up)
        transport.write(frame)
        try:
            return await self._answer
        except asyncio.CancelledError:
            transport.abort()
            raise
        finally:
            timer.cancel()
            self._answer = None

    def close(self) -> None:
        """Close the connection; a message that waits for its acknowledgement gets `ClosedWithoutAnswer`."""
        if self._transport is not None:
            self._transport.close()

    async def wait_closed(self) -> None:
        """Wait until the connection is really closed."""
        await asyncio.shield(self._closed)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        events = self._decoder.feed(data)
        try:
            answer = one_answer(events)
            if answer is not None and self._answer is None:
                raise UnexpectedAnswer("an acknowledgement came without a message")
        except UnexpectedAnswer as error:
            self._fail(error)
        else:
            if answer is not None and self._answer is not None and not self._answer.done():
                self._answer.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        if isinstance(error, ssl.SSLError):
            self._settle(tls_failed(error, "the receiver"))
        else:
            self._settle(ClosedWithoutAnswer("the connection ended without an acknowledgement"))
        if not self._closed.done():
            self._closed.set_result(None)

    def _give_up(self) -> None:
        self._fail(AnswerTimeout(f"no acknowledgement in {self._answer_timeout:g} s"))

    def _fail(self, error: MllpClientError) -> None:
        self._settle(error)
        if self._transport is not None:
            self._transport.abort()

    def _settle(self, error: MllpClientError) -> None:
        self._error = self._error or error
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
