"""Senders that wait for a person to confirm or refuse them, the oldest first."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.services.queries.presentation import moment
from ecluse.store.models import Sender


@dataclass(frozen=True, slots=True)
class WaitingSender:
    """A sender to confirm. first_seen: ISO 8601 in UTC."""

    application: str
    facility: str
    listener: str
    first_seen: str


def waiting(limit: int) -> tuple[WaitingSender, ...]:
    """Senders to confirm, at most `limit` of them. Reads no journal line, however long the journal."""
    rows = Sender.objects.filter(status="to_confirm").order_by("first_seen", "id")[:limit]
    return tuple(
        WaitingSender(row.application, row.facility, row.listener, moment(row.first_seen)) for row in rows
    )
