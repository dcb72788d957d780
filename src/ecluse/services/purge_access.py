"""Purge the access trail of what is older than its retention, in small acts between which requests write theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ecluse.services.wire import ActResult
from ecluse.store.models.seals import TrailSeal
from ecluse.store.sealing import PURGE

log = logging.getLogger(__name__)


def purge_access(before: int, most: int, perform: Callable[[str, dict[str, Any]], ActResult]) -> int:
    """Delete sealed lines written before a time; return how many.

    Each act is a line of the journal, which explains what is missing. A seal goes as a whole: after a clock was set
    back some lines may stay for another day, and none goes too early.

    :param before: µs since 1970; most: acts at most, what is left waits for the next run; perform: has an act done.
    """
    gone = 0
    for _ in range(most):
        if not TrailSeal.objects.filter(purged=None, newest__lt=before).exists():
            break
        done = perform(PURGE, {"before": before})
        if damaged := done.data.get("damaged"):
            log.error(
                "retention: the lines of the access trail sealed by %s of the journal are no longer as they were sealed"
                " and stay: run `ecluse journal verify`",
                ", ".join(map(str, damaged[:20])),
            )
        if not done.done:
            break
        gone += int(done.data["count"])
    return gone
