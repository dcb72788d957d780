"""A decision on a stay being written: what the message says, the events and findings so far."""

from __future__ import annotations

from typing import Any

from ecluse.protocols.findings import Finding, Severity
from ecluse.protocols.hl7.times import default_zone, read_time, with_offset
from ecluse.protocols.pam.facts import MessageFacts, MovementFacts, StayFacts
from ecluse.rules.identity.matching import survivor
from ecluse.rules.identity.model import Event, Known, Policy
from ecluse.rules.stay import vocabulary as words
from ecluse.rules.stay.fold import fold_stay
from ecluse.rules.stay.model import Fields, KnownStays, Stay
from ecluse.rules.stay.situation import situation

_DAY, _MINUTE = 8, 12

_TIMES = ("PV1-44", "PV1-45", "PV2-8", "PV2-9", "PV2-47")
"""Fields that hold one time (TS)."""


class StayDraft:
    """Collects what an ITI-31 message changes.

    patient: id of the patient the identity part found or created, empty when there is none; now: time of reception, µs
    since 1970, UTC.
    """

    def __init__(
        self, stays: KnownStays, known: Known, facts: MessageFacts, policy: Policy, patient: str, now: int
    ) -> None:
        self.stays = stays
        self.known = known
        self.facts = facts
        self.said: StayFacts = facts.stay or StayFacts()
        self.movement: MovementFacts = self.said.movements[0] if self.said.movements else MovementFacts()
        self.policy = policy
        self.patient = patient
        self.now = now
        self.zone = default_zone(facts.header.sent_at, policy.zone)
        self.events: list[Event] = []
        self.findings: list[Finding] = []

    def emit(self, stay: Stay, type_: str, data: dict[str, Any], patient: str = "") -> Stay:
        """Add an event of a known stay; the stay after it."""
        event = words.event(type_, patient or self.patient, {"stay": stay.id, **data})
        self.events.append(event)
        return fold_stay(stay, (event,))

    def emit_movement(self, stay: Stay, type_: str, data: dict[str, Any]) -> Stay:
        """Add an event of a movement, with the status of the stay before and after it."""
        after = fold_stay(stay, (words.event(type_, self.patient, {"stay": stay.id, **data}),))
        return self.emit(
            stay, type_, {**data, "status": situation(after).status, "was": situation(stay).status}
        )

    def find(
        self, rule: str, severity: Severity, location: str = "", received: str = "", expected: str = ""
    ) -> None:
        """Add a finding."""
        self.findings.append(Finding(rule, severity, location, received, expected))

    def owner(self, stay: Stay) -> str:
        """Id of the patient a stay belongs to now: the survivor of the one it was received for."""
        patient = self.known.patients.get(stay.patient)
        return stay.patient if patient is None else survivor(self.known, patient).id

    def instant(self, text: str) -> int | None:
        """An HL7 time in µs since 1970, UTC; a time without an hour is the beginning of its day."""
        moment = read_time(text, self.zone)
        if moment is None:
            return None
        if moment.instant is None:
            if len(text) < _DAY:
                return None
            moment = read_time(text[:_DAY].ljust(_MINUTE, "0"), self.zone)
        return None if moment is None else moment.instant

    def far_ahead(self, at: int) -> bool:
        """Whether an instant is further after the message (MSH-7, at the latest its reception) than is tolerated."""
        sent = self.instant(self.facts.header.sent_at)
        said = self.now if sent is None else min(sent, self.now)
        return at > said + self.policy.future_movement

    def fields(self) -> Fields:
        """What the message says of the stay by location; times get the offset they had where they were written."""
        said = self.said.fields
        times = [one for one in _TIMES if one in said]
        if not times:
            return said
        return said | {one: ((with_offset(said[one][0][0], self.zone),),) for one in times}

    def start(self) -> tuple[str, int]:
        """When the movement of the message began: ZBE-2, else EVN-6, EVN-2, MSH-7, else the reception.

        :returns: HL7 TS with its offset (empty for the reception), and µs since 1970, UTC.
        """
        header = self.facts.header
        if self.movement.start and self.instant(self.movement.start) is None:
            self.find("STY-ZBE-2-001", "warning", "ZBE-2", "", header.occurred_at or header.recorded_at)
        for text in (self.movement.start, header.occurred_at, header.recorded_at, header.sent_at):
            instant = self.instant(text)
            if instant is not None:
                return with_offset(text, self.zone), instant
        return "", self.now
