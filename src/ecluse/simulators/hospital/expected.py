"""What a receiver should hold once the messages of a day are played: the truth of the senders, to compare
with.

Reckoned from what the senders know, not from the messages: no rule of the gateway is used here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.record import Ins, Record
from ecluse.simulators.hospital.senders import HOSPITAL
from ecluse.simulators.hospital.stay_record import CANCELLED, DISCHARGED, ON_LEAVE, PRE_ADMITTED, Bed, Stay


class Expected(NamedTuple):
    """State of one patient. local, authority: its number and the OID of who gave it; ins: the INS that may
    be used, None without one; merged_into: the number of the record that replaces it; former: numbers it
    bore before;
    record: the last full word of the senders."""

    local: str
    authority: str
    statuses: tuple[str, ...]
    ins: Ins | None
    deceased: bool
    merged_into: str | None
    former: tuple[str, ...]
    record: Record


class ExpectedStay(NamedTuple):
    """State of one stay; times are those of the hospital, None when there is none.

    visit: its number; authority: OID of who gave it; account: number of its file; patient: local number of whom it
    belongs to in the end; medical_unit, care_unit: codes; bed: where the patient lies; attending: RPPS of the doctor;
    feeding, consultation: choices about the DMP collected for this stay (ZFA-9, ZFA-11).

    Of a stay that came to nothing, nothing is expected but its status and its choices.
    """

    visit: str
    authority: str
    account: str
    patient: str
    status: str
    patient_class: str = ""
    medical_unit: str = ""
    care_unit: str = ""
    bed: Bed | None = None
    attending: str = ""
    admitted: datetime | None = None
    discharged: datetime | None = None
    on_leave_since: datetime | None = None
    feeding: str = ""
    consultation: str = ""


def expected_stays(messages: Sequence[Outgoing]) -> dict[str, ExpectedStay]:
    """State of every stay of a day, by its number; a stay follows its patient when records are merged."""
    became: dict[str, str] = {}
    found: dict[str, Stay] = {}
    for message in messages:
        if message.stay is not None:
            found[message.stay.visit] = message.stay
        elif message.event in ("A40", "A47") and message.also and message.record is not None:
            (gone,) = message.also
            became[gone] = message.record.key
    return {visit: _stay_state(stay, became) for visit, stay in found.items()}


def _stay_state(stay: Stay, became: dict[str, str]) -> ExpectedStay:
    patient = stay.patient
    while patient in became:
        patient = became[patient]
    consent = stay.consent
    state = ExpectedStay(
        stay.visit,
        HOSPITAL.oid,
        stay.account,
        patient.removesuffix(f"@{HOSPITAL.name}"),
        stay.status,
        feeding=consent.feeding if consent else "",
        consultation=consent.consultation if consent else "",
    )
    if stay.status == CANCELLED:
        return state
    return state._replace(
        patient_class=stay.patient_class,
        medical_unit=stay.medical.code,
        care_unit=stay.care.care,
        bed=stay.bed,
        attending=stay.attending.rpps if stay.attending else "",
        admitted=None if stay.status == PRE_ADMITTED else stay.admitted,
        discharged=stay.discharged if stay.status == DISCHARGED else None,
        on_leave_since=stay.on_leave_since if stay.status == ON_LEAVE else None,
    )


def expected(messages: Iterable[Outgoing]) -> dict[str, Expected]:
    """State of every patient of a day, by local id (`Outgoing.patient`); a renamed patient bears its last
    number."""
    found: dict[str, Expected] = {}
    for message in messages:
        record = message.record
        if record is None or message.event in ("A24", "A37"):
            continue
        known = found.get(message.patient)
        if message.event == "A40":
            (gone,) = message.also
            found[gone] = found[gone]._replace(merged_into=record.local)
        elif message.event == "A47" and message.also:
            (old,) = message.also
            before = found.pop(old)
            found[message.patient] = _state(before.record, (*before.former, before.local), record.local)
        elif message.event == "A47" and known:
            # An A47 says the identifiers and the status; the rest of the record waits for an A31.
            found[message.patient] = known._replace(statuses=record.status, ins=_usable(record))
        else:
            found[message.patient] = _state(record, known.former if known else ())
    return found


def _state(record: Record, former: tuple[str, ...], local: str | None = None) -> Expected:
    return Expected(
        local or record.local,
        record.authority.oid,
        record.status,
        _usable(record),
        record.deceased_at is not None,
        None,
        former,
        record,
    )


def _usable(record: Record) -> Ins | None:
    # When a NIA and a NIR travel together the NIR, written last, is the one that stays (PAM FR, NIA to NIR).
    return record.ins[-1] if record.ins else None
