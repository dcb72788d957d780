"""What a PAM France message says, as plain immutable records: the words the rules reason about.

Values are decoded and unescaped. In every text value, the empty string means *absent* (leaves what is known
unchanged) and NULL (two double quotes) means *erase* (HL7 v2.5, 2.5.3; PAM France 2.11.1, data types).
"""

from __future__ import annotations

from typing import NamedTuple

Repetition = tuple[str, ...]
"""Components of one repetition, trailing empty components removed; subcomponents are joined by `&` as received."""


class Header(NamedTuple):
    """MSH and EVN. `release` is MSH-12.3 (`2.11`), `version` MSH-12.1; times are HL7 TS as received."""

    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    sent_at: str
    type: str
    event: str
    structure: str
    control_id: str
    processing: str
    version: str
    country: str
    release: str
    recorded_at: str = ""
    occurred_at: str = ""


class Identifier(NamedTuple):
    """One CX: value (NULL to erase), assigning authority (HD: name, universal id, type of it) and type (CX-5)."""

    value: str
    authority: str
    oid: str
    oid_type: str
    type: str


class Name(NamedTuple):
    """One XPN: family name, first given name, list of given names (XPN-3), civility, type L / D / S / U."""

    family: str
    given: str
    given_list: str
    prefix: str
    type: str


class PersonFacts(NamedTuple):
    """What one PID (with PD1, NK1, ROL, ZFD… of its group) says of a person.

    birth_place: XAD-9 of the PID-11 repetition of type BDL; statuses: every repetition of PID-32;
    details: everything demographic, by location (`PID-11`, `PID-13`, `PID-16`, `PD1-4`, `NK1`, `ROL`, `ZFD`,
    `AL1`, `OBX`…): for a field the tuple of its repetitions, for a segment one tuple per segment (its fields as
    ER7 text, from field 1). A location that is absent from the message is absent from the mapping.
    """

    identifiers: tuple[Identifier, ...] = ()
    names: tuple[Name, ...] = ()
    birth_date: str = ""
    sex: str = ""
    birth_place: str = ""
    statuses: tuple[str, ...] = ()
    death_at: str = ""
    death: str = ""
    identity_unknown: str = ""
    corrected_birth_date: str = ""
    details: dict[str, tuple[Repetition, ...]] = {}  # noqa: RUF012  (never changed: read by key only)


class MovementId(NamedTuple):
    """One EI of ZBE-1: value, and the namespace, universal id and type of id of who gave it."""

    value: str
    authority: str
    oid: str
    oid_type: str


class MovementFacts(NamedTuple):
    """One ZBE: ids (ZBE-1), start (ZBE-2, HL7 TS), action (ZBE-4), historic (ZBE-5), origin (ZBE-6, the original
    event), units of medical and of nursing responsibility (ZBE-7 and 8, XON components), nature (ZBE-9, its code).
    """

    ids: tuple[MovementId, ...] = ()
    start: str = ""
    action: str = ""
    historic: str = ""
    origin: str = ""
    medical_unit: Repetition = ()
    care_unit: Repetition = ()
    nature: str = ""


class StayFacts(NamedTuple):
    """What an ITI-31 message says of a stay.

    visit, account, preadmit: PV1-19, PID-18, PV1-5; prior_account, prior_visit: MRG-3 and MRG-5; movements: every ZBE;
    fields: the other non-empty fields kept, by location (`PV1-2`, `PV1-3`, `PV2-9`, `ZFM-1`…), as their repetitions.
    """

    visit: Identifier | None = None
    account: Identifier | None = None
    preadmit: Identifier | None = None
    prior_account: Identifier | None = None
    prior_visit: Identifier | None = None
    movements: tuple[MovementFacts, ...] = ()
    fields: dict[str, tuple[Repetition, ...]] = {}  # noqa: RUF012  (never changed: read by key only)


class MessageFacts(NamedTuple):
    """One message: header, persons (two for A24 and A37), prior identifiers (MRG-1), number of groups.

    consent: ZFA fields 1 to 12 when the segment is present, else the empty tuple; stay: for an event of ITI-31 only.
    """

    header: Header
    persons: tuple[PersonFacts, ...]
    prior: tuple[Identifier, ...] = ()
    merges: int = 0
    consent: Repetition = ()
    stay: StayFacts | None = None
