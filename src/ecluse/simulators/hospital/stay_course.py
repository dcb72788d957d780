"""A stay under way: each method makes one movement happen, and gives the message that tells it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ecluse.simulators.hospital.record import Consent, Doctor
from ecluse.simulators.hospital.stay_record import CANCELLED, Bed, Movement, Stay, StayStep, Unit, units

Note = tuple[str, str]
"""What happens, in French and in English."""


@dataclass
class Desk:
    """The admissions office: chance, numbers, doctors, and the hour it is.

    another: a patient of the hospital other than the one given, or None.
    """

    rng: random.Random
    now: datetime
    visits: Iterator[str]
    accounts: Iterator[str]
    movements: Iterator[str]
    doctors: Sequence[Doctor]
    consents: Iterator[Consent]
    another: Callable[[str], str | None]

    def minutes(self, shortest: int = 8, longest: int = 60) -> int:
        """A believable wait before the next movement of a stay."""
        return self.rng.randint(shortest, longest)

    def unit(self, kind: str, other_than: Unit | None = None) -> Unit:
        """A unit of one kind."""
        return self.rng.choice([one for one in units(kind) if one != other_than])

    def bed(self, unit: Unit, other_than: Bed | None = None) -> Bed:
        """A bed of a unit; a place without a bed where there is none."""
        side = "" if unit.kind == "emergency" else self.rng.choice("PF")
        rooms = [one for one in unit.rooms if other_than is None or one != other_than.room]
        return Bed(unit.ward, self.rng.choice(rooms), side)

    def doctor(self, other_than: Doctor | None = None) -> Doctor:
        """An attending doctor."""
        return self.rng.choice([one for one in self.doctors if one != other_than])


class Course:
    """One stay from its first message on: `stay` is the truth, `movements` what was said and may be taken back."""

    def __init__(self, desk: Desk, stay: Stay) -> None:
        self.desk = desk
        self.stay = stay
        self._before: dict[str, Stay] = {}
        self._after: dict[str, Stay] = {}

    def move(
        self,
        event: str,
        nature: str,
        note: Note,
        *,
        after: int | None = None,
        start: datetime | None = None,
        times: Sequence[str] = (),
        **changes: Any,
    ) -> StayStep:
        """A movement happens.

        :param after: minutes since the previous step; start: of the movement, by default three minutes before its
            message; times: fields of the stay that take the start; changes: other fields of the stay.
        """
        after = self.desk.minutes() if after is None else after
        start = start or self.desk.now + timedelta(minutes=after - 3)
        movement = Movement(next(self.desk.movements), event, start, nature)
        before = self.stay
        self.stay = replace(before, **{**changes, **dict.fromkeys(times, start)})
        self._before[movement.number] = before
        self._after[movement.number] = self.stay
        prior = before.bed if event == "A02" else None
        return StayStep(after, event, movement, self.stay, self.stay, *note, prior=prior)

    def forgotten(self, since: StayStep, note: Note, **changes: Any) -> StayStep:
        """A movement told too late (ZBE-5 = Y): it took place between the step `since` and the last one."""
        assert since.movement is not None
        start = since.movement.start + timedelta(minutes=2)
        movement = Movement(next(self.desk.movements), "A02", start, "HMS", historic=True)
        said = replace(self._after[since.movement.number], **changes)
        return StayStep(self.desk.minutes(), "A02", movement, said, self.stay, *note, prior=since.said.bed)

    def cancel(self, event: str, step: StayStep, note: Note, after: int | None = None) -> StayStep:
        """The last movement is taken back: the situation is again what it was before it."""
        movement = step.movement
        assert movement is not None
        del self._after[movement.number]
        self.stay = self._before.pop(movement.number)
        return StayStep(
            self.desk.minutes() if after is None else after,
            event,
            movement,
            self.stay,
            self.stay,
            *note,
            action="CANCEL",
        )

    def undone(self, event: str, step: StayStep, note: Note) -> StayStep:
        """The first movement is taken back: the stay comes to nothing."""
        movement = step.movement
        assert movement is not None
        said = self.stay
        self.stay = replace(said, status=CANCELLED)
        return StayStep(self.desk.minutes(), event, movement, said, self.stay, *note, action="CANCEL")

    def correct(
        self, step: StayStep, note: Note, *, nature: str = "", start: datetime | None = None, **changes: Any
    ) -> StayStep:
        """A movement is corrected (Z99): what the message says of it, and what that changes of the stay today.

        :param nature: `C` for a correction that moves nobody; changes: the fields corrected.
        """
        assert step.movement is not None
        movement = replace(
            step.movement, nature=nature or step.movement.nature, start=start or step.movement.start
        )
        now = self.stay
        known = {"admitted": now.admitted, "consent": now.consent, "consent_at": now.consent_at}
        said = replace(self._after[movement.number], **{**known, **changes})
        last = next(reversed(self._after)) == movement.number
        # Where a patient was before the last movement is past: the correction changes nothing of today.
        lasting = (
            changes if last else {k: v for k, v in changes.items() if k not in ("medical", "care", "bed")}
        )
        self.stay = replace(self.stay, **lasting)
        self._after[movement.number] = said
        return StayStep(self.desk.minutes(), "Z99", movement, said, self.stay, *note, action="UPDATE")
