"""Seal the access trail: sign-ins, reads of patients and searches are chained by the journal and its checkpoints.

Whoever changes, removes or adds a line that is sealed is found by `journal verify`. What was written since the last
seal, a minute at most, is not proved yet.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from ecluse.services.acts.trail import LINES
from ecluse.services.ask_writer import WriterSilent, ask_writer
from ecluse.services.wire import Act
from ecluse.store.models.access import AccessLine
from ecluse.store.models.seals import TrailSeal
from ecluse.store.sealing import COLUMNS, SEAL, Seal, TrailDigest

log = logging.getLogger(__name__)

OPERATOR = "seal"
"""Who asks, for the journal."""
MOST = 200
"""Seals of one run: what is left waits for the next one."""
_PATIENCE = 2.0
"""Seconds to wait for a writer: on another node's turn to write there is none here."""


class TrailSealer:
    """Has the writer seal what was written since the last seal. writer: its socket."""

    def __init__(self, writer: Path) -> None:
        self._writer = writer

    def run(self) -> None:
        """Seal all that is settled, or a part of it."""
        try:
            last = settled()
        except DatabaseError:
            log.warning("the access trail is busy; it is sealed at the next run")
            return
        for _ in range(MOST):
            one = next_seal(last)
            if one is None:
                return
            try:
                done = ask_writer(self._writer, Act(OPERATOR, SEAL, msgspec.to_builtins(one)), _PATIENCE)
            except WriterSilent:
                log.warning("the writer did not answer; the access trail is sealed at the next run")
                return
            if not done.done:
                log.warning("the access trail was not sealed: %s", done.text_en)
                return


def settled() -> int:
    """The id up to which no more line can come: every transaction that took one up to there has ended.

    SQLite writes one transaction at a time, in the order of ids. On PostgreSQL a short lock waits for those that run.

    :raises DatabaseError: they do not end within two seconds.
    """
    if connection.vendor == "sqlite":
        return _newest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute("LOCK TABLE store_accessline IN SHARE MODE")
        return _newest()


def _newest() -> int:
    return AccessLine.objects.aggregate(newest=Max("id"))["newest"] or 0


def next_seal(settled: int) -> Seal | None:
    """The seal of the lines that follow the last one; None when there are none up to `settled`."""
    first = 1 + (TrailSeal.objects.order_by("-last").values_list("last", flat=True).first() or 0)
    lines = AccessLine.objects.filter(id__range=(first, settled)).order_by("id").values_list(*COLUMNS)
    digest, last, times = TrailDigest(), 0, []
    for line in lines[:LINES]:
        digest.add(line)
        last = line[0]
        times.append(line[1])
    return Seal(first, last, digest.count, digest.hex(), min(times), max(times)) if times else None
