"""A day of traffic: all that the three senders say of identities and stays, in order, from the first admission on."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from ecluse.simulators.hospital.compose import message_lines, to_bytes
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import INS_NIR_TEST, People
from ecluse.simulators.hospital.record import CONSENTS
from ecluse.simulators.hospital.stays import with_stays
from ecluse.simulators.hospital.stories import STORIES, Story
from ecluse.simulators.hospital.world import Step, World

SHARES = list(STORIES.values())
FIRST_DAY = date(2026, 3, 2)
OPENING, LAST_ADMISSION = time(6, 30), time(19, 30)


def day(
    seed: int,
    patients: int = 60,
    *,
    stays: bool = True,
    on: date = FIRST_DAY,
    ins_oid: str = INS_NIR_TEST,
) -> Iterator[Outgoing]:
    """The messages of one day, in the order they are sent.

    The same arguments give the same bytes: sending a day twice is a resend, not a second day. Another seed or
    another date gives other control ids and other local numbers. With 21 patients or more, every kind of
    story happens at least once.

    :param patients: number of stories told; a few of them bring two or three people.
    :param stays: with the stays of the patients (ITI-31); the messages of identities (ITI-30) are the same without.
    :param on: the day the messages are dated from.
    :param ins_oid: OID of the NIR: the national test authority, or `INS_NIR` to speak as in production.
    """
    told = _identities(seed, patients, on, ins_oid)
    return with_stays(told, seed, on) if stays else told


def _identities(seed: int, patients: int, on: date, ins_oid: str) -> Iterator[Outgoing]:
    """The messages of ITI-30."""
    rng = random.Random(f"day {seed} {on} {ins_oid}")
    world = World(
        rng,
        People(rng, on),
        _numbers(seed, on),
        ins_oid,
        datetime.combine(on, OPENING),
        itertools.cycle(CONSENTS),
    )
    counts: dict[str, itertools.count[int]] = {}
    for at, step, story in _in_order(world, patients, on):
        count = counts.setdefault(step.sender.id, itertools.count(1))
        control_id = f"{step.sender.prefix}{on:%y%m%d}{seed % 10000:04d}{next(count):07d}"
        yield outgoing(step, at, control_id, story)


def outgoing(step: Step, at: datetime, control_id: str, story: str = "") -> Outgoing:
    """The message of one step of a story."""
    lines = message_lines(
        step.sender,
        step.event,
        step.record,
        at,
        control_id,
        prior=step.prior,
        identifiers=step.identifiers,
        second=step.second,
    )
    return Outgoing(
        step.sender.id,
        control_id,
        step.event,
        to_bytes(step.sender, lines),
        step.note_fr,
        step.note_en,
        "AA",
        step.record.key,
        at,
        step.also,
        story=story,
        record=step.record,
    )


def _numbers(seed: int, on: date) -> Iterator[str]:
    return (f"{on:%y%j}{seed % 1000:03d}{number:06d}" for number in itertools.count(1))


def _in_order(world: World, patients: int, on: date) -> Iterator[tuple[datetime, Step, str]]:
    """Steps of all stories merged by time; only the stories under way are held."""
    opening = datetime.combine(on, OPENING)
    span = datetime.combine(on, LAST_ADMISSION) - opening
    going: list[tuple[datetime, int, Step, str, Iterator[Step]]] = []
    kinds = _kinds(world.rng, patients)
    for number in range(patients + 1):
        arrival = opening + span * number / max(patients, 1)
        while going and (number == patients or going[0][0] <= arrival):
            at, rank, step, name, story = heapq.heappop(going)
            yield at, step, name
            world.now = at
            following = next(story, None)
            if following is not None:
                heapq.heappush(going, (at + timedelta(minutes=following.after), rank, following, name, story))
        if number < patients:
            world.now = arrival
            kind = kinds[number] if number < len(kinds) else world.rng.choices(list(STORIES), SHARES)[0]
            story = kind(world)
            heapq.heappush(going, (arrival, number, next(story), kind.__name__, story))


def _kinds(rng: random.Random, patients: int) -> list[Story]:
    kinds = list(STORIES)
    rng.shuffle(kinds)
    return kinds[:patients]
