"""When a delivery that failed is tried again (Standard Webhooks: back-off, jitter, several days)."""

from __future__ import annotations

SECOND = 1_000_000
"""Microseconds."""

PARK_AFTER = 3 * 24 * 3600 * SECOND
"""How long a delivery is tried before it is parked (µs)."""

LONGEST_WAIT = 3600 * SECOND
"""The longest that a destination is left alone, whatever it asks or the clock did (µs)."""

_FIRST = 2 * SECOND
_LONGEST = 15 * 60 * SECOND


def delay(attempts: int, jitter: float) -> int:
    """Microseconds to wait after that many failed attempts: doubled each time, a quarter of an hour at most.

    :param jitter: from 0 to 1; spreads the wait from half of it to one and a half, so that many do not come at once.
    """
    plain = min(_FIRST << min(max(attempts, 1) - 1, 20), _LONGEST)
    return int(plain * (0.5 + jitter))
