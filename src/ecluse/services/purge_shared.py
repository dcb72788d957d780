"""Purge the record of what was shared with subscribers that were removed since, in small batches."""

from __future__ import annotations

from ecluse.store.access_turn import writing
from ecluse.store.models.deliveries import Delivered, Subscriber

PATIENTS = 500
"""Patients of one batch."""


def purge_shared(before: int, most: int) -> int:
    """Delete the record of what was shared with subscribers that are no more, and last before a time; return how many.

    What was shared with a subscriber stays as long as there is one: whoever got an INS that proves wrong must be told.

    :param before: µs since 1970; most: batches at most, each of one subscriber; what is left waits for the next run.
    :raises DatabaseError: the store cannot be written.
    """
    gone = 0
    for subscriber in _removed():
        rows = Delivered.objects.filter(subscriber=subscriber, last_at__lt=before)
        while most and (batch := list(rows.order_by("patient").values_list("patient", flat=True)[:PATIENTS])):
            with writing():
                rows.filter(patient__in=batch)._raw_delete("default")
            gone += len(batch)
            most -= 1
    return gone


def _removed() -> list[str]:
    """Ids of removed subscribers with whom something was shared; an id never serves twice."""
    living = set(Subscriber.objects.values_list("id", flat=True))
    found: list[str] = []
    one: str | None = ""
    # From one id to the next in the key: there are few subscribers, and many patients of each.
    while one is not None:
        ids = Delivered.objects.filter(subscriber__gt=one).order_by("subscriber", "patient")
        one = ids.values_list("subscriber", flat=True).first()
        if one is not None and one not in living:
            found.append(one)
    return found
