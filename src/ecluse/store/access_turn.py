"""Short writes of the web process: the access trail, the last use of a token, answers kept to be given again.

One thread of the process at a time takes the turn to write (`store.turn`), so that they do not outrun the writer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from ecluse.store.turn import Turn

_one = threading.Lock()
_turn: list[Turn] = [Turn(None)]


def use_turn(turn: Turn) -> None:
    """Wait for this turn from now on."""
    _turn[0] = turn


@contextmanager
def writing() -> Iterator[None]:
    """A write transaction of a few rows; on leaving it is durable.

    :raises DatabaseError: nothing was written.
    """
    with _one, _turn[0], transaction.atomic():
        yield
