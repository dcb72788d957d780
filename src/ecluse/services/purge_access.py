"""Purge the access trail of what is older than its retention, in small batches between which requests write theirs."""

from __future__ import annotations

from ecluse.store.access_turn import writing
from ecluse.store.models.access import AccessLine

LINES = 500
"""Lines of one batch."""


def purge_access(before: int, most: int) -> int:
    """Delete lines written before a time; return how many.

    Lines are looked at in the order in which they were written, and a batch that holds a younger one is the last: after
    a clock was set back, some may stay for another day, and none goes too early.

    :param before: µs since 1970; most: batches at most, what is left waits for the next run.
    :raises DatabaseError: the store cannot be written.
    """
    gone = 0
    for _ in range(most):
        rows = list(AccessLine.objects.order_by("id").values_list("id", "at")[:LINES])
        old = sum(at < before for _, at in rows)
        if not old:
            break
        with writing():
            AccessLine.objects.filter(id__lte=rows[-1][0], at__lt=before)._raw_delete("default")
        gone += old
        if old < LINES:
            break
    return gone
