"""A decision being written: the events so far, the findings, and the patients as these events leave them."""

from __future__ import annotations

from typing import Any, Literal

from ecluse.protocols.findings import Finding, Severity
from ecluse.protocols.hl7.times import default_zone, with_offset
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.identifiers import Sorted
from ecluse.rules.identity.model import Event, Known, Patient, Policy, Refusal


class Refused(Exception):
    """The message cannot be integrated safely: nothing is changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.finding.rule)
        self.refusal = refusal


def refuse(
    rule: str,
    code: str,
    location: str = "",
    *,
    ack: Literal["AE", "AR"] = "AE",
    received: str = "",
    expected: str = "",
) -> Refused:
    """The exception that ends a decision with an answer: MSA-1, code of table 0357, rule, HL7 location."""
    return Refused(Refusal(ack, code, Finding(rule, "error", location, received, expected)))


def make_room(draft: Draft, patient: Patient | None, added: int) -> None:
    """Refuse what would give a patient more identifiers, current and former, than the setting admits.

    :raises Refused: AE 204: nobody has that many, and each of them stays in memory for good.
    """
    held = len(patient.identifiers) + len(patient.former_identifiers) if patient is not None else 0
    most = draft.policy.max_identifiers
    if added and held + added > most:
        raise refuse("IDN-ID-006", "204", "PID-3", received=str(held + added), expected=str(most))


class Draft:
    """Collects what a message changes. at: time of reception, ISO 8601; said_at: time of the fact (EVN-2), HL7 TS;
    sent_at: that of the message (MSH-7).
    """

    __slots__ = (
        "_folded",
        "_pending",
        "at",
        "events",
        "findings",
        "known",
        "listed",
        "policy",
        "said_at",
        "sent_at",
        "subject",
    )

    def __init__(
        self, known: Known, policy: Policy, at: str, listed: Sorted, said_at: str = "", sent_at: str = ""
    ) -> None:
        self.said_at = said_at or sent_at
        self.sent_at = sent_at
        self.listed = listed
        self.known = known
        self.policy = policy
        self.at = at
        self.events: list[Event] = []
        self.findings: list[Finding] = []
        self.subject = ""
        self._pending: dict[str, list[Event]] = {}
        self._folded: dict[str, Patient] = {}

    @property
    def said(self) -> str:
        """`said_at` with its offset, so that senders of several zones can be compared."""
        return with_offset(self.said_at, default_zone(self.sent_at, self.policy.zone))

    def emit(self, type_: str, patient: str, data: dict[str, Any]) -> None:
        """Add an event in the current version of its format."""
        event = words.event(type_, patient, data)
        self.events.append(event)
        pending = self._pending.get(patient)
        if pending is None:
            self._pending[patient] = [event]
        else:
            pending.append(event)

    def find(
        self, rule: str, severity: Severity, location: str = "", received: str = "", expected: str = ""
    ) -> None:
        """Add a finding."""
        self.findings.append(Finding(rule, severity, location, received, expected))

    def patient(self, id_: str) -> Patient:
        """A patient as the events so far leave it."""
        pending = self._pending.pop(id_, None)
        if pending:
            before = self._folded.get(id_) or self.known.patients.get(id_)
            self._folded[id_] = fold_all(before, pending)
        return self._folded.get(id_) or self.known.patients[id_]
