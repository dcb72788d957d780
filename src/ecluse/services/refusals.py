"""Refusals of the intake itself: what is not a message, who is not admitted, what a strict sender is told."""

from __future__ import annotations

from typing import Literal

from ecluse.protocols.findings import Finding
from ecluse.rules.identity.model import Decision, Refusal
from ecluse.services.read_frame import Kind
from ecluse.services.rulebook import finding, rules

_UNUSUAL: dict[Kind, tuple[str, str]] = {
    "unreadable": ("SRV-MSG-001", "MSH-2"),
    "oversized": ("SRV-MSG-002", ""),
    "alien": ("SRV-MSG-003", ""),
    "noise": ("SRV-MSG-009", ""),
    "unfinished": ("SRV-MSG-006", ""),
    "crowded": ("SRV-MSG-010", ""),
    "failed": ("SRV-MSG-004", ""),
}


SILENT = frozenset({"ack", "alien", "noise", "unfinished"})
"""Kinds of frames nobody waits an answer for."""


def refusal(ack: Literal["AE", "AR"], rule: str, location: str = "", received: str = "") -> Refusal:
    """A refusal for a rule of the catalogue, with the code of table 0357 the rule gives."""
    return Refusal(ack, rules()[rule].code, finding(rule, location, received))


def unusual(kind: Kind) -> Refusal:
    """Why a frame that is not a message cannot be integrated."""
    return refusal("AE" if kind == "crowded" else "AR", *_UNUSUAL.get(kind, _UNUSUAL["noise"]))


def strictly(decision: Decision, observed: tuple[Finding, ...]) -> Decision:
    """For a sender in strict mode: refuse what was accepted with errors."""
    errors = [one for one in (*observed, *decision.findings) if one.severity == "error"]
    if not errors:
        return decision
    # AE whatever the code: the cause is what the message says, and it must not be sent again unchanged.
    why = Refusal("AE", rules()[errors[0].rule].code, finding("SRV-STR-001"))
    return Decision(refusal=why, findings=decision.findings)
