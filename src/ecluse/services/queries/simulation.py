"""Whether a simulator filled this store."""

from __future__ import annotations

from ecluse.services.simulated import SIMULATION
from ecluse.store.models import Meta


def simulated() -> bool:
    """Whether people and messages of this store are invented.

    :raises DatabaseError: when the database does not answer.
    """
    return Meta.objects.filter(name=SIMULATION).exists()
