"""The access trail: who was shown which patient, on whose behalf, written before the answer leaves.

Lines of requests that come together are written together: the disk is waited for once (group commit without a timer).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from ecluse.store.access_turn import writing
from ecluse.store.models.access import AccessLine


class TrailUnavailable(Exception):
    """The access trail cannot be written: nothing may be shown."""


class Line(NamedTuple):
    """A line to write; see `AccessLine`. at: µs since 1970."""

    at: int
    caller: str
    name: str
    on_behalf_of: str
    action: str
    patient: str
    detail: str


class _Ticket:
    """The lines of one request, and what became of them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.done = False
        self.error: Exception | None = None


class _Trail:
    def __init__(self) -> None:
        self._gathering = threading.Lock()
        self._committing = threading.Lock()
        self._waiting: list[_Ticket] = []

    def write(self, lines: Sequence[Line]) -> None:
        ticket = _Ticket(lines)
        with self._gathering:
            self._waiting.append(ticket)
        with self._committing:
            if not ticket.done:
                with self._gathering:
                    batch, self._waiting = self._waiting, []
                _commit(batch)
        if ticket.error is not None:
            raise TrailUnavailable from ticket.error


def _commit(batch: Sequence[_Ticket]) -> None:
    error: Exception | None = None
    try:
        rows = [AccessLine(**_kept(line)) for ticket in batch for line in ticket.lines]
        with writing():
            AccessLine.objects.bulk_create(rows)
    except Exception as failure:  # whatever went wrong: none of these requests may show anything
        error = failure
    except BaseException:
        error = RuntimeError("the writing was interrupted")
        raise
    finally:
        for ticket in batch:
            ticket.done, ticket.error = True, error


def _kept(line: Line) -> dict[str, str | int]:
    """A line within the columns: a caller may declare any text."""
    kept = {name: getattr(line, name).replace("\x00", "")[:size] for name, size in _SIZES.items()}
    return {**line._asdict(), **kept}


_SIZES = {"caller": 80, "name": 200, "on_behalf_of": 200, "action": 60, "detail": 200}

_trail = _Trail()


def write(lines: Sequence[Line]) -> None:
    """Write lines; on return they are durable.

    :raises TrailUnavailable: when they could not be written.
    """
    _trail.write(lines)
