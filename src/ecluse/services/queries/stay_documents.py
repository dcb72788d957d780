"""The documents readers receive of stays and consents; JSON keys are the names here."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.services.queries.documents import Authority, ConsentDocument


@dataclass(frozen=True, slots=True)
class NumberDocument:
    """A number of a stay, a movement or a doctor, and who gave it."""

    value: str
    authority: Authority


@dataclass(frozen=True, slots=True)
class UnitDocument:
    """A functional unit (UF): its code and its label."""

    code: str
    label: str | None


@dataclass(frozen=True, slots=True)
class LocationDocument:
    """Where the patient is (PL): unit of housing, room, bed, and the facility (PL-4) with its identifier."""

    unit: str | None
    room: str | None
    bed: str | None
    facility: Authority | None


@dataclass(frozen=True, slots=True)
class DoctorDocument:
    """A doctor (XCN): number, family name, given name."""

    number: str | None
    family: str | None
    given: str | None


@dataclass(frozen=True, slots=True)
class DetailDocument:
    """A field kept as received, by its HL7 location (`ZFM-1`, `PV1-36`…): repetitions of components."""

    location: str
    values: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ExpectedDocument:
    """What is announced and has not come yet: the event (A14, A15, A16) and its time, ISO 8601 as far as known."""

    event: str
    at: str | None


@dataclass(frozen=True, slots=True)
class SituationDocument:
    """Where a stay stands. Times: ISO 8601, as precise as received.

    status: `pre-admitted`, `in-progress`, `on-leave`, `discharged` or `cancelled`; patient_class: PV1-2; facility:
    PV1-39.
    """

    status: str
    patient_class: str | None
    medical_unit: UnitDocument | None
    care_unit: UnitDocument | None
    location: LocationDocument | None
    temporary_location: LocationDocument | None
    pending_location: LocationDocument | None
    facility: str | None
    attending: tuple[DoctorDocument, ...]
    referring: tuple[DoctorDocument, ...]
    consulting: tuple[DoctorDocument, ...]
    admitting: tuple[DoctorDocument, ...]
    admitted: str | None
    discharged: str | None
    on_leave_since: str | None
    expected_admission: str | None
    expected_discharge: str | None
    expected_return: str | None
    expected: tuple[ExpectedDocument, ...]
    details: tuple[DetailDocument, ...]


@dataclass(frozen=True, slots=True)
class MovementDocument:
    """One movement. event: A01, A02…; label: what it is; cancelled: the event that took it back, or null."""

    n: int
    event: str
    label_fr: str
    label_en: str
    ids: tuple[NumberDocument, ...]
    start: str | None
    historic: bool
    nature: str | None
    patient_class: str | None
    medical_unit: UnitDocument | None
    care_unit: UnitDocument | None
    location: LocationDocument | None
    cancelled: str | None


@dataclass(frozen=True, slots=True)
class StayDocument:
    """Everything a reader learns of a stay. patient: the one it belongs to now; movements: in order of their dates.

    dmp_consent: what was said of the DMP for this stay, null when nothing was.
    """

    id: str
    patient: str
    version: int
    visit: NumberDocument | None
    account: NumberDocument | None
    preadmit: NumberDocument | None
    situation: SituationDocument
    movements: tuple[MovementDocument, ...]
    dmp_consent: ConsentDocument | None


@dataclass(frozen=True, slots=True)
class DmpStateDocument:
    """What a sender said of the DMP itself (ZFA-1 to 3): hearsay, never checked here. said_at: when it was received."""

    state: str
    date: str | None
    closed: str | None
    said_at: str


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One consent recorded: when (ISO 8601, UTC), by which journal line, and how.

    source: `message`, `api`, `console` or `cli`, `moved` when a stay changed patients (A44); how: `oral`, `written`,
    `online`, null for a message; by: who collected it; stay: the stay it is for, null for the patient in general;
    dmp_consent: the choices then kept.
    """

    at: str
    message: str
    source: str
    how: str | None
    by: str | None
    stay: str | None
    dmp_consent: ConsentDocument | None


@dataclass(frozen=True, slots=True)
class StayConsent:
    """What holds for one stay."""

    stay: str
    visit: NumberDocument | None
    dmp_consent: ConsentDocument


@dataclass(frozen=True, slots=True)
class ConsentsDocument:
    """The consents of a patient: what holds now, in general and by stay, and everything recorded, oldest first."""

    patient: str
    dmp_consent: ConsentDocument | None
    by_stay: tuple[StayConsent, ...]
    dmp_state: DmpStateDocument | None
    history: tuple[ConsentLine, ...]
