"""Who sends, how far they are trusted, and what their messages are decided with."""

from __future__ import annotations

from ecluse.protocols.findings import Finding
from ecluse.rules.identity.model import Policy, Refusal
from ecluse.services.intake_settings import IntakeSettings, ListenerRule, policy_of
from ecluse.services.read_frame import Received
from ecluse.services.refusals import refusal
from ecluse.services.rulebook import finding
from ecluse.services.simulated import SIMULATED_SENDERS, SIMULATION
from ecluse.services.told_times import doubtful_times
from ecluse.store.senders import Identified, SenderBook, SenderRecord

_DOUBTS = {"": "SRV-SND-002", "impostor": "SRV-SND-005", "unnamed": "SRV-SND-006"}
"""The rule by which a frame that is nobody's is refused; none of these doubts: too many unknown senders."""


class Admission:
    """Senders by what their frames say of themselves; unknown ones are registered as their listener says."""

    def __init__(self, senders: SenderBook, settings: IntakeSettings) -> None:
        self.senders = senders
        self._settings = settings
        self._policies: dict[int, tuple[SenderRecord, Policy]] = {}
        self._new: set[int] = set()
        self._untold: dict[int, SenderRecord] = {}
        self._now = 0

    def begin(self, now: int) -> None:
        """A batch begins (µs since 1970, UTC)."""
        self._now = now
        self._new = set()

    def sender(self, received: Received) -> SenderRecord | None:
        """The sender of a frame; a message of a new one registers it.

        None for a frame without MSH, for a new sender that sends something else than a message, and when the quota of
        unknown senders is reached.
        """
        if not received.found:
            return None
        if self.senders.bound:
            found, doubt = self._identified(received)
        else:
            found, doubt = self.senders.find(received.listener, received.application, received.facility), ""
        if found is not None or doubt or received.kind != "message":
            return found
        rule = self._settings.listeners.get(received.listener, ListenerRule())
        status = {"confirm": "confirmed", "refuse": "refused"}.get(rule.unknown, "to_confirm")
        if status == "confirmed" and self._settings.environment != "test":
            status = "to_confirm"
        if status != "confirmed" and self.senders.count(status) >= self._settings.unknown_senders:
            return None
        record = SenderRecord(
            id=self.senders.next_sender(),
            listener=received.listener,
            application=received.application,
            facility=received.facility,
            domain=rule.domain,
            status=status,
            policy="tolerant",
            first_seen=self._now,
        )
        self.senders.keep(record)
        self._untold[record.id] = record
        if status == "to_confirm":
            self._new.add(record.id)
        return record

    def _identified(self, received: Received) -> Identified:
        certificate = received.certificate
        return self.senders.identify(
            received.listener,
            received.application,
            received.facility,
            "" if certificate is None else certificate.fingerprint,
        )

    def refusal(self, sender: SenderRecord | None, received: Received) -> Refusal | None:
        """Why the sender of a frame is not admitted, or None."""
        if sender is None:
            rule = _DOUBTS[self._identified(received).doubt]
            return refusal("AR", rule, "MSH-3", _name(received.application, received.facility))
        return refusal("AR", "SRV-SND-001", "MSH-3") if sender.status == "refused" else None

    def introduction(self, sender: SenderRecord | None) -> SenderRecord | None:
        """The registration that the next journal line of a new sender must tell (see `store.trust`), once."""
        return self._untold.pop(sender.id, None) if sender is not None and self._untold else None

    def welcome(self, sender: SenderRecord, received: Received) -> tuple[Finding, ...]:
        """What a message is told of its sender: the first one of an unknown sender, one that its certificate alone
        recognised, one whose times fall in a doubtful hour.
        """
        notes: tuple[Finding, ...] = ()
        if self._new and sender.id in self._new:
            self._new.remove(sender.id)
            notes = (finding("SRV-SND-003", "MSH-3"),)
        if received.certificate is not None:
            notes += _claim(sender, received)
        if received.facts is not None:
            notes += doubtful_times(received.facts.header, self.policy(sender).zone)
        return notes

    def policy(self, sender: SenderRecord) -> Policy:
        """The settings a sender's messages are decided with."""
        known = self._policies.get(sender.id)
        if known is not None and known[0] is sender:
            return known[1]
        policy = policy_of(self._settings, sender, self.senders.domains[sender.domain].authorities)
        self._policies[sender.id] = (sender, policy)
        self._label(sender)
        return policy

    def _label(self, sender: SenderRecord) -> None:
        """Say that the store is a simulation when the simulated hospital sends to a gateway of test: asked once per
        sender and writer, so that messages cost nothing more.
        """
        named = (sender.application, sender.facility) in SIMULATED_SENDERS
        if named and self._settings.environment == "test" and sender.status != "refused":
            self.senders.keep_fact(SIMULATION, "hospital")


def _claim(sender: SenderRecord, received: Received) -> tuple[Finding, ...]:
    """Said when MSH-3 and MSH-4 are not those of the sender that the certificate designates."""
    if (received.application, received.facility) == (sender.application, sender.facility):
        return ()
    claimed = _name(received.application, received.facility)
    return (finding("SRV-SND-004", "MSH-3", claimed, _name(sender.application, sender.facility)),)


def _name(application: str, facility: str) -> str:
    return f"{application} / {facility}"
