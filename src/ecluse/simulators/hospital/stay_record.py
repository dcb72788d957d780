"""What the administration knows of a stay at one moment, and says in its messages.

Source: PAM France 2.11.1, ITI-31: venue (PV1-19), administrative file (PID-18), movement (ZBE).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.simulators.hospital.record import Consent, Doctor

INPATIENT, OUTPATIENT, EMERGENCY, RECURRING = "I", "O", "E", "R"
"""Patient classes (PV1-2, table 0004)."""

PRE_ADMITTED, IN_PROGRESS, ON_LEAVE = "pre-admitted", "in-progress", "on-leave"
DISCHARGED, CANCELLED = "discharged", "cancelled"
"""Statuses of a stay."""


class Unit(NamedTuple):
    """A medical unit of the hospital with the care unit and the housing unit that go with it.

    kind: `ward`, `emergency`, `maternity`, `newborn` or `session`; code, label: ZBE-7; care, care_label: ZBE-8; ward:
    PV1-3.1; rooms: PV1-3.2.
    """

    kind: str
    code: str
    label: str
    care: str
    care_label: str
    ward: str
    rooms: tuple[str, ...]


@cache
def units(kind: str) -> tuple[Unit, ...]:
    """The units of one kind."""
    text = (files("ecluse.simulators.hospital") / "data" / "units.json").read_text(encoding="utf-8")
    rows = json.loads(text)["units"]
    return tuple(Unit(**{**row, "rooms": tuple(row["rooms"])}) for row in rows if row["kind"] == kind)


class Bed(NamedTuple):
    """Where a patient lies: housing unit, room, bed (PV1-3)."""

    ward: str
    room: str
    bed: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of a stay, said once to insert it, and again to correct or to cancel it.

    number: value of ZBE-1; event: that inserted it; start: ZBE-2; nature: ZBE-9; historic: ZBE-5.
    """

    number: str
    event: str
    start: datetime
    nature: str
    historic: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay as the administration holds it; `dataclasses.replace` makes the next state.

    visit: number of the venue (PV1-19); account: administrative file (PID-18); patient: `Record.key` of whom it belongs
    to; patient_class: PV1-2; medical, care: units in force, which may differ; planned: expected admission; admission:
    PV1-4; source: PV1-14; entry, exit: PMSI modes (ZFM-1, ZFM-2); by_emergencies: ZFM-5; last: no other venue is
    expected in the file (PV1-41); consent: choices collected for this stay, at consent_at.
    """

    visit: str
    account: str
    patient: str
    patient_class: str
    status: str
    medical: Unit
    care: Unit
    bed: Bed | None = None
    attending: Doctor | None = None
    planned: datetime | None = None
    admitted: datetime | None = None
    discharged: datetime | None = None
    on_leave_since: datetime | None = None
    back_expected: datetime | None = None
    admission: str = "R"
    source: str = "91"
    entry: str = "8"
    exit: str = ""
    by_emergencies: bool = False
    last: bool = True
    consent: Consent | None = None
    consent_at: datetime | None = None


class StayStep(NamedTuple):
    """One message about a stay.

    after: minutes since the previous step; event: MSH-9.2; said: the situation that PV1 and ZBE-7 tell; stay: the truth
    once the message was sent, which differs from it for a historic movement; action: ZBE-4; movement: None for A44;
    former: `Record.key` of the patient the account leaves (A44); prior: where the patient came from (PV1-6).
    """

    after: int
    event: str
    movement: Movement | None
    said: Stay
    stay: Stay
    note_fr: str
    note_en: str
    action: str = "INSERT"
    former: str = ""
    prior: Bed | None = None
