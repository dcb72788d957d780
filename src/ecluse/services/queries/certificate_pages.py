"""What the pages of certificates and procedures ask besides the lists: uses, alarms told, what is within reach, advice.

The tables of the rules that people read (forms, powers, causes, wordings) are given here as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ecluse.rules.certificates.calendar import severity
from ecluse.rules.certificates.establishment_kind import advise
from ecluse.rules.certificates.facts import families
from ecluse.rules.certificates.procedure import EVENTS
from ecluse.rules.certificates.procedure_model import PRODUCTS
from ecluse.rules.certificates.procedure_steps import (
    Step,
    causes,
    form_413,
    forms,
    powers,
    service_name,
)
from ecluse.rules.certificates.slots import Use, uses
from ecluse.services.acts.authorities import CARDS
from ecluse.services.acts.certificates import REASONS
from ecluse.services.certificates.ends import End, ends
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.queries.certificates_watch import AlarmDocument
from ecluse.services.queries.presentation import moment
from ecluse.store.errors import StoreError
from ecluse.store.models.certificates import CertificateAlarm, HeldCertificate, ProfessionalCard

__all__ = [
    "CARDS", "EVENT_NAMES", "PRODUCTS", "REASONS", "AlarmLine", "Step", "StoreError", "Use", "advise", "alarm_history",
    "causes", "ends_within", "families", "form_413", "forms", "powers", "service_name", "urgency", "uses",
    "within_reach",
]  # fmt: skip

EVENT_NAMES = tuple(EVENTS)
"""What may happen on the way to certificates."""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm that was told. way: `console`, `mail`, `webhook`; threshold: days before the end, or 0; target: whom it
    was sent to; error: why it could not be; seen: when a person dealt with it, or None.
    """

    way: str
    threshold: int
    level: str
    text_fr: str
    text_en: str
    at: str
    target: str
    error: str
    seen: str | None


def alarm_history(about: str) -> tuple[AlarmLine, ...]:
    """All that was told of one thing, the last first. about: as `certificate:FINGERPRINT`."""
    return tuple(
        AlarmLine(
            row.way, row.threshold, row.level, row.text_fr, row.text_en, moment(row.at), row.target, row.error,
            None if row.seen is None else moment(row.seen),
        )
        for row in CertificateAlarm.objects.filter(about=about).order_by("-at", "-id")
    )  # fmt: skip


def within_reach(
    alarms: Iterable[AlarmDocument], establishments: frozenset[int] | None
) -> tuple[AlarmDocument, ...]:
    """The alarms that somebody may see: those of her establishments, and those of none (authorities, mailboxes).

    :param establishments: their ids; None: all.
    """
    if establishments is None:
        return tuple(alarms)
    hidden = _elsewhere(establishments)
    return tuple(one for one in alarms if one.about not in hidden)


def ends_within(settings: CertificateSettings, establishments: frozenset[int] | None) -> tuple[End, ...]:
    """The ends of certificates and authorities that somebody may see, the soonest first; cards, which name people, and
    lists, which change every day, are left out.
    """
    hidden = frozenset() if establishments is None else _elsewhere(establishments)
    return tuple(
        one for one in ends(settings) if one.kind in ("certificate", "authority") and one.about not in hidden
    )


def _elsewhere(establishments: frozenset[int]) -> frozenset[str]:
    """What belongs to other establishments."""
    held = HeldCertificate.objects.exclude(establishment_id__in=establishments)
    cards = ProfessionalCard.objects.exclude(establishment_id__in=establishments)
    return frozenset(
        [f"certificate:{one}" for one in held.values_list("fingerprint", flat=True)]
        + [f"card:{one}" for one in cards.values_list("id", flat=True)]
    )


Urgency = Literal["ok", "warn", "bad"]
"""How pressing an end is, as the pages show it."""


def urgency(days: int, ended: bool) -> Urgency:
    """As alarms are: the last week and afterwards `bad`, the last month `warn`. days: whole days left."""
    if ended:
        return "bad"
    return {"critical": "bad", "warning": "warn"}.get(severity(days), "ok")  # type: ignore[return-value]
