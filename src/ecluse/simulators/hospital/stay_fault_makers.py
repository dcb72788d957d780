"""How each fault about stays is made: a good message of ITI-31 spoilt in one way, or a wrong sequence of good ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ecluse.simulators.hospital.compose import to_bytes
from ecluse.simulators.hospital.edits import Edit, all_of, drop, put, same
from ecluse.simulators.hospital.fault_makers import Bench, Maker
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.record import CONSENTS, Record
from ecluse.simulators.hospital.senders import GAM
from ecluse.simulators.hospital.stay_compose import stay_lines
from ecluse.simulators.hospital.stay_course import Course, Desk
from ecluse.simulators.hospital.stay_record import INPATIENT, Stay, StayStep
from ecluse.simulators.hospital.world import doctor

_NOTE = ("Séjour.", "Stay.")


def _numbers(bench: Bench, letter: str) -> Iterator[str]:
    return (f"{letter}{number}" for number in bench.numbers)


class Office:
    """The admissions office of the bench: one patient, its stay, and the messages that tell it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.record = bench.patient()
        self._desk = Desk(
            bench.rng,
            next(bench.clock),
            visits=_numbers(bench, "V"),
            accounts=_numbers(bench, "D"),
            movements=_numbers(bench, "M"),
            doctors=[doctor(bench.rng, bench.people)],
            consents=itertools.cycle(CONSENTS),
            another=lambda _: None,
        )
        self.course = self.stay()

    def stay(self, **more: Any) -> Course:
        """Another stay of the same patient."""
        desk, unit = self._desk, self._desk.unit("ward")
        stay = Stay(
            next(desk.visits), next(desk.accounts), self.record.key, INPATIENT, "in-progress", unit, unit,
            bed=desk.bed(unit), attending=desk.doctors[0], consent=CONSENTS[0], consent_at=desk.now,
        )  # fmt: skip
        return Course(desk, replace(stay, **more))

    def admission(self, course: Course | None = None) -> StayStep:
        """The patient is admitted."""
        return self._move(course or self.course, "A01", times=("admitted",))

    def transfer(self) -> StayStep:
        """The patient goes to another unit."""
        unit = self._desk.unit("ward", self.course.stay.medical)
        return self._move(self.course, "A02", medical=unit, care=unit, bed=self._desk.bed(unit))

    def _move(self, course: Course, event: str, **changes: Any) -> StayStep:
        self._desk.now = next(self.bench.clock)
        return course.move(event, "HMS", _NOTE, after=3, **changes)

    def say(self, step: StayStep, edit: Edit = same, record: Record | None = None, **more: Any) -> Outgoing:
        """The message of a step, spoilt by an edit; record: another patient than that of the office."""
        record = record or self.record
        at, control_id = next(self.bench.clock), next(self.bench.control_ids)
        raw = to_bytes(GAM, edit(stay_lines(step, record, at, control_id, more.get("former"))))
        also = tuple(one.key for one in (more.get("former"), self.record) if one and one.key != record.key)
        return Outgoing(GAM.id, control_id, step.event, raw, *_NOTE, "AA", record.key, at, also)

    def opened(self) -> Iterator[Outgoing]:
        """The patient is created and admitted."""
        yield self.bench.say(self.record)
        yield self.say(self.admission())


def _admission_spoilt(edit: Edit) -> Maker:
    def maker(bench: Bench) -> Iterator[Outgoing]:
        office = Office(bench)
        yield bench.say(office.record)
        yield office.say(office.admission(), edit)

    return maker


def _transfer_spoilt(edit: Edit) -> Maker:
    def maker(bench: Bench) -> Iterator[Outgoing]:
        office = Office(bench)
        yield from office.opened()
        yield office.say(office.transfer(), edit)

    return maker


def unknown_patient(bench: Bench) -> Iterator[Outgoing]:
    """Nothing was said of the patient before its admission."""
    office = Office(bench)
    yield office.say(office.admission())


def unknown_correction(bench: Bench) -> Iterator[Outgoing]:
    """The movement that a Z99 corrects was never sent."""
    office = Office(bench)
    yield from office.opened()
    yield office.say(office.course.correct(office.transfer(), _NOTE))


def unknown_cancellation(bench: Bench) -> Iterator[Outgoing]:
    """The movement that an A12 cancels was never sent."""
    office = Office(bench)
    yield from office.opened()
    yield office.say(office.course.cancel("A12", office.transfer(), _NOTE))


def cancelled_twice(bench: Bench) -> Iterator[Outgoing]:
    """The same transfer is cancelled again by another message."""
    office = Office(bench)
    yield from office.opened()
    step = office.transfer()
    yield office.say(step)
    cancel = office.course.cancel("A12", step, _NOTE)
    yield office.say(cancel)
    yield office.say(cancel)


def corrected_after_cancellation(bench: Bench) -> Iterator[Outgoing]:
    """A Z99 about a transfer that was cancelled."""
    office = Office(bench)
    yield from office.opened()
    step = office.transfer()
    yield office.say(step)
    yield office.say(office.course.cancel("A12", step, _NOTE))
    yield office.say(step._replace(event="Z99", action="UPDATE"))


def one_movement_two_stays(bench: Bench) -> Iterator[Outgoing]:
    """Two stays of one patient begin by the same movement number."""
    office = Office(bench)
    yield bench.say(office.record)
    first = office.admission()
    yield office.say(first)
    second = office.admission(office.stay())
    yield office.say(second._replace(movement=first.movement))


def visit_of_another(bench: Bench) -> Iterator[Outgoing]:
    """The transfer of one patient bears the visit number of another."""
    office = Office(bench)
    yield from office.opened()
    other = bench.patient()
    yield bench.say(other)
    yield office.say(office.transfer(), record=other)


def visit_used_again(bench: Bench) -> Iterator[Outgoing]:
    """The number of a cancelled stay is given to a new one."""
    office = Office(bench)
    yield bench.say(office.record)
    first = office.admission()
    yield office.say(first)
    yield office.say(office.course.undone("A11", first, _NOTE))
    yield office.say(office.admission(office.stay(visit=first.stay.visit, account=first.stay.account)))


def before_the_admission(bench: Bench) -> Iterator[Outgoing]:
    """A transfer dated before the admission, without being said historic."""
    office = Office(bench)
    yield from office.opened()
    step = office.transfer()
    assert step.movement is not None
    early = step.movement.start - timedelta(hours=5)
    yield office.say(step._replace(movement=replace(step.movement, start=early)))


def account_of_nobody(bench: Bench) -> Iterator[Outgoing]:
    """An A44 that does not say which account moves."""
    office = Office(bench)
    yield from office.opened()
    other = bench.patient()
    yield bench.say(other)
    step = StayStep(3, "A44", None, office.course.stay, office.course.stay, *_NOTE)
    edit = all_of(put("PID", 18, ""), put("MRG", 3, ""))
    yield office.say(step, edit, record=other, former=office.record)


_FUTURE = "20990301080000"

STAY_MAKERS: dict[str, Maker] = {
    "stay-unknown-patient": unknown_patient,
    "stay-zbe-missing": _transfer_spoilt(drop("ZBE")),
    "stay-class-missing": _admission_spoilt(put("PV1", 2, "")),
    "stay-in-the-future": _admission_spoilt(
        all_of(put("ZBE", 2, _FUTURE), put("PV1", 44, _FUTURE), put("EVN", 6, _FUTURE))
    ),
    "stay-unknown-correction": unknown_correction,
    "stay-unknown-cancellation": unknown_cancellation,
    "stay-cancelled-twice": cancelled_twice,
    "stay-corrected-after-cancellation": corrected_after_cancellation,
    "stay-action-contradicts-event": _transfer_spoilt(put("ZBE", 4, "CANCEL")),
    "stay-movement-without-number": _transfer_spoilt(put("ZBE", 1, "")),
    "stay-one-movement-two-stays": one_movement_two_stays,
    "stay-visit-of-another": visit_of_another,
    "stay-visit-used-again": visit_used_again,
    "stay-before-the-admission": before_the_admission,
    "stay-account-missing": account_of_nobody,
}
"""Faults about stays, by their line in the catalogue."""
