"""The history of patients: what each event changed, and who said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from ecluse.services.queries.documents import HistoryLine
from ecluse.services.queries.history_words import told
from ecluse.services.queries.presentation import moment
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import JournalEntry, Sender

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_LINES = 500
"""Journal lines asked for at once: a query has a limited number of values."""


class EventRow(NamedTuple):
    """A stored event. id: see `StoredEvent`; at: µs since 1970; data: JSON."""

    patient: str
    id: int
    type: str
    at: int
    data: bytes


class Author(NamedTuple):
    """Who caused a journal line: the sender of a message (MSH-3, MSH-4), or the operator of an act."""

    application: str | None = None
    facility: str | None = None
    operator: str | None = None


def histories(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[HistoryLine]]:
    """The history of each patient.

    :param rows: patient, id, type, at and data of events, in the order of their ids.
    """
    events = [EventRow(*row) for row in rows]
    who = authors({one.id // EVENT_SPAN for one in events})
    found: dict[str, list[HistoryLine]] = defaultdict(list)
    held: dict[str, list[str]] = defaultdict(list)
    for one in events:
        author = who.get(one.id // EVENT_SPAN, Author())
        found[one.patient].append(
            HistoryLine(
                moment(one.at),
                one.type,
                str(one.id // EVENT_SPAN),
                told(one.type, _decode(bytes(one.data)), one.patient, held[one.patient]),
                *author,
            )
        )
    return found


def authors(lines: set[int]) -> dict[int, Author]:
    """Who caused each of these journal lines."""
    asked, wanted = sorted(lines), []
    for start in range(0, len(asked), _LINES):
        rows = JournalEntry.objects.filter(seq__in=asked[start : start + _LINES])
        wanted += list(rows.values_list("seq", "kind", "sender_id", "details"))
    senders = Sender.objects.filter(id__in={sender for _, _, sender, _ in wanted if sender is not None})
    names = {row[0]: Author(row[1], row[2]) for row in senders.values_list("id", "application", "facility")}
    return {
        seq: Author(operator=str(_decode(bytes(details)).get("operator", "")) or None)
        if kind == "act"
        else names.get(sender or 0, Author())
        for seq, kind, sender, details in wanted
    }
