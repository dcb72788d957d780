"""The purge that the worker does by itself, every day, when the settings say for how long things are kept."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ecluse.services.ask_writer import WriterSilent, ask_writer
from ecluse.services.purge_access import purge_access
from ecluse.services.purge_journal import Purged, Retention, older_than, purge_all
from ecluse.services.purge_shared import purge_shared
from ecluse.services.wire import Act, ActResult

log = logging.getLogger(__name__)

OPERATOR = "retention"
"""Who asks, for the journal: the settings."""
_PATIENCE = 2.0
"""Seconds to wait for a writer: on another node's turn to write there is none here."""


class DailyPurge:
    """Remembers what it already said today; keep one per process.

    :param retention: days by category; place: data folder, folder of the keys; writer: socket of the writer;
        most: acts, or batches, per category in one run; access_days: days for which the access trail is kept, and what
        was shared with removed subscribers, 0: for ever.
    """

    def __init__(
        self, retention: Retention, place: tuple[Path, Path], writer: Path, most: int, access_days: int = 0
    ) -> None:
        self._retention = retention
        self._place = place
        self._writer = writer
        self._most = most
        self._access_days = access_days
        self._over: set[tuple[str, int]] = set()

    def run(self, now: int) -> None:
        """Purge what became too old, or a part of it.

        :param now: µs since 1970.
        """
        wishes = [one for one in self._retention.wishes(now) if one not in self._over]
        try:
            self._purge_access(now)
            _, done = purge_all(wishes, self._place, self._perform, now, most=self._most)
        except WriterSilent:
            log.warning("retention: the writer did not answer; the purge is tried again later")
            return
        for one in done:
            self._tell(one)
        finished = {one.category for one in done if not one.more or one.refused is not None}
        # What is left then is refused or damaged: it is told once a day, not at every run.
        self._over = {one for one in self._over if one in self._retention.wishes(now)}
        self._over.update(one for one in wishes if one.category in finished)

    def _purge_access(self, now: int) -> None:
        if not self._access_days:
            return
        gone = purge_access(older_than(self._access_days, now), self._most, self._perform)
        if gone:
            log.info("retention: %d lines of the access trail purged", gone)
        gone = purge_shared(older_than(self._access_days, now), self._most)
        if gone:
            log.info("retention: %d records of what removed subscribers were told purged", gone)

    def _perform(self, name: str, arguments: dict[str, Any]) -> ActResult:
        return ask_writer(self._writer, Act(OPERATOR, name, arguments), _PATIENCE)

    def _tell(self, one: Purged) -> None:
        if one.lines:
            log.info(
                "retention: bytes of %d lines purged (%s before %s)", one.lines, one.category, one.before
            )
        if one.damaged:
            log.error(
                "retention: lines %s are no longer as they were kept, their bytes stay: run `ecluse journal verify`",
                ", ".join(map(str, one.damaged[:20])),
            )
        if one.refused is not None:
            log.error("retention: not purged: %s", one.refused[1])
