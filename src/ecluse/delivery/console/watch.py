"""The numbers behind the pages, kept by the process: journal lines counted as they come, patients by the side."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache

from django.db import DatabaseError, connection

from ecluse.delivery.console.settings import ConsoleSettings
from ecluse.services.queries.overview import Overview, OverviewReader
from ecluse.services.queries.refusals import Refusal, RefusalReader

log = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds a page waits for a count that runs; then it shows the numbers it has."""
SHARE = 20
"""Counting patients reads all of them: it may take one part in SHARE of the time, so a small store is always fresh."""


class Watch:
    """Overview and refusals for the threads of this process.

    :param clock: microseconds since 1970.
    """

    def __init__(
        self, settings: ConsoleSettings, clock: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self._reader = OverviewReader(
            settings.environment,
            require_strict_traits=settings.require_strict_traits,
            wrong_key=settings.wrong_key,
        )
        self._refusals = RefusalReader()
        self._clock = clock
        self._lines = threading.Lock()
        self._patients = threading.Lock()
        self._due = 0.0
        self._latest: tuple[Overview, tuple[Refusal, ...]] | None = None

    def read(self) -> tuple[Overview, tuple[Refusal, ...]] | None:
        """The numbers and the latest refusals, or None while a large store is counted for the first time.

        :raises DatabaseError: when the database does not answer.
        """
        self._count_patients()
        if self._lines.acquire(timeout=PATIENCE):
            try:
                overview = self._reader.read(self._clock(), count_patients=False)
                self._latest = overview, self._refusals.read()
            finally:
                self._lines.release()
        return self._latest

    def _count_patients(self) -> None:
        if time.monotonic() < self._due or not self._patients.acquire(blocking=False):
            return
        thread = threading.Thread(target=self._count, name="count", daemon=True)
        thread.start()
        thread.join(PATIENCE)

    def _count(self) -> None:
        start = time.monotonic()
        try:
            self._reader.count_patients(self._clock())
        except DatabaseError:
            log.warning("the patients could not be counted: the database does not answer")
        finally:
            connection.close()
            end = time.monotonic()
            self._due = end + SHARE * (end - start)
            self._patients.release()


@lru_cache(maxsize=1)
def watch(settings: ConsoleSettings) -> Watch:
    """The numbers of this gateway: one for the whole process, a new one when settings change."""
    return Watch(settings)
