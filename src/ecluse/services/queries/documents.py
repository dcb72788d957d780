"""The documents readers receive (design: command line, `patients show --format json`); JSON keys are the
names here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.rules.identity.model import Trust
from ecluse.services.queries.demographics import Demographics


@dataclass(frozen=True, slots=True)
class Authority:
    """An assigning authority: the name of CX-4.1 and the OID of CX-4.2, null when not received."""

    name: str | None
    oid: str | None


@dataclass(frozen=True, slots=True)
class IdentifierDocument:
    """A local identifier."""

    value: str
    authority: Authority
    type: str


@dataclass(frozen=True, slots=True)
class DomainDocument:
    """An identification domain."""

    name: str
    oid: str | None


@dataclass(frozen=True, slots=True)
class InsDocument:
    """An INS that may be used. kind: NIR or NIA; environment: the one its OID belongs to."""

    matricule: str
    oid: str
    kind: str
    environment: str
    key_valid: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is no usable INS: a stable code and the sentence in French and in English."""

    code: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class TraitsDocument:
    """The traits of an identity; birth_date is AAAA-MM-JJ, as precise as it was received."""

    birth_name: str | None
    birth_given_names: str | None
    first_birth_given_name: str | None
    birth_date: str | None
    sex: str | None
    birth_place_code: str | None
    used_name: str | None
    used_given_name: str | None


@dataclass(frozen=True, slots=True)
class ConsentDocument:
    """What the patient said of the DMP (PAM France 2.11, ZFA-9 to ZFA-12), by the codes of the profile."""

    feeding: str | None
    feeding_date: str | None
    consultation: str | None
    consultation_date: str | None


@dataclass(frozen=True, slots=True)
class LinkDocument:
    """An identifier declared to be the same person (A24), and the patient that carries it here, if any."""

    value: str
    authority: Authority
    type: str
    patient: str | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in French and in English."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change: when (ISO 8601, UTC), the event, and the journal line that brought it.

    detail: what changed, matricules masked; application, facility: sender of the message (MSH-3, MSH-4), null for an
    act; operator: who did the act, null for a message.
    """

    at: str
    event: str
    message: str
    detail: Sentence
    application: str | None = None
    facility: str | None = None
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class PatientDocument:
    """Everything a reader learns of a patient. `ins` is null unless it may be used."""

    id: str
    domain: DomainDocument
    status: tuple[str, ...]
    trust: Trust
    ins: InsDocument | None
    ins_reason: Reason | None
    traits: TraitsDocument
    identifiers: tuple[IdentifierDocument, ...]
    dmp_consent: ConsentDocument | None
    merged_into: str | None
    links: tuple[LinkDocument, ...]
    deceased: bool
    history: tuple[HistoryLine, ...]
    demographics: Demographics


@dataclass(frozen=True, slots=True)
class PatientLine:
    """A patient in a list."""

    id: str
    trust: Trust
    identifiers: tuple[IdentifierDocument, ...]
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class PatientPage:
    """A page of patients; `next` is the cursor of the following page, or null."""

    patients: tuple[PatientLine, ...]
    next: str | None
