"""What is forgotten when patients leave an inclusion list, so that its tokens and subscribers see them no more."""

from __future__ import annotations

from collections.abc import Sequence

from ecluse.services.access import Reach
from ecluse.services.deliveries.subscribers import all_subscribers
from ecluse.store.forget_deliveries import forget_deliveries
from ecluse.store.models import PatientState


def leave_list(list_: str, patients: Sequence[str], *, purge: bool) -> None:
    """Forget patients for a list that they were just put out of. Call it inside the writer's transaction.

    :param list_: id of the list; purge: also delete what was delivered about them to its subscribers, and what waits.
    """
    if purge:
        gone = _gone(list_, patients)
        forget_deliveries((one.id for one in all_subscribers() if one.options.inclusion == list_), gone)


def _gone(list_: str, patients: Sequence[str]) -> frozenset[str]:
    """These patients, and those they were merged into that the list reaches by nobody else: the same person."""
    found = set(patients)
    latest = found
    while latest:
        rows = PatientState.objects.filter(id__in=sorted(latest)).exclude(merged_into="")
        latest = set(rows.values_list("merged_into", flat=True)) - found
        found |= latest
    return frozenset(found - (Reach(None, list_).only() or frozenset()))
