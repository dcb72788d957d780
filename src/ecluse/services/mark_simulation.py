"""Record in the store that a simulator filled it: what it produced is labelled wherever it appears (design §8).

`ecluse demo` says so itself; of `ecluse simulate hospital`, a gateway of test knows the senders.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.db import transaction

from ecluse.services.simulated import SIMULATION
from ecluse.store.models import Meta


def mark_simulation(turn: AbstractContextManager[None], by: str) -> None:
    """Label the store for good: backups and restored copies carry the label too.

    :param turn: the lock of write transactions; by: what fills the store.
    """
    with turn, transaction.atomic():
        Meta.objects.get_or_create(name=SIMULATION, defaults={"value": by})
