"""What is forgotten of patients purged from an inclusion list."""

from __future__ import annotations

from collections.abc import Sequence

from ecluse.services.access import Reach
from ecluse.services.deliveries.subscribers import all_subscribers
from ecluse.services.queries.access import to_purge
from ecluse.store.access_turn import writing
from ecluse.store.forget_deliveries import forget_deliveries, forget_shared
from ecluse.store.models import PatientState
from ecluse.store.models.deliveries import Delivered

_PART = 400
"""Values of one query."""


def leave_list(list_: str, patients: Sequence[str], *, purge: bool) -> None:
    """Forget patients for a list that they were just put out of. Call it inside the writer's transaction.

    :param list_: id of the list; purge: also delete what was delivered about them to its subscribers, and what waits.
    """
    if purge:
        gone = _gone(list_, patients)
        forget_deliveries((one.id for one in all_subscribers() if one.options.inclusion == list_), gone)


def forget_late() -> None:
    """Delete what a deliverer wrote down of purged patients after their purge: it does so within some seconds.

    :raises DatabaseError: the store cannot be written.
    """
    bound: dict[str, list[str]] = {}
    for one in all_subscribers():
        if one.options.inclusion:
            bound.setdefault(one.options.inclusion, []).append(one.id)
    for list_, subscribers in bound.items():
        gone = sorted(_gone(list_, to_purge(list_)))
        rows = Delivered.objects.filter(subscriber__in=subscribers).values_list("patient", flat=True)
        for start in range(0, len(gone), _PART):
            if late := frozenset(rows.filter(patient__in=gone[start : start + _PART])):
                with writing():
                    forget_shared(subscribers, late)


def _gone(list_: str, patients: Sequence[str]) -> frozenset[str]:
    """These patients, and those they were merged into that the list reaches by nobody else: the same person."""
    found = set(patients)
    latest = found
    while latest:
        rows = PatientState.objects.filter(id__in=sorted(latest)).exclude(merged_into="")
        latest = set(rows.values_list("merged_into", flat=True)) - found
        found |= latest
    return frozenset(found - Reach(None, list_).among(found))
