"""Publish: what the journal says of each patient becomes outward events, in order, once.

The publisher follows the journal at its own pace and never makes the writer wait for more than a short transaction.
Its position and what it tells are one transaction: killed at any moment, it goes on as if nothing had happened.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from django.db import connections

from ecluse.rules.identity.model import Environment, Event, Patient, WrongKey
from ecluse.rules.outward import InsStanding, Told, announce, partners
from ecluse.services import publish_events_trust as trust
from ecluse.services.publish_events_links import Links
from ecluse.services.publish_events_patients import Patients, of_identity, read
from ecluse.services.queries.standing import Standings
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.outbox import (
    MOST_EVENTS,
    Line,
    Outbox,
    Outward,
    Overtaken,
    Progress,
    Published,
    Stored,
    Sweep,
    Trusted,
)
from ecluse.store.turn import Turn

log = logging.getLogger(__name__)

LINES = 200
"""Journal lines of one transaction."""
PATIENTS = 500
"""Patients looked at in one step, when something may have changed the standing of many."""
PAUSE = 0.05
"""Seconds between two looks at the journal: how long an event may wait, and all that an idle publisher costs."""
SHARE = 3
"""When behind, the publisher rests for SHARE times as long as it has just worked: messages come first."""
STANDBY = 5.0
"""Seconds before a publisher that found another one at work (PostgreSQL, several nodes) looks again."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """The settings that decide whether an INS is usable (see `queries.standing`)."""

    environment: Environment
    require_strict_traits: bool = True
    wrong_key: WrongKey = "by-environment"

    @property
    def mark(self) -> str:
        """The same as one text, to notice a change."""
        return f"{self.environment} {self.require_strict_traits} {self.wrong_key}"


class _Telling:
    """What one step tells, until it is written."""

    def __init__(self, progress: Progress, published: dict[str, Published]) -> None:
        self.cursor = progress.cursor
        self.events: list[Outward] = []
        self.published = published
        self.changed: dict[str, Published] = {}

    def tell(
        self, line: Line, id_: str, domain: int, patient: Patient, standing: InsStanding,
        events: Sequence[Event] = (), linked: dict[tuple[str, str, str], list[str]] | None = None, joined: int = 0,
    ) -> None:  # fmt: skip
        """Tell of a patient after a line."""
        before = self.published.get(id_)
        told = before.told if before else Told()
        story = announce(told, events, patient, standing, linked, joined)
        for version, one in enumerate(story.announcements, told.version + 1):
            self.events.append(
                Outward(line.seq, id_, one.other, domain, one.type, version, line.at, _encode(one.data))
            )
        after = Published(domain, patient.version, story.told)
        if after != before:
            self.published[id_] = self.changed[id_] = after


class _Given(NamedTuple):
    """What is read of the journal for one step."""

    lines: list[Line]
    events: dict[int, list[Stored]]


class Publisher:
    """Publishes one store.

    :param turn: the turn to write; now: microseconds since 1970.
    """

    def __init__(
        self,
        turn: Turn,
        settings: PublishSettings,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        alias: str = "default",
    ) -> None:
        self._turn = turn
        self._settings = settings
        self._now = now
        self._alias = alias
        self._outbox: Outbox | None = None

    def run(self, stop: threading.Event) -> None:
        """Publish what comes until `stop` is set; what fails is raised, and nothing of it is kept."""
        try:
            while not stop.is_set():
                start = time.monotonic()
                try:
                    done = self.step()
                except Overtaken:
                    stop.wait(STANDBY)
                    continue
                stop.wait(SHARE * (time.monotonic() - start) if done >= LINES else PAUSE)
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection of this thread back; the next step opens one again."""
        self._outbox = None
        connections[self._alias].close()

    def step(self) -> int:
        """Publish a bounded part of what follows; return how many lines or patients were looked at, 0: all is told.

        :raises Overtaken: another node publishes the same store; nothing was written.
        :raises DatabaseError: (of the driver) the same; the next step starts again from what is kept.
        """
        try:
            outbox = self._outbox or self._open()
            if self._progress.sweep is not None:
                return self._sweep(outbox, self._progress.sweep)
            given = self._given(outbox)
            return self._publish(outbox, given) if given.lines else 0
        except BaseException:
            self._outbox = None
            raise

    def _open(self) -> Outbox:
        outbox = Outbox(self._turn, self._alias)
        self._progress = _resumed(outbox.progress(), self._settings.mark, self._now())
        self._patients = Patients(outbox)
        self._links = Links(outbox)
        self._judge(self._progress.trusted)
        self._outbox = outbox
        return outbox

    def _judge(self, trusted: Trusted) -> None:
        one = self._settings
        self._standings = Standings(
            one.environment, one.require_strict_traits, one.wrong_key, trust.vouches(trusted)
        )

    # ---- the journal, line after line ---------------------------------------------------------------------------

    def _given(self, outbox: Outbox) -> _Given:
        """The next lines, whole, and their events."""
        lines = outbox.lines(self._progress.line, LINES)
        if not lines:
            return _Given([], {})
        rows = outbox.events(lines[0].seq, lines[-1].seq)
        if len(rows) == MOST_EVENTS:
            last = rows[-1].id // EVENT_SPAN
            lines = [line for line in lines if line.seq < last]
        events = {seq: list(part) for seq, part in groupby(rows, lambda row: row.id // EVENT_SPAN)}
        return _Given(lines, events)

    def _publish(self, outbox: Outbox, given: _Given) -> int:
        progress = self._progress
        ids = {row.patient for rows in given.events.values() for row in rows if row.patient}
        telling = _Telling(progress, outbox.published(ids))
        self._patients.load([one for one in ids if one in telling.published])
        trusted, sweep, done = progress.trusted, None, 0
        for line in given.lines:
            trusted, shift = trust.read(trusted, line.details)
            if trusted is not progress.trusted:
                self._judge(trusted)
            self._line(telling, line, given.events.get(line.seq, []))
            done += 1
            if shift is not None:
                sweep = Sweep(line.at, senders=shift.senders, domains=shift.domains)
                break
        self._write(outbox, telling, line=given.lines[done - 1].seq, trusted=trusted, sweep=sweep)
        return done if sweep is None else LINES

    def _line(self, telling: _Telling, line: Line, rows: list[Stored]) -> None:
        """Tell what one line says, patient after patient."""
        events = read(rows)
        linked = partners(events)
        joined = self._links.line(rows[0].domain, events) if rows else {}
        mine: dict[str, list[Event]] = {}
        domains: dict[str, int] = {}
        for row, event in zip(rows, events, strict=True):
            if event.patient:
                mine.setdefault(event.patient, []).append(event)
                domains[event.patient] = row.domain
        for id_, theirs in mine.items():
            patient = self._patients.after(id_, telling.published.get(id_), of_identity(theirs), line.seq)
            standing = self._standing(patient, domains[id_])
            telling.tell(line, id_, domains[id_], patient, standing, theirs, linked, joined.get(id_, 0))

    def _standing(self, patient: Patient, domain: int) -> InsStanding:
        level, reason = self._standings.judge(patient, domain)
        return InsStanding(level, patient.ins.key if patient.ins else "", reason.code if reason else "")

    # ---- patients whose standing a line may have changed ---------------------------------------------------------

    def _sweep(self, outbox: Outbox, sweep: Sweep) -> int:
        """Look at the next patients of a sweep, as of the line that caused it."""
        progress = self._progress
        found = outbox.told_after(sweep.after, PATIENTS)
        telling = _Telling(progress, {id_: one for id_, one, _ in found})
        self._patients.hand_over({id_: state for id_, _, state in found if state is not None})
        line = Line(progress.line, sweep.at, b"")
        for id_, published, _ in found:
            patient = self._patients.after(id_, published, (), line.seq)
            if _concerned(sweep, patient, published.domain):
                standing = self._standing(patient, published.domain)
                telling.tell(line, id_, published.domain, patient, standing)
        following = msgspec.structs.replace(sweep, after=found[-1][0]) if len(found) == PATIENTS else None
        self._write(outbox, telling, line=line.seq, trusted=progress.trusted, sweep=following)
        return LINES

    def _write(
        self, outbox: Outbox, telling: _Telling, *, line: int, trusted: Trusted, sweep: Sweep | None
    ) -> None:
        cursor = telling.cursor + len(telling.events)
        progress = msgspec.structs.replace(
            self._progress, line=line, cursor=cursor, trusted=trusted, sweep=sweep
        )
        outbox.write(progress, telling.events, telling.changed, self._links.changes(), self._now())
        self._progress = progress


def _concerned(sweep: Sweep, patient: Patient, domain: int) -> bool:
    if sweep.everyone or domain in sweep.domains:
        return True
    held = patient.ins
    return held is not None and any(one in sweep.senders for one in (held.sender, *held.also))


def _resumed(progress: Progress, settings: str, now: int) -> Progress:
    """The progress to go on from: a feed that begins has an epoch, new settings judge every patient again."""
    changes: dict[str, Any] = {"settings": settings}
    if not progress.epochs:
        changes["epochs"] = [(uuid.uuid4().hex[:12], 0)]
    if not progress.line:
        changes["trusted"] = trust.start()
    elif settings != progress.settings:
        changes["sweep"] = Sweep(now, everyone=True)
    return msgspec.structs.replace(progress, **changes)
