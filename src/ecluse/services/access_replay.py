"""Answers to POST requests that carry an Idempotency-Key: the same request again gets the same answer for a day."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from django.db import IntegrityError

from ecluse.store.access_turn import writing
from ecluse.store.models.access import IdempotencyRecord

KEPT = 24 * 3_600_000_000
"""How long an answer is given again, in µs."""
RUNNING = 60_000_000
"""After that many µs without an answer, a request is held for lost and may be sent again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer to give again."""

    status: int
    headers: dict[str, str]
    body: bytes


class KeyConflict(Exception):
    """The key was used for another request."""


class StillRunning(Exception):
    """The request of that key has no answer yet."""


def begin(token: str, key: str, request: bytes, now: int) -> Kept | None:
    """The answer already given, or None: the request is to be done, then `finish` or `forget` called.

    :param token: whose key it is; request: SHA-256 of method, address and body; now: µs since 1970.
    :raises KeyConflict: :raises StillRunning: :raises DatabaseError: the store cannot be written.
    """
    try:
        with writing():
            IdempotencyRecord.objects.filter(at__lt=now - KEPT).delete()
            row = IdempotencyRecord.objects.filter(token=token, key=key).first()
            if row is None:
                IdempotencyRecord(
                    token=token, key=key, request=request, at=now, status=0, headers=b"{}", body=b""
                ).save(force_insert=True)
                return None
            if bytes(row.request) != request:
                raise KeyConflict
            if row.status:
                headers = msgspec.json.decode(bytes(row.headers), type=dict[str, str])
                return Kept(row.status, headers, bytes(row.body))
            if now - row.at < RUNNING:
                raise StillRunning
            IdempotencyRecord.objects.filter(token=token, key=key).update(at=now)
            return None
    except IntegrityError:  # PostgreSQL: another node began the same one at this very moment
        raise StillRunning from None


def finish(token: str, key: str, kept: Kept) -> None:
    """Keep the answer."""
    headers = msgspec.json.encode(kept.headers)
    with writing():
        IdempotencyRecord.objects.filter(token=token, key=key).update(
            status=kept.status, headers=headers, body=kept.body
        )


def forget(token: str, key: str) -> None:
    """Nothing was done: the same key may be used again."""
    with writing():
        IdempotencyRecord.objects.filter(token=token, key=key).delete()
