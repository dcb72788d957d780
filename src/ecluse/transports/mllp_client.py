"""Blocking MLLP client: one connection, one message in flight, its acknowledgement back.

    with MllpClient("127.0.0.1", 2575) as client:
        ack = client.send(message)

Nothing happens behind the back of the caller: no reconnection, no repetition (see `mllp_errors`).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from types import TracebackType
from typing import Self

from ecluse.protocols.mllp import DEFAULT_LIMIT, Decoder, encode
from ecluse.transports.mllp_async import AsyncMllpClient
from ecluse.transports.mllp_errors import (
    AnswerTimeout,
    ClosedWithoutAnswer,
    ConnectFailed,
    ConnectTimeout,
    NotConnected,
    UnexpectedAnswer,
    one_answer,
    tls_failed,
)

__all__ = ["AsyncMllpClient", "MllpClient"]

READ = 65_536


class MllpClient:
    """A client of one receiver.

    :param tls: context for TLS (with a client certificate for mutual TLS), None for plain TCP.
    :param server_name: name expected in the certificate of the receiver; `host` by default.
    :param connect_timeout: seconds for the connection, TLS included.
    :param answer_timeout: seconds from the first byte sent to the last byte of the acknowledgement.
    :param limit: largest acknowledgement, in bytes.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        server_name: str | None = None,
        connect_timeout: float = 5.0,
        answer_timeout: float = 30.0,
        limit: int = DEFAULT_LIMIT,
    ) -> None:
        self.host = host
        self.port = port
        self._tls = tls
        self._server_name = server_name or host
        self._connect_timeout = connect_timeout
        self._answer_timeout = answer_timeout
        self._limit = limit
        self._socket: socket.socket | None = None
        self._decoder = Decoder(limit)

    @property
    def _where(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def connected(self) -> bool:
        """True from `connect` to `close` or to the first error."""
        return self._socket is not None

    def connect(self) -> None:
        """Open the connection; without effect when it is open.

        :raises ConnectFailed, ConnectTimeout, TlsFailed: see `mllp_errors`.
        """
        if self._socket is not None:
            return
        where = self._where
        try:
            self._socket = self._open()
        except TimeoutError as error:
            raise ConnectTimeout(f"no connection to {where} in {self._connect_timeout:g} s") from error
        except ssl.SSLError as error:
            raise tls_failed(error, where) from error
        except OSError as error:
            raise ConnectFailed(f"cannot connect to {where}: {error.strerror or error}") from error
        self._decoder = Decoder(self._limit)

    def send(self, message: bytes) -> bytes:
        """Send a message and wait for its acknowledgement.

        :param message: bytes without framing.
        :returns: the bytes of the acknowledgement, without framing, whatever it says.
        :raises NotConnected: nothing was sent; the receiver may close an idle connection, connect again.
        :raises AnswerTimeout, ClosedWithoutAnswer, UnexpectedAnswer, TlsFailed: see `mllp_errors`.
        """
        frame = encode(message)
        connection = self._socket
        if connection is None:
            raise NotConnected("connect before sending")
        try:
            return self._exchange(connection, frame)
        except TimeoutError as error:
            self.close()
            raise AnswerTimeout(f"no acknowledgement in {self._answer_timeout:g} s") from error
        except ssl.SSLError as error:
            self.close()
            raise tls_failed(error, self._where) from error
        except OSError as error:
            self.close()
            raise ClosedWithoutAnswer(f"the connection broke before the answer: {error}") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; without effect when it is closed."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> socket.socket:
        deadline = time.monotonic() + self._connect_timeout
        connection = socket.create_connection((self.host, self.port), self._connect_timeout)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection.settimeout(_remaining(deadline))
                connection = self._tls.wrap_socket(connection, server_hostname=self._server_name)
        except BaseException:
            connection.close()
            raise
        return connection

    def _exchange(self, connection: socket.socket, frame: bytes) -> bytes:
        self._check_open_and_quiet(connection)
        deadline = time.monotonic() + self._answer_timeout
        connection.settimeout(_remaining(deadline))
        connection.sendall(frame)
        while True:
            connection.settimeout(_remaining(deadline))
            data = connection.recv(READ)
            if not data:
                raise ClosedWithoutAnswer("the receiver closed the connection without an acknowledgement")
            answer = one_answer(self._decoder.feed(data))
            if answer is not None:
                return answer

    def _check_open_and_quiet(self, connection: socket.socket) -> None:
        """Before sending: the receiver is there, and has not said anything that would pass for an answer."""
        connection.settimeout(0)
        try:
            while early := connection.recv(READ):  # the last byte of the previous frame may come late
                if self._decoder.feed(early) or self._decoder.inside:
                    raise UnexpectedAnswer("bytes came from the receiver before any message was sent")
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except ConnectionError as error:
            raise NotConnected(f"the connection broke since the last message: {error}") from error
        raise NotConnected("the receiver has closed the connection: connect again")


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
