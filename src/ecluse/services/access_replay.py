"""POST requests that carry an Idempotency-Key: the same request again, for a day, is known for the same one."""

from __future__ import annotations

from hashlib import sha256

from django.db import IntegrityError

from ecluse.store.access_turn import writing
from ecluse.store.models.access import IdempotencyRecord

KEPT = 24 * 3_600_000_000
"""How long a key is known, in µs."""
RUNNING = 60_000_000
"""After that many µs without an answer, a request is held for lost and may be sent again."""


class KeyConflict(Exception):
    """The key was used for another request."""


class StillRunning(Exception):
    """The request of that key has no answer yet."""


def start(token: str, key: str, request: bytes, now: int) -> str:
    """The id under which a request is done; the same one each time it is sent again, until the key is forgotten.

    :param token: whose key it is; request: SHA-256 of method, address and body; now: µs since 1970.
    :raises KeyConflict: :raises StillRunning: :raises DatabaseError: the store cannot be written.
    """
    try:
        with writing():
            _forget(now)
            row = IdempotencyRecord.objects.filter(token=token, key=key).first()
            if row is None:
                row = IdempotencyRecord(
                    token=token, key=key, request=request, at=now, status=0, headers=b"", body=b""
                )
                row.save(force_insert=True)
            elif bytes(row.request) != request:
                raise KeyConflict
            elif not row.status and now - row.at < RUNNING:
                raise StillRunning
    except IntegrityError:  # PostgreSQL: another node began the same one at this very moment
        raise StillRunning from None
    return sha256(f"{token} {row.at} {key}".encode()).hexdigest()


def end(token: str, key: str, status: int) -> None:
    """Note that a request was answered.

    :param status: of HTTP.
    """
    with writing():
        IdempotencyRecord.objects.filter(token=token, key=key).update(status=status)


def forget_old(now: int) -> None:
    """Forget the keys of the day before.

    :param now: µs since 1970.
    """
    with writing():
        _forget(now)


def _forget(now: int) -> None:
    IdempotencyRecord.objects.filter(at__lt=now - KEPT).delete()
