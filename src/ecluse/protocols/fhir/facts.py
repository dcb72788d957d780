"""What the builders are told: facts of persons, stays and consents as this gateway keeps them.

Texts are as received, dates and times ISO 8601 as precise as received, an absent value is empty. Nothing here is
checked: a builder leaves out what FHIR cannot carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Trust = Literal["qualifiee", "validee", "provisoire"]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource. number: from 1; at: instant, with its zone."""

    number: int
    at: str


@dataclass(frozen=True, slots=True)
class FhirIdentifier:
    """An identifier of a person, a stay or a professional: value, type (CX-5), authority by name and OID."""

    value: str
    type: str
    authority: str = ""
    oid: str = ""


@dataclass(frozen=True, slots=True)
class FhirIns:
    """An INS that may be used: matricule with its key, and OID of its authority."""

    matricule: str
    oid: str


@dataclass(frozen=True, slots=True)
class FhirName:
    """A name. use: `official` (name of birth), `usual`, or empty; given_list: all given names of birth."""

    use: Literal["official", "usual", ""]
    family: str = ""
    given: str = ""
    given_list: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class FhirAddress:
    """An address (XAD). type: table 0190; insee: code of the commune, or of the country (99…)."""

    street: str = ""
    complement: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    type: str = ""
    insee: str = ""


@dataclass(frozen=True, slots=True)
class FhirTelecom:
    """A way to reach somebody (XTN). use: table 0201; equipment: table 0202; work: from a business field."""

    number: str = ""
    email: str = ""
    use: str = ""
    equipment: str = ""
    work: bool = False


@dataclass(frozen=True, slots=True)
class FhirPractitioner:
    """A professional (XCN, or ROL-4 with its telecoms)."""

    identifier: FhirIdentifier
    family: str = ""
    given: str = ""
    prefix: str = ""
    telecoms: tuple[FhirTelecom, ...] = ()


@dataclass(frozen=True, slots=True)
class FhirContact:
    """Somebody to reach (NK1). relationship: table 0063; role: table 0131; organization: NK1-13."""

    family: str = ""
    given: str = ""
    relationship: str = ""
    role: str = ""
    organization: str = ""
    addresses: tuple[FhirAddress, ...] = ()
    telecoms: tuple[FhirTelecom, ...] = ()


@dataclass(frozen=True, slots=True)
class FhirReliability:
    """How sure an identity is. attributes: codes of PID-32 but VALI and PROV; method, asked_on, proof: ZFD-5 to 7."""

    trust: Trust
    attributes: tuple[str, ...] = ()
    method: str = ""
    asked_on: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class FhirIdentity:
    """An identity in one version. domain: OID of its identification domain, or empty; ins: None unless usable now;
    multiple_birth: `Y` or `N` or empty; birth_order: number or empty; deceased: `Y`, `N` or empty; merged_into:
    survivor's id or empty; replaces: ids of the patients merged into this one.
    """

    id: str
    version: Version
    domain: str
    reliability: FhirReliability
    ins: FhirIns | None = None
    identifiers: tuple[FhirIdentifier, ...] = ()
    names: tuple[FhirName, ...] = ()
    birth_date: str = ""
    birth_date_corrected: str = ""
    birth_place: FhirAddress | None = None
    sex: str = ""
    addresses: tuple[FhirAddress, ...] = ()
    telecoms: tuple[FhirTelecom, ...] = ()
    language: str = ""
    marital_status: str = ""
    nationalities: tuple[str, ...] = ()
    deceased: str = ""
    death_at: str = ""
    multiple_birth: str = ""
    birth_order: str = ""
    contacts: tuple[FhirContact, ...] = ()
    practitioners: tuple[FhirPractitioner, ...] = ()
    merged_into: str = ""
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FhirConsent:
    """A choice of a patient about the DMP. subject: `feeding` (ZFA-9) or `consultation` (ZFA-11); choice: code of the
    field; at: when it was said; stay: id of the stay it was collected for, or empty.
    """

    id: str
    version: Version
    patient: str
    subject: Literal["feeding", "consultation"]
    choice: str
    at: str = ""
    stay: str = ""


@dataclass(frozen=True, slots=True)
class FhirParticipant:
    """A professional of a stay. role: code of v3-ParticipationType; number: as received."""

    role: str
    number: str = ""
    family: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class FhirPlace:
    """Where the patient is housed (PL): unit, room, bed, and the facility by its name."""

    unit: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""


@dataclass(frozen=True, slots=True)
class FhirStay:
    """A stay. status: `pre-admitted`, `in-progress`, `on-leave`, `discharged`, `cancelled` or empty; patient_class:
    table 0004; start, end: its times, of a planned stay the expected ones; unit: code and label of the medical unit.
    """

    id: str
    version: Version
    patient: str
    status: str
    patient_class: str = ""
    visit: FhirIdentifier | None = None
    account: FhirIdentifier | None = None
    preadmit: FhirIdentifier | None = None
    start: str = ""
    end: str = ""
    participants: tuple[FhirParticipant, ...] = ()
    place: FhirPlace | None = None
    unit: tuple[str, str] = ("", "")
    facility: str = ""
