"""What stories are made of: the steps they yield, and what they share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from ecluse.simulators.hospital.people import People, Person
from ecluse.simulators.hospital.record import Consent, Contact, Doctor, Ins, Record
from ecluse.simulators.hospital.senders import GAM, HOSPITAL, Sender


class Step(NamedTuple):
    """One message to come. after: minutes since the previous step; the other fields feed `message_lines`."""

    after: int
    sender: Sender
    event: str
    record: Record
    note_fr: str
    note_en: str
    prior: tuple[str, ...] = ()
    identifiers: tuple[str, ...] | None = None
    second: Record | None = None
    also: tuple[str, ...] = ()


@dataclass
class World:
    """What stories share: chance, people, numbers, the OID of the INS and the hour it is."""

    rng: random.Random
    people: People
    numbers: Iterator[str]
    ins_oid: str
    now: datetime
    consents: Iterator[Consent]

    def minutes(self, shortest: int = 4, longest: int = 40) -> int:
        """A believable wait before the next message about a patient."""
        return self.rng.randint(shortest, longest)

    def admitted(self, person: Person | None = None) -> Record:
        """A patient as the administration first writes it down: provisional, with its particulars."""
        person = person or (self.people.child() if self.rng.random() < 0.1 else self.people.adult())
        return Record(
            person,
            next(self.numbers),
            HOSPITAL,
            consent=next(self.consents),
            doctor=self.doctor() if self.rng.random() < 0.6 else None,
            contact=self.contact() if self.rng.random() < 0.5 else None,
        )

    def qualified(self, record: Record, ins: Ins | None = None) -> Record:
        """The same patient once INSi has answered and a proof of identity was seen."""
        return replace(
            record,
            status=("VALI",),
            strict=True,
            insi_at=self.now,
            proof=self.rng.choice(("CN", "PA", "CS")),
            ins=(ins or Ins(record.person.matricule, self.ins_oid),),
        )

    def doctor(self) -> Doctor:
        """A treating doctor."""
        return doctor(self.rng, self.people)

    def contact(self) -> Contact:
        """A person to notify, with the identifier that lets a later message close it (NK1-33)."""
        person = self.people.adult()
        relation = self.rng.choice(("SPO", "CHD", "SIS", "BRO", "FND"))
        return Contact(
            f"C{self.rng.randint(1, 999999):06d}",
            person.birth_name,
            person.given_names[0],
            relation,
            person.mobile,
        )


def doctor(rng: random.Random, people: People) -> Doctor:
    """A doctor; RPPS numbers of test professionals begin with 997."""
    first = f"997{rng.randint(0, 9999999):07d}"
    person = people.adult()
    return Doctor(first + luhn_key(first), person.birth_name, person.given_names[0])


def luhn_key(digits: str) -> str:
    """The digit that completes a number so that its Luhn sum is a multiple of ten."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def created(record: Record) -> Step:
    """The administration writes a patient down."""
    return Step(0, GAM, "A28", record, "Création du patient.", "Patient created.")


def qualification(world: World, record: Record) -> Step:
    """INSi has answered, the proof was seen: the INS travels (A31, VALI)."""
    return Step(
        world.minutes(),
        GAM,
        "A31",
        record,
        "Identité qualifiée : l’INS est transmis.",
        "Identity qualified: the INS is sent.",
    )


def replace_note(step: Step, note_fr: str, note_en: str) -> Step:
    """The same step told otherwise."""
    return step._replace(note_fr=note_fr, note_en=note_en)
