"""The circuit breaker of one destination: a dead one is left alone, and tried by one delivery at a time."""

from __future__ import annotations

from typing import Literal

from ecluse.rules.delivery.schedule import LONGEST_WAIT, delay

FAILURES = 5
"""Failures in a row, without any answer that shows life, that open the circuit."""


class Breaker:
    """Closed: deliveries go. Open: none goes until `until`. Half-open: one goes, and decides.

    Times are µs since 1970. Only failures of the destination itself count (no connection, time-out, 5xx, 429), not
    those of one delivery (a 4xx answer shows a destination that lives).
    """

    def __init__(self, failures: int = 0, until: int = 0) -> None:
        self.failures = failures
        self.until = until
        self._probing = False

    def state(self, now: int) -> Literal["closed", "open", "half-open"]:
        """What the breaker lets through."""
        if self.failures < FAILURES:
            return "closed"
        # A time further away than any wait was set by a clock that has since been put back.
        return "open" if now < self.until <= now + 2 * LONGEST_WAIT else "half-open"

    def room(self, now: int, wanted: int) -> int:
        """How many deliveries may start now, out of `wanted`."""
        state = self.state(now)
        if state == "closed":
            return wanted
        return 0 if state == "open" or self._probing else min(wanted, 1)

    def started(self, now: int) -> None:
        """A delivery starts."""
        if self.state(now) == "half-open":
            self._probing = True

    def lived(self) -> None:
        """The destination answered."""
        self.failures = self.until = 0
        self._probing = False

    def unasked(self) -> None:
        """A delivery ended without asking the destination anything: the next one may try it."""
        self._probing = False

    def died(self, now: int, jitter: float, wait: int = 0) -> None:
        """The destination did not answer, or said that it cannot.

        :param wait: µs it asked for (Retry-After), or 0.
        """
        self.failures += 1
        self._probing = False
        if self.failures >= FAILURES:
            self.until = now + max(delay(self.failures - FAILURES + 1, jitter), min(wait, LONGEST_WAIT))
