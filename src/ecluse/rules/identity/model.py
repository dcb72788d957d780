"""The words of the identity rules: patient, event, known state, policy, decision (design: identity model)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from ecluse.protocols.findings import Finding
from ecluse.protocols.pam.facts import Name
from ecluse.rules.ins import Environment as Environment

Trust = Literal["qualifiee", "validee", "provisoire"]
WrongKey = Literal["by-environment", "never-usable", "warn"]

_LONGEST = 80
"""Characters of a part of a key kept as they are."""


def key_part(text: str) -> str:
    """A part of a matching key as an index can hold it: a long one is cut and ends with its digest.

    Whatever it is, two different parts stay different: a part that was cut is too long to be one kept as it is.
    """
    if len(text) <= _LONGEST:
        return text
    return f"{text[:50]}…{sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


def local_key(authority: str, kind: str, value: str) -> str:
    """Matching key of a local identifier inside a domain.

    :param authority: its OID when present, else its name; kind: CX-5.
    """
    return f"{key_part(authority)}|{key_part(kind)}|{key_part(value)}"


class LocalIdentifier(NamedTuple):
    """An identifier kept on a patient. `authority` is the name of CX-4.1, `oid` CX-4.2, `type` CX-5 (PI if absent).

    matching: False for the types and authorities that never designate a patient here (NDP, another domain…).
    """

    value: str
    authority: str
    oid: str
    type: str
    matching: bool = True

    @property
    def key(self) -> str:
        """Matching key inside a domain: authority (OID when present, else name), type, value."""
        key = f"{self.oid or self.authority}|{self.type}|{self.value}"
        return key if len(key) <= _LONGEST else local_key(self.oid or self.authority, self.type, self.value)


class StoredIns(NamedTuple):
    """A matricule INS held for a patient: who sent it (sender id), when (ISO 8601), and who else repeated it."""

    matricule: str
    oid: str
    sender: str
    at: str
    also: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Matching key inside a domain."""
        return f"{self.oid}|INS|{self.matricule}"


class Patient(NamedTuple):
    """One identity: the fold of its events. Kept as an array in the order of its fields: a new field goes last.

    statuses: PID-32 as last received; ins: the current INS, usable or not; suspended: reason code why a stored
    INS waits, or empty; superseded: former INS that still match; withdrawn: INS withdrawn once, which do not match
    unless the patient holds them again; withdrawn_on: when the sender said the last withdrawal (HL7 TS), or empty;
    retired_identifiers: former identifiers that an A40 replaced, which no message may use again;
    ins_dropped: reason code why the last INS received was not kept, or empty; details: demographics by HL7 location,
    see `PersonFacts.details`; merged_into: survivor's id or empty.
    """

    id: str
    version: int = 0
    identifiers: tuple[LocalIdentifier, ...] = ()
    former_identifiers: tuple[LocalIdentifier, ...] = ()
    retired_identifiers: tuple[LocalIdentifier, ...] = ()
    names: tuple[Name, ...] = ()
    birth_date: str = ""
    sex: str = ""
    birth_place: str = ""
    statuses: tuple[str, ...] = ()
    corrected_birth_date: str = ""
    death_at: str = ""
    death: str = ""
    identity_unknown: str = ""
    details: Mapping[str, tuple[tuple[str, ...], ...]] = {}
    consent: tuple[str, ...] = ()
    ins: StoredIns | None = None
    suspended: str = ""
    superseded: tuple[StoredIns, ...] = ()
    withdrawn: tuple[StoredIns, ...] = ()
    withdrawn_on: str = ""
    ins_dropped: str = ""
    collides_with: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    merged_into: str = ""


class Event(NamedTuple):
    """One change, stored for ever: type (`patient.created`), format version, patient id, data (JSON).

    patient is empty only for a link or unlink (A24, A37) between identifiers unknown here.
    """

    type: str
    version: int
    patient: str
    data: dict[str, Any]


class Known(NamedTuple):
    """What is known before a message, loaded by the keys that `keys(facts)` asked for.

    by_key: matching key (local identifier or INS, current or superseded) → ids of the patients that carry it, merged
    ones included; patients: those patients, the survivors of merged ones, and every holder of an INS one of them holds;
    links: A24 links that touch an asked key, as sorted pairs of matching keys (either side may be unknown here).
    """

    by_key: Mapping[str, tuple[str, ...]]
    patients: Mapping[str, Patient]
    links: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings a decision depends on (see docs: settings)."""

    environment: Environment
    sender: str
    sender_confirmed: bool = True
    strict: bool = False
    authorities: frozenset[str] | None = None
    """Authorities (OID or name) of the domain; None: any (default domain)."""
    known_patient_creation: Literal["update", "refuse"] = "update"
    require_strict_traits: bool = True
    require_authority: bool = True
    """False: an identifier without CX-4 designates a patient too (one numbering in the whole domain)."""
    unvalidated_update: Literal["withdraw", "keep-unusable"] = "withdraw"
    """A stored INS when PID-32 is no longer VALI: withdrawn, or kept and waiting for VALI and the INS again."""
    wrong_key: WrongKey = "by-environment"
    """Whether a wrong key makes an INS unusable: in production only, always, or never."""
    other_environment_oid: Literal["set-aside", "refuse"] = "set-aside"
    """An INS whose OID is that of another environment: the message is integrated without it, or refused AE 103."""
    known_release: tuple[int, ...] = (2, 11)
    max_identifiers: int = 200
    """Identifiers, current and former, that one patient may gather: a message that would add more is refused AE 204."""
    stays_update_identity: bool = False
    """True: an ITI-31 message updates the identity of a known patient too, as an A31 would."""
    unknown_movement_update: Literal["insert", "refuse"] = "insert"
    """A Z99 on a movement that its stay does not have: inserted as the event of ZBE-6, or refused AE 204."""
    unknown_movement_cancel: Literal["refuse", "ignore"] = "refuse"
    """The cancellation of a movement that its stay does not have: refused AE 204, or accepted without effect."""
    other_event_cancel: Literal["refuse", "accept"] = "refuse"
    """The cancellation of a movement by an event that does not cancel its kind, and whose ZBE-6 does not name it."""
    future_movement: int = 24 * 3_600_000_000
    """By how much (µs) a movement that is not planned may start after its message, before that is told."""
    zone: tzinfo = UTC
    """Of the sender's times that come without an offset."""


class Refusal(NamedTuple):
    """Why nothing was integrated: AE or AR, code of table 0357, and the finding that explains."""

    ack: Literal["AE", "AR"]
    code: str
    finding: Finding


class Decision(NamedTuple):
    """Events to store, or a refusal; findings of the identity rules in both cases.

    subject: id of the patient the message is about, even when nothing changed; empty when there is none.
    """

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    findings: tuple[Finding, ...] = ()
    subject: str = ""
