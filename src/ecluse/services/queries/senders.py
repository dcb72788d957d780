"""Senders as people manage them: who they are, how far they are trusted, what they sent last."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from ecluse.services.queries.presentation import moment
from ecluse.store.models import JournalEntry, Sender


@dataclass(frozen=True, slots=True)
class SenderDocument:
    """A sender. listener: empty when declared for every listener; status: `to_confirm`, `confirmed` or
    `refused`; policy: `tolerant` or `strict`; first_seen, last_message: ISO 8601 in UTC, null when it sent
    nothing; certificates: SHA-256 fingerprints of the client certificates it is recognised by, in hexadecimal;
    timezone: IANA name of its own zone, null when it has that of its listener.
    """

    id: int
    application: str
    facility: str
    listener: str
    domain: str
    status: str
    policy: str
    first_seen: str
    last_message: str | None
    certificates: tuple[str, ...]
    timezone: str | None


def every(status: str | None = None) -> tuple[SenderDocument, ...]:
    """All senders, those to confirm first.

    :param status: only the senders of that status.
    """
    rows = Sender.objects.select_related("domain")
    if status is not None:
        rows = rows.filter(status=status)
    order = {"to_confirm": 0, "confirmed": 1, "refused": 2}
    last = _last_messages()
    return tuple(
        _document(row, last) for row in sorted(rows, key=lambda one: (order.get(one.status, 3), one.id))
    )


def find(application: str, facility: str) -> tuple[SenderDocument, ...]:
    """The senders of that name, one per listener that received it."""
    rows = Sender.objects.select_related("domain").filter(application=application, facility=facility)
    last = _last_messages()
    return tuple(_document(row, last) for row in rows.order_by("id"))


def _last_messages() -> dict[int | None, int]:
    """Time of the last line of each sender: one pass over an index, then a line each."""
    newest = (
        JournalEntry.objects.exclude(sender_id=None).values("sender_id").annotate(seq=Max("seq")).order_by()
    )
    rows = JournalEntry.objects.filter(seq__in=[one["seq"] for one in newest])
    return dict(rows.values_list("sender_id", "at"))


def _document(row: Sender, last: dict[int | None, int]) -> SenderDocument:
    return SenderDocument(
        id=row.id,
        application=row.application,
        facility=row.facility,
        listener=row.listener,
        domain=row.domain.name,
        status=row.status,
        policy=row.policy,
        first_seen=moment(row.first_seen),
        last_message=moment(last[row.id]) if row.id in last else None,
        certificates=tuple(row.certificates.split()),
        timezone=row.zone or None,
    )
