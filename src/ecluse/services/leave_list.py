"""What is forgotten when patients leave an inclusion list, so that its tokens and subscribers see them no more."""

from __future__ import annotations

from collections.abc import Sequence

from ecluse.services.access import Reach
from ecluse.services.deliveries.subscribers import all_subscribers
from ecluse.store.forget_deliveries import forget_deliveries
from ecluse.store.models import PatientState
from ecluse.store.models.access import IdempotencyRecord, Token


def leave_list(list_: str, patients: Sequence[str], *, purge: bool) -> None:
    """Forget patients for a list that they were just put out of. Call it inside the writer's transaction.

    An answer kept for an Idempotency-Key of its tokens is not given again when it names one of them.

    :param list_: id of the list; purge: also delete what was delivered about them to its subscribers, and what waits.
    """
    gone = _gone(list_, patients)
    _forget_answers(list_, gone)
    if purge:
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


def _forget_answers(list_: str, patients: frozenset[str]) -> None:
    tokens = [f"token:{one}" for one in Token.objects.filter(inclusion_id=list_).values_list("id", flat=True)]
    names = [one.encode() for one in patients]
    rows = IdempotencyRecord.objects.filter(token__in=tokens).values_list("token", "key", "headers", "body")
    for token, key, headers, body in list(rows):
        kept = bytes(headers) + bytes(body)
        if any(name in kept for name in names):
            IdempotencyRecord.objects.filter(token=token, key=key)._raw_delete("default")
