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


class Changed(NamedTuple):
    """Patients by their last change, the oldest first. next: event after which the following page begins, or None."""

    patients: tuple[str, ...]
    next: int | None


def changed(reach: Reach, span: Between, after: int, limit: int) -> Changed:
    """Patients within reach whose last change lies in a span of time.

    :param after: `next` of the page before, 0 for the first page.
    """
    last = _last_events(reach, span, after)
    found = list(last.order_by("id").values_list("id", "patient")[: limit + 1])
    page = found[:limit]
    return Changed(
        tuple(patient for _, patient in page), page[-1][0] if len(found) > limit and page else None
    )


def count(reach: Reach, span: Between) -> int:
    """How many patients within reach last changed in a span of time."""
    return _last_events(reach, span, 0).count()


def _last_events(reach: Reach, span: Between, after: int) -> QuerySet[StoredEvent]:
    """The last event of each patient, where it lies in the span."""
    first = max(after, _before(span.start) if span.start is not None else 0)
    rows = StoredEvent.objects.filter(id__gt=first).exclude(patient="").exclude(type__startswith=STAYS)
    if reach.domain is not None:
        rows = rows.filter(domain_id=reach.domain)
    if (only := reach.only()) is not None:
        rows = rows.filter(patient__in=only)
    if span.end is not None:
        rows = rows.filter(id__lte=_before(span.end))
    later = StoredEvent.objects.filter(patient=OuterRef("patient"), id__gt=OuterRef("id"))
    return rows.filter(~Exists(later.exclude(type__startswith=STAYS)))


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
