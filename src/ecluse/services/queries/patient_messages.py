"""The journal lines that changed one patient, newest first, a page at a time however many there are."""

from __future__ import annotations

from ecluse.services.queries.journal import JournalPage, brief, named_lines
from ecluse.services.queries.presentation import searchable
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import JournalEntry, StoredEvent

_EVENTS = 4
"""Events that a line has at most for one patient, nearly always: rows read ahead for each line wanted."""


def patient_messages(patient: str, before: int | None = None, limit: int = 40) -> JournalPage:
    """Lines that changed a patient: messages and acts.

    :param before: `next` of the page before; None: the newest.
    """
    if not searchable(patient):
        return JournalPage((), None)
    wanted: dict[int, None] = {}
    below = None if before is None else before * EVENT_SPAN
    while len(wanted) <= limit:
        rows = StoredEvent.objects.filter(patient=patient)
        if below is not None:
            rows = rows.filter(id__lt=below)
        ids = list(rows.order_by("-id").values_list("id", flat=True)[: limit * _EVENTS])
        wanted.update(dict.fromkeys(one // EVENT_SPAN for one in ids))
        if len(ids) < limit * _EVENTS:
            break
        below = ids[-1]
    lines = list(wanted)[:limit]
    found = named_lines(brief(JournalEntry.objects.filter(seq__in=lines).order_by("-seq")))
    return JournalPage(found, str(lines[-1]) if len(wanted) > limit else None)
