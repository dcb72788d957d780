"""Adds the stays of the patients to a day of identities: the administration says them as they happen.

The messages of identities go through unchanged, whatever the stays: chance and control ids are their own.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from ecluse.simulators.hospital.compose import to_bytes
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import People
from ecluse.simulators.hospital.record import CONSENTS, Record
from ecluse.simulators.hospital.senders import GAM
from ecluse.simulators.hospital.stay_compose import stay_lines
from ecluse.simulators.hospital.stay_course import Desk
from ecluse.simulators.hospital.stay_record import StayStep
from ecluse.simulators.hospital.stay_stories import STAYS, StayStory, birth, delivery, dies, emergency, moved
from ecluse.simulators.hospital.world import doctor

SHARE = 0.7
"""Share of the patients who have a stay, once every kind of stay was told."""


class Census:
    """The patients of the hospital as the administration knows them now, under the keys they were first known by."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._became: dict[str, str] = {}
        self._sure: list[str] = []

    def hear(self, message: Outgoing) -> str | None:
        """Follow a message of the administration; the key of the patient if it is new."""
        record = message.record
        if message.sender != GAM.id or record is None or message.event in ("A24", "A37"):
            return None
        if message.event == "A40" or (message.event == "A47" and message.also):
            (gone,) = message.also
            self._became[gone] = record.key
            self._sure = [one for one in self._sure if one != gone]
        new = record.key not in self._records and message.event in ("A28", "A31")
        self._records[record.key] = record
        # Who may turn out to be somebody else is nobody's right patient.
        if new and message.story != "duplicate" and not record.mother:
            self._sure.append(record.key)
        return record.key if new else None

    def current(self, key: str) -> Record:
        """The record that stands for a key today: merges and new numbers are followed."""
        while key in self._became:
            key = self._became[key]
        return self._records[key]

    def keys(self, key: str) -> tuple[str, ...]:
        """A key and those that replaced it, the current one last."""
        found = [key]
        while found[-1] in self._became:
            found.append(self._became[found[-1]])
        return tuple(found)

    def another(self, key: str) -> str | None:
        """A patient other than that of a key, or None."""
        mine = self.current(key).key
        others = [one for one in self._sure[-12:] if self.current(one).key != mine]
        return others[0] if others else None


def with_stays(messages: Iterable[Outgoing], seed: int, on: date) -> Iterator[Outgoing]:
    """The messages of a day, and among them those of the stays of its patients.

    :param messages: of the identities, in order; they all come out, in the same order.
    """
    told = _Stays(seed, on)
    for message in messages:
        yield from told.until(message.at)
        yield message
        told.hear(message)
    yield from told.until(None)


class _Stays:
    """The stays under way, told in the order of time."""

    def __init__(self, seed: int, on: date) -> None:
        self._rng = rng = random.Random(f"stays {seed} {on}")
        people = People(rng, on)
        self._census = Census()
        self._desk = Desk(
            rng,
            datetime.combine(on, time()),
            visits=_numbers("V", seed, on),
            accounts=_numbers("D", seed, on),
            movements=_numbers("M", seed, on),
            doctors=[doctor(rng, people) for _ in range(9)],
            consents=itertools.cycle(CONSENTS),
            another=self._census.another,
        )
        self._control_ids = (f"V{on:%y%m%d}{seed % 10000:04d}{n:07d}" for n in itertools.count(1))
        self._untold = list(STAYS)
        rng.shuffle(self._untold)
        self._ranks = itertools.count()
        self._going: list[tuple[datetime, int, StayStep, str, Iterator[StayStep]]] = []

    def hear(self, message: Outgoing) -> None:
        """A message of identities was sent: a new patient may have a stay."""
        new = self._census.hear(message)
        if new is None:
            return
        story = self._story(message, new)
        if story is not None:
            self._desk.now = message.at
            self._next(message.at, next(self._ranks), story.__name__, story(self._desk, new))

    def until(self, end: datetime | None) -> Iterator[Outgoing]:
        """What happens before an hour, or all that remains."""
        while self._going and (end is None or self._going[0][0] <= end):
            at, rank, step, name, course = heapq.heappop(self._going)
            yield self._outgoing(step, at, name)
            self._desk.now = at
            self._next(at, rank, name, course)

    def _next(self, at: datetime, rank: int, name: str, course: Iterator[StayStep]) -> None:
        step = next(course, None)
        if step is not None:
            heapq.heappush(self._going, (at + timedelta(minutes=step.after), rank, step, name, course))

    def _story(self, message: Outgoing, patient: str) -> StayStory | None:
        record = message.record
        assert record is not None
        if record.mother:
            return birth
        if message.story in ("newborn", "twins"):
            return delivery
        if message.story == "deceased":
            return dies
        if record.unknown:
            return emergency
        # An account moves to somebody: the story waits for a second patient.
        ready = [
            one
            for one in self._untold
            if one is not moved
            or (message.story != "duplicate" and self._census.another(patient) is not None)
        ]
        if ready:
            self._untold.remove(ready[0])
            return ready[0]
        if self._rng.random() > SHARE:
            return None
        kinds = [one for one in STAYS if one is not moved or message.story != "duplicate"]
        return self._rng.choices(kinds, [STAYS[one] for one in kinds])[0]

    def _outgoing(self, step: StayStep, at: datetime, story: str) -> Outgoing:
        """The message of one step, about the patient as the administration knows it now."""
        record = self._census.current(step.stay.patient)
        former = self._census.current(step.former) if step.former else None
        also = [*self._census.keys(step.stay.patient), *(self._census.keys(step.former) if former else ())]
        control_id = next(self._control_ids)
        lines = stay_lines(step, record, at, control_id, former)
        return Outgoing(
            GAM.id,
            control_id,
            step.event,
            to_bytes(GAM, lines),
            step.note_fr,
            step.note_en,
            "AA",
            record.key,
            at,
            tuple(one for one in dict.fromkeys(also) if one != record.key),
            story=story,
            stay=step.stay,
        )


def _numbers(letter: str, seed: int, on: date) -> Iterator[str]:
    return (f"{letter}{on:%y%j}{seed % 1000:03d}{number:05d}" for number in itertools.count(1))
