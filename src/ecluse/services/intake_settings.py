"""Settings of the intake (docs: settings)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ecluse.rules.identity.model import Environment, Policy, WrongKey
from ecluse.services.zones import DEFAULT_ZONE, zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ecluse.store.senders import SenderRecord


@dataclass(frozen=True, slots=True)
class ListenerRule:
    """How a listener treats senders. unknown: `to_confirm`, `confirm` (test environment only) or `refuse`.

    zone: IANA name of the zone of times that come without one; mutual_tls: whether its senders come with certificates.
    """

    domain: int = 1
    unknown: str = "to_confirm"
    zone: str = DEFAULT_ZONE
    mutual_tls: bool = False


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What the national documents leave open, and the quotas. Times in µs, sizes in bytes."""

    environment: Environment = "test"
    known_patient_creation: Literal["update", "refuse"] = "update"
    require_strict_traits: bool = True
    require_authority: bool = True
    unvalidated_update: Literal["withdraw", "keep-unusable"] = "withdraw"
    wrong_key: WrongKey = "by-environment"
    other_environment_oid: Literal["set-aside", "refuse"] = "set-aside"
    known_release: tuple[int, ...] = (2, 11)
    stays_update_identity: bool = False
    unknown_movement_update: Literal["insert", "refuse"] = "insert"
    unknown_movement_cancel: Literal["refuse", "ignore"] = "refuse"
    other_event_cancel: Literal["refuse", "accept"] = "refuse"
    future_movement: int = 24 * 3600 * 1_000_000
    max_identifiers: int = 200
    duplicate_window: int = 24 * 3600 * 1_000_000
    unknown_senders: int = 100
    refused_bytes: int = 1 << 30
    minimum_free: int = 0
    folder: str = "."
    listeners: dict[str, ListenerRule] = field(default_factory=dict)


def policy_of(settings: IntakeSettings, sender: SenderRecord, authorities: frozenset[str] | None) -> Policy:
    """The settings a decision on a message of this sender depends on.

    :param authorities: those of the sender's domain; None: any.
    """
    return Policy(
        environment=settings.environment,
        sender=str(sender.id),
        sender_confirmed=sender.status == "confirmed",
        strict=sender.policy == "strict",
        authorities=authorities,
        known_patient_creation=settings.known_patient_creation,
        require_strict_traits=settings.require_strict_traits,
        require_authority=settings.require_authority,
        unvalidated_update=settings.unvalidated_update,
        wrong_key=settings.wrong_key,
        other_environment_oid=settings.other_environment_oid,
        known_release=settings.known_release,
        stays_update_identity=settings.stays_update_identity,
        unknown_movement_update=settings.unknown_movement_update,
        unknown_movement_cancel=settings.unknown_movement_cancel,
        other_event_cancel=settings.other_event_cancel,
        future_movement=settings.future_movement,
        max_identifiers=settings.max_identifiers,
        zone=zone_of(settings, sender),
    )


def zone_of(settings: IntakeSettings, sender: SenderRecord) -> ZoneInfo:
    """The zone of this sender's times that come without one: its own, else that of its listener.

    A sender declared for every listener has the zone that they all share, else the default one.
    """
    if sender.zone:
        return zone(sender.zone)
    rule = settings.listeners.get(sender.listener)
    if rule is not None:
        return zone(rule.zone)
    shared = {one.zone for one in settings.listeners.values()}
    return zone(shared.pop() if len(shared) == 1 else DEFAULT_ZONE)
