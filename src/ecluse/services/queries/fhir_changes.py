"""Which patients changed when: the way into searches by `_lastUpdated`, in the order of the changes.

There is no index of times. The journal is written in the order of time, so the place of a moment in it is found by
halving, and a patient's last event is the one after which its index holds no other.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from ecluse.protocols.fhir.search import Between
from ecluse.rules.stay.vocabulary import PREFIX as STAYS
from ecluse.services.access import Reach
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import JournalEntry, StoredEvent

LINES = 200_000
"""Journal lines looked at for one page, when few of their events are still the last of their patient."""


class Changed(NamedTuple):
    """Patients by their last change, the oldest first. next: event after which the following page begins, or None."""

    patients: tuple[str, ...]
    next: int | None


def changed(reach: Reach, span: Between, after: int, limit: int) -> Changed:
    """Patients within reach whose last change lies in a span of time. A page may be short, or empty, before the last.

    :param after: `next` of the page before, 0 for the first page.
    """
    ends = StoredEvent.objects.aggregate(first=Min("id"), last=Max("id"))
    if ends["last"] is None:
        return Changed((), None)
    start = max(after, ends["first"] - 1, _before(span.start) if span.start is not None else 0)
    end = ends["last"] if span.end is None else min(ends["last"], _before(span.end))
    seen = min(end, start + LINES * EVENT_SPAN)
    found = list(_last_events(reach, start, seen)[: limit + 1])
    if len(found) > limit:
        return Changed(tuple(patient for _, patient in found[:limit]), found[limit - 1][0])
    return Changed(tuple(patient for _, patient in found), seen if seen < end else None)


def _last_events(reach: Reach, start: int, end: int) -> QuerySet[StoredEvent, tuple[int, str]]:
    """Id and patient of the events after `start` and up to `end` that are the last of their patient."""
    rows = StoredEvent.objects.filter(id__gt=start, id__lte=end).exclude(patient="")
    if reach.domains is not None:
        rows = rows.filter(domain_id__in=reach.domains)
    if (only := reach.everyone()) is not None:
        rows = rows.filter(patient__in=only)
    later = StoredEvent.objects.filter(patient=OuterRef("patient"), id__gt=OuterRef("id"))
    last = rows.exclude(type__startswith=STAYS).filter(~Exists(later.exclude(type__startswith=STAYS)))
    return last.order_by("id").values_list("id", "patient")


def _before(when: int) -> int:
    """The largest event id that can have been stored before a time (µs since 1970)."""
    ends = JournalEntry.objects.aggregate(first=Min("seq"), last=Max("seq"))
    first, last = ends["first"] or 1, (ends["last"] or 0) + 1
    while first < last:
        middle = (first + last) // 2
        row = JournalEntry.objects.filter(seq__gte=middle).order_by("seq").values_list("seq", "at").first()
        if row is None or row[1] >= when:
            last = middle
        else:
            first = row[0] + 1
    return first * EVENT_SPAN - 1
