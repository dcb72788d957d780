"""Why the bytes of a line are no longer there: the purge that removed them, as readers are told it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ecluse.services.queries.presentation import moment
from ecluse.store.models import JournalEntry
from ecluse.store.models.retention import Purge
from ecluse.store.purging import category_of


@dataclass(frozen=True, slots=True)
class PurgeDocument:
    """A purge. at: ISO 8601 in UTC; line: the journal line that tells it; by: who asked; before: the limit asked."""

    at: str
    line: int
    category: str
    by: str
    before: str


class _Arguments(msgspec.Struct):
    before: str = ""


class _Act(msgspec.Struct):
    operator: str = ""
    arguments: _Arguments = msgspec.field(default_factory=_Arguments)


def purge_of(seq: int, kind: str) -> PurgeDocument | None:
    """The purge that covers a line; None when it was not purged."""
    category = category_of(kind)
    if category is None:
        return None
    row = Purge.objects.filter(category=category, last__gte=seq).order_by("last").first()
    if row is None or row.first > seq:
        return None
    details = JournalEntry.objects.filter(seq=row.seq).values_list("details", flat=True).first()
    act = msgspec.json.decode(bytes(details), type=_Act) if details else _Act()
    return PurgeDocument(moment(row.at), row.seq, category, act.operator, act.arguments.before)
