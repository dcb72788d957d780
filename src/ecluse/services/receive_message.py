"""Receive messages: decide, keep, and only then answer (design: the way of one message).

One `Intake` runs in the writer process and is the only code that changes identities. It takes a batch in order of
arrival, decides every message in memory, writes the whole batch in one durable transaction, and returns the answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ecluse.services.admission import Admission
from ecluse.services.answer import Answer
from ecluse.services.decide_message import Asked, Decider
from ecluse.services.intake_settings import IntakeSettings
from ecluse.services.quotas import Quotas
from ecluse.services.read_frame import Received
from ecluse.store.ledger import Entry, Ledger
from ecluse.store.senders import SenderBook

log = logging.getLogger(__name__)

PATIENTS_IN_MEMORY = 10_000
KEYS_IN_MEMORY = 50_000

Following = Callable[[], tuple[Sequence[Received], int] | None]
"""The next batch and its time, or None when nothing more has arrived."""


class _Batch(NamedTuple):
    """A batch on its way: frames and time, then what was asked for each, then the answers. failed: nothing is kept."""

    frames: Sequence[Received]
    now: int
    asked: Sequence[Asked] = ()
    answers: Sequence[Answer] = ()
    failed: bool = False


class Intake:
    """Decides and keeps; the caller owns the clock (µs since 1970, UTC)."""

    def __init__(self, ledger: Ledger, senders: SenderBook, settings: IntakeSettings) -> None:
        self.ledger = ledger
        self.senders = senders
        self.settings = settings
        self._quotas = Quotas(settings.folder, settings.minimum_free, settings.refused_bytes)
        self._decider = Decider(ledger, Admission(senders, settings), self._quotas, settings)
        self._committer = ThreadPoolExecutor(1, "commit")
        self._failing = False

    def process(self, batch: Sequence[Received], now: int) -> list[Answer]:
        """Decide and keep one batch; on return every answer's cause is durable."""
        return next(self.work(batch, now, lambda: None))

    def work(self, batch: Sequence[Received], now: int, following: Following) -> Iterator[list[Answer]]:
        """Decide and keep batch after batch; each batch's answers come out once their cause is durable.

        While one batch is made durable, the next is decided in memory on what the first one leaves. When the first
        cannot be kept, both are answered AR 207 and nothing of them is kept: their senders still have them.

        :param following: asked once per batch for the next one.
        """
        current: _Batch | None = self._decide(self._prepare(batch, now))
        while current is not None:
            written = self._write(current)
            upcoming = following()
            if not written:
                yield self._none_kept(current)
                current = None if upcoming is None else self._decide(self._prepare(*upcoming))
            elif upcoming is None:
                yield self._settled(current, self._attempt(self.ledger.finish))
                current = None
            else:
                # Read inside the open transaction, which already holds what the batch before leaves.
                prepared = self._prepare(*upcoming)
                durable = self._committer.submit(self._attempt, self.ledger.finish)
                decided = self._decide(prepared)
                kept = durable.result()
                yield self._settled(current, kept)
                current = decided if kept else decided._replace(failed=True)

    def keep_act(self, entry: Entry, now: int) -> int:
        """Append the line of an act and fold its events; the caller commits. Returns the number of the line."""
        return self._decider.keep_act(entry, now)

    def _prepare(self, frames: Sequence[Received], now: int) -> _Batch:
        """Read what a batch needs to be decided in memory."""
        try:
            if self._quotas.disk_is_full(now):
                return _Batch(frames, now, failed=True)
            return _Batch(frames, now, self._decider.prepare(frames, now))
        except (
            Exception
        ):  # nothing of the batch is kept, so none of it is acknowledged: AR 207, and the story in the log
            self._complain()
            return _Batch(frames, now, failed=True)

    def _decide(self, prepared: _Batch) -> _Batch:
        if prepared.failed:
            return prepared
        try:
            answers = self._decider.decide(prepared.frames, prepared.asked, prepared.now)
        except Exception:  # the same
            self._complain()
            return prepared._replace(failed=True)
        return prepared._replace(answers=answers)

    def _write(self, decided: _Batch) -> bool:
        """Write what a batch decided, in a transaction that is still to be made durable."""
        if decided.failed or not self._attempt(lambda: self.ledger.write(self.senders.write)):
            return False
        # Nothing is pending now: what memory forgets can be read again, in the open transaction too.
        self._bound_memory()
        return True

    def _attempt(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except Exception:  # the same: only a write known to have ended well is acknowledged
            self._complain()
            return False
        return True

    def _settled(self, decided: _Batch, kept: bool) -> list[Answer]:
        """The answers of a batch, now that it is known whether it is durable."""
        if not kept:
            return self._none_kept(decided)
        if self._failing:
            self._failing = False
            log.warning("the store accepts writes again")
        return list(decided.answers)

    def _none_kept(self, batch: _Batch) -> list[Answer]:
        self.recover()
        return [self._decider.unavailable(one, batch.now) for one in batch.frames]

    def _complain(self) -> None:
        # Senders insist while a disk is full: the whole story is told once.
        log.error("messages not kept", exc_info=not self._failing)
        self._failing = True

    def _bound_memory(self) -> None:
        ledger = self.ledger
        keys = sum(map(len, ledger.keys.values()))
        if len(ledger.patients) > PATIENTS_IN_MEMORY or keys + ledger.stays.size > KEYS_IN_MEMORY:
            ledger.forget()
        ledger.clean()

    def recover(self) -> None:
        """Forget what was not written, and reach the database again."""
        for step in (self.ledger.abandon, self.senders.reload):
            try:
                step()
            except Exception as error:  # each is tried again by the next batch
                log.error("the store cannot be read: %s", error)
