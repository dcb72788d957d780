"""How much an intake takes: room on the disk, and bytes of those nobody vouches for."""

from __future__ import annotations

import logging
import shutil

log = logging.getLogger(__name__)

_DAY = 86_400_000_000


class Quotas:
    """Counts and looks; the caller owns the clock (µs since 1970, UTC).

    :param folder: data folder; minimum_free: bytes to leave free on its disk.
    :param refused_bytes: bytes per listener and day that may be kept of what is refused to senders nobody
        has confirmed.
    """

    def __init__(self, folder: str, minimum_free: int, refused_bytes: int) -> None:
        self._folder = folder
        self._minimum_free = minimum_free
        self._refused_bytes = refused_bytes
        self._looked_at = 0
        self._full = False
        self._day = 0
        self._kept: dict[str, int] = {}

    def disk_is_full(self, now: int) -> bool:
        """Whether less than the reserve is free; looked at once per second."""
        second = now // 1_000_000
        if second != self._looked_at:
            self._looked_at = second
            full = shutil.disk_usage(self._folder).free < self._minimum_free
            if full and not self._full:
                log.error("disk nearly full: messages are answered AR 207 until room is made")
            self._full = full
        return self._full

    def refused(self, listener: str, size: int, now: int) -> None:
        """Count the bytes of a frame that was refused and kept."""
        day = now // _DAY
        if day != self._day:
            self._day = day
            self._kept.clear()
        before = self._kept.get(listener, 0)
        self._kept[listener] = before + size
        if before <= self._refused_bytes < before + size:
            log.error("quota of refused bytes reached", extra={"listener": listener})

    def exhausted(self, listener: str, now: int) -> bool:
        """Whether a listener has kept its share of refused bytes today."""
        return self._day == now // _DAY and self._kept.get(listener, 0) > self._refused_bytes
