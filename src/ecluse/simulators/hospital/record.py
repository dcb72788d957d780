"""What a sender knows of a patient at one moment, and says in its messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ecluse.simulators.hospital.people import INS_NIA, Person
from ecluse.simulators.hospital.senders import Authority


class Ins(NamedTuple):
    """A matricule with the OID of its authority."""

    matricule: str
    oid: str

    @property
    def label(self) -> str:
        """CX-4.1: the NIA and the NIR are told apart by the OID, and bear another name too."""
        return "ASIP-SANTE-INS-NIA" if self.oid == INS_NIA else "ASIP-SANTE-INS-NIR"


class Consent(NamedTuple):
    """State of the DMP of a patient. feeding: NA, INO or IO (ZFA-9); consultation: NA, IC or INC (ZFA-11)."""

    feeding: str
    consultation: str
    dmp: str = "ACTIF"


CONSENTS = (
    Consent("INO", "IC"),
    Consent("INO", "INC"),
    Consent("IO", "INC"),
    Consent("INO", "NA"),
    Consent("NA", "NA", "INEXISTANT"),
)
"""The five combinations of the national examples (PAM FR 2.11, ZFA; ansforge/hl7V2-exemples)."""


class Doctor(NamedTuple):
    """A treating doctor: RPPS (11 digits, valid key), names."""

    rpps: str
    name: str
    given_name: str


class Contact(NamedTuple):
    """A person to notify. relation: table 0063; role: table 0131 (C or P in ITI-30)."""

    id: str
    name: str
    given_name: str
    relation: str
    mobile: str
    role: str = "C"


@dataclass(frozen=True, slots=True)
class Record:
    """A patient as a sender holds it; `dataclasses.replace` makes the next state.

    local: value of the local identifier (IPP); authority: of that identifier; status: PID-32 repetitions;
    ins: identifiers sent with type INS; strict: the traits are those INSi returned; erase_used_name: PID-5
    D carries `""`; unknown: identity unknown (PID-31); lunar: day, month, year as on the card, when the
    birth date was completed; insi_at: time of the INSi call; proof: ZFD-7;
    method: ZFD-5 once INSi has answered; mother: local identifier of the mother of a newborn; weeks: of
    gestation; deceased_at: PID-29.
    """

    person: Person
    local: str
    authority: Authority
    status: tuple[str, ...] = ("PROV",)
    ins: tuple[Ins, ...] = ()
    strict: bool = False
    erase_used_name: bool = False
    unknown: bool = False
    lunar: tuple[str, str, str] | None = None
    insi_at: datetime | None = None
    proof: str = ""
    method: str = "INSI"
    mother: str = ""
    weeks: int = 0
    consent: Consent | None = None
    doctor: Doctor | None = None
    contact: Contact | None = None
    deceased_at: datetime | None = None

    @property
    def key(self) -> str:
        """Local id of the patient in the simulator: value and authority."""
        return f"{self.local}@{self.authority.name}"
