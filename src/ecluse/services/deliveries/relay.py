"""The way of a relay: the message as it came, less the INS that may not leave, and what its acknowledgement means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from ecluse.protocols.hl7 import Message, UnreadableMessage
from ecluse.protocols.pam.withhold import CannotWithhold, Withheld
from ecluse.rules.delivery import Outcome
from ecluse.services.deliveries.ports import Parcel, Sent
from ecluse.transports.destinations import Resolver
from ecluse.transports.mllp_async import AsyncMllpClient
from ecluse.transports.mllp_errors import ConnectFailed, ConnectTimeout, MllpClientError, NotConnected

_ACCEPTED = ("AA", "CA")
_REFUSED = ("AE", "CE")
_RESOLVE_SECONDS = 5.0

Prepare = Callable[[bytes, str, int], Awaitable[Withheld]]
"""The message as it may leave now: bytes received, trigger event, domain.

:raises CannotWithhold: when it may not leave at all.
"""


class RelayWay:
    """Connections to one receiver; each has one message on its way at a time (MLLP, original mode)."""

    def __init__(
        self, host: str, port: int, prepare: Prepare, timeout: float, tls: ssl.SSLContext | None, name: str
    ) -> None:
        self._host = host
        self._port = port
        self._prepare = prepare
        self._timeout = timeout
        self._tls = tls
        self._name = name or host
        self._names = Resolver(None)
        self._idle: list[AsyncMllpClient] = []

    async def send(self, parcel: Parcel, now: int) -> Sent:
        """Send a message once."""
        try:
            ready = await self._prepare(*parcel.content)
        except (CannotWithhold, UnreadableMessage) as refused:
            return Sent(Outcome("park", str(refused)), alive=None)
        try:
            answer = await self._exchange(ready.raw)
        except MllpClientError as error:
            return Sent(Outcome("retry", str(error)), alive=False)
        sent = judge(ready.raw, answer)
        return sent._replace(ins="withheld" if ready.withheld else "sent" if ready.sent else "")

    async def _exchange(self, raw: bytes) -> bytes:
        client = self._idle.pop() if self._idle else None
        if client is not None:
            try:
                return await self._use(client, raw)
            except NotConnected:
                # The receiver closed an idle connection: nothing was sent.
                client.close()
        return await self._use(await self._open(), raw)

    async def _open(self) -> AsyncMllpClient:
        """Connect to the first address that answers."""
        failure: MllpClientError = ConnectFailed("the name has no address")
        for address in await self._addresses():
            try:
                return await AsyncMllpClient.open(
                    address, self._port, tls=self._tls, server_name=self._name, answer_timeout=self._timeout
                )
            except MllpClientError as error:
                failure = error
        raise failure

    async def _addresses(self) -> list[str]:
        try:
            return await asyncio.wait_for(self._names.resolve(self._host, self._port), _RESOLVE_SECONDS)
        except TimeoutError as error:
            raise ConnectTimeout(f"the name was not resolved in {_RESOLVE_SECONDS:g} s") from error
        except OSError as error:
            raise ConnectFailed(f"the name cannot be resolved: {error.strerror or error}") from error

    async def _use(self, client: AsyncMllpClient, raw: bytes) -> bytes:
        answer = await client.send(raw)
        self._idle.append(client)
        return answer

    async def close(self) -> None:
        """Close connections."""
        for client in self._idle:
            client.close()
        self._names.close()


def judge(request: bytes, answer: bytes) -> Sent:
    """What an acknowledgement means: AA delivers, AE parks the message with its reason, AR is tried again later.

    The reason holds codes only: what the receiver writes may name a person. Source: HL7 v2.5, 2.9.2.
    """
    try:
        message = Message.parse(answer)
    except UnreadableMessage:
        return Sent(Outcome("retry", "the answer is no HL7 message"), alive=False)
    code, control = _code(message.get("MSA-1")), message.get("MSA-2")
    if control != Message.parse(request).get("MSH-10"):
        return Sent(Outcome("retry", "the acknowledgement is about another message"), alive=False)
    if code in _ACCEPTED:
        return Sent(Outcome("done"), alive=True)
    reason = " ".join(part for part in (code, _code(message.get("ERR-3.1")), _place(message)) if part)
    if code in _REFUSED:
        return Sent(Outcome("park", reason), alive=True)
    return Sent(Outcome("retry", reason or "no acknowledgement code"), alive=False)


def _place(message: Any) -> str:
    """ERR-2 as codes: segment and numbers."""
    parts = [_code(message.get(f"ERR-2.{number}")) for number in range(1, 6)]
    return "-".join(part for part in parts if part)


def _code(text: str | None) -> str:
    """A short code as received, nothing else."""
    return text if text is not None and len(text) <= 6 and text.isalnum() and text.isascii() else ""
