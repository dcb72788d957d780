"""Settings of the intake (docs: settings)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecluse.rules.identity.model import Environment


@dataclass(frozen=True, slots=True)
class ListenerRule:
    """How a listener treats senders. unknown: `to_confirm`, `confirm` (test environment only) or `refuse`."""

    domain: int = 1
    unknown: str = "to_confirm"


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What the national documents leave open, and the quotas. Times in µs, sizes in bytes."""

    environment: Environment = "test"
    known_patient_creation: str = "update"
    require_strict_traits: bool = True
    duplicate_window: int = 24 * 3600 * 1_000_000
    unknown_senders: int = 100
    refused_bytes: int = 1 << 30
    minimum_free: int = 0
    folder: str = "."
    listeners: dict[str, ListenerRule] = field(default_factory=dict)
