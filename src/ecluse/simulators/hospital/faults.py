"""The catalogue of real-world faults: one message for each, after the messages that prepare it.

What each fault is, where it was seen and what the text lets a sender expect is data: `data/faults.json`. This
module only says how to make it. Everything concerns invented people.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.simulators.hospital.day import FIRST_DAY
from ecluse.simulators.hospital.fault_makers import MAKERS as IDENTITY_MAKERS
from ecluse.simulators.hospital.fault_makers import Bench
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import INS_NIR_TEST, People
from ecluse.simulators.hospital.stay_fault_makers import STAY_MAKERS

MAKERS = IDENTITY_MAKERS | STAY_MAKERS
"""How each line of the catalogue is made."""


class Fault(NamedTuple):
    """One line of the catalogue. seen: what real systems do; expectation: as in `Outgoing`."""

    id: str
    title_fr: str
    title_en: str
    seen: str
    expectation: str
    source: str


@cache
def catalogue() -> tuple[Fault, ...]:
    """The faults this simulator can commit, in the order `faults` sends them."""
    path = files("ecluse.simulators.hospital") / "data" / "faults.json"
    return tuple(Fault(**row) for row in json.loads(path.read_text(encoding="utf-8"))["faults"])


def faults(seed: int, *, on: date = FIRST_DAY, ins_oid: str = INS_NIR_TEST) -> Iterator[Outgoing]:
    """Every fault of the catalogue once, each after its preparation (ordinary messages, `fault` None).

    The same arguments give the same bytes.

    :param on: the day the messages are dated from.
    :param ins_oid: OID of the NIR.
    """
    rng = random.Random(f"faults {seed} {on} {ins_oid}")
    clock = (datetime.combine(on, time(8)) + timedelta(seconds=7 * n) for n in itertools.count())
    local = (f"8{on:%y%j}{seed % 1000:03d}{number:05d}" for number in itertools.count(1))
    control = (f"F{on:%y%m%d}{seed % 10000:04d}{number:07d}" for number in itertools.count(1))
    bench = Bench(rng, People(rng, on), local, control, clock, ins_oid)
    for fault in catalogue():
        *before, last = MAKERS[fault.id](bench)
        for draft in before:
            yield draft._replace(
                note_fr=f"Préparation : {draft.note_fr}", note_en=f"Setting up: {draft.note_en}"
            )
        yield last._replace(
            note_fr=f"{fault.title_fr}.",
            note_en=f"{fault.title_en}.",
            expectation=fault.expectation,
            fault=fault.id,
        )
