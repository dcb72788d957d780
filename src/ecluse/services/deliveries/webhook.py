"""The way of a webhook: a signed request, and what its answer means."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ecluse.protocols.webhooks import headers
from ecluse.rules.delivery import Outcome
from ecluse.services.deliveries.ports import Parcel, Sent
from ecluse.transports.webhook import Reply, WebhookClient

_SECOND = 1_000_000
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
"""CloudEvents 1.0, HTTP binding, structured mode."""


class Letter(NamedTuple):
    """Content of a parcel for a webhook: id of the event, exact bytes of the body, whether an INS is in it (`sent`)."""

    id: str
    body: bytes
    ins: str = ""


class WebhookWay:
    """Requests to one address, signed with the keys that are good now.

    :param keys: keys at a time (µs since 1970).
    """

    def __init__(self, client: WebhookClient, url: str, keys: Callable[[int], tuple[bytes, ...]]) -> None:
        self._client = client
        self._url = url
        self._keys = keys

    async def send(self, parcel: Parcel, now: int) -> Sent:
        """Post the event once."""
        letter: Letter = parcel.content
        signed = headers(letter.id, now // _SECOND, letter.body, self._keys(now))
        reply = await self._client.post(self._url, letter.body, {"Content-Type": CONTENT_TYPE, **signed})
        return judge(reply)._replace(ins=letter.ins)

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()


def judge(reply: Reply) -> Sent:
    """What an answer means (Standard Webhooks, “Delivery”).

    Any 2xx delivers. 410: the destination wants nothing any more. Any other answer is tried again; 408, 429 and 5xx say
    that the destination is in trouble, other answers that it lives and does not want this one.
    """
    status = reply.status
    if 200 <= status < 300:
        return Sent(Outcome("done"), alive=True)
    if status == 0:
        return Sent(Outcome("retry", f"{reply.failure}: {reply.detail}"), alive=False)
    wait = int(reply.wait * _SECOND)
    outcome = Outcome("retry", f"HTTP {status}", wait)
    return Sent(outcome, alive=status < 500 and status not in (408, 429), gone=status == 410)
