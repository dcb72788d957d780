"""The words of the stay rules: stay, movement, what is known before a message.

Source: PAM France 2.11.1, ITI-31 (venue, dossier administratif, mouvement); identity model of the design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ecluse.protocols.pam.facts import Identifier, MovementId, Repetition
from ecluse.rules.identity.model import Event

Status = Literal["", "pre-admitted", "in-progress", "on-leave", "discharged", "cancelled"]
"""Of a stay; empty when nothing was ever said of it."""

Fields = Mapping[str, tuple[Repetition, ...]]
"""What a message says, by HL7 location (`PV1-3`): repetitions of components; a NULL asks to erase."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of a stay, current or historic.

    n: counts from 1 in the stay, in the order of arrival; event: what happened (A01, A02…), whichever event told it;
    start: ZBE-2, or the time that stood for it, with its offset; at: the same in µs since 1970, UTC; historic: whether
    ZBE-5 was Y; medical_unit, care_unit: XON components of ZBE-7 and 8; nature: ZBE-9; fields: see `StayFacts.fields`;
    cancelled: the event that took it back, or empty.
    """

    n: int
    event: str
    ids: tuple[MovementId, ...] = ()
    start: str = ""
    at: int = 0
    historic: bool = False
    medical_unit: Repetition = ()
    care_unit: Repetition = ()
    nature: str = ""
    fields: Fields = field(default_factory=dict)
    cancelled: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay (venue): the fold of its events.

    patient: id of the patient as the stay was received, who may have been merged since; visit, account, preadmit:
    its numbers (PV1-19, PID-18, PV1-5) as received; sender: id of the sender that opened it, which tells apart numbers
    without authority; movements: all of them, in the order of arrival; consent: ZFA-1 to 12 collected for this stay.
    """

    id: str
    patient: str
    version: int = 0
    sender: str = ""
    visit: Identifier | None = None
    account: Identifier | None = None
    preadmit: Identifier | None = None
    movements: tuple[Movement, ...] = ()
    consent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownStays:
    """Stays loaded by the keys that `keys(facts, policy)` asked for: ids by key, and the stays.

    past: for an A44, the events of consents and of moved stays of the patients who had these stays, in order.
    """

    by_key: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stays: Mapping[str, Stay] = field(default_factory=dict)
    past: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
