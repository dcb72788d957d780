"""When a certificate may still be renewed, which alarms are due, and what must be fetched again before it is stale.

A certificate is renewed only while it is active: its end is the last day to act (note IGC-Santé §6.4). The platform
writes one mail to one mailbox, 60 days before or one month by another text: the gateway counts by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ecluse.protocols.x509 import Certificate
from ecluse.rules.certificates.describe import signing_period

DAYS = (120, 90, 60, 30, 15, 7, 1)
"""Days before the end at which an alarm is raised (setting)."""
AUTHORITY_DAYS = (365, 180, 90, 30, 7)
"""The same for a national authority (setting; no source: replacing an anchor takes longer than a renewal)."""
CARD_DAYS = (90, 60, 30, 15, 7)
"""The same for a card, without which nobody orders anything (setting; no source)."""
ENDED = 0
"""The step of the end itself: always raised, once."""
_LONGEST = 3650

Severity = Literal["notice", "warning", "critical"]
Rung = Literal["done", "current", "ahead"]
Freshness = Literal["fresh", "to-refresh", "late", "stale"]


class Due(NamedTuple):
    """An alarm to raise now. step: days before the end, `ENDED` (0): it is over.

    covered: steps that passed without an alarm (the gateway was stopped, the certificate is new here): this one stands
    for them, and all are to be noted as sent.
    """

    step: int
    severity: Severity
    covered: tuple[int, ...]


class Next(NamedTuple):
    """The alarm that comes next, if nothing changes."""

    step: int
    at: datetime


class Step(NamedTuple):
    """A rung of the ladder: days before the end, when, and whether it is passed."""

    step: int
    at: datetime
    state: Rung


class Renewal(NamedTuple):
    """Whether a certificate may be renewed. until: the last instant; days: whole days left, never negative."""

    open: bool
    until: datetime
    days: int


def renewal(certificate: Certificate, now: datetime, revoked: bool = False) -> Renewal:
    """Until when a certificate may be renewed: its end, and only while it is active (neither expired nor revoked)."""
    until = certificate.not_after
    return Renewal(certificate.not_before <= now <= until and not revoked, until, days_left(until, now))


def may_sign(certificate: Certificate, now: datetime) -> bool:
    """Whether the key may sign at this instant: inside its own period and the validity (note IGC-Santé §1)."""
    start, end = signing_period(certificate)
    return start <= now <= end


def useful_until(certificate: Certificate, signs: bool) -> datetime:
    """The instant that alarms count down to: a key that signs may have to stop before the certificate ends."""
    return signing_period(certificate).end if signs else certificate.not_after


def days_left(until: datetime, now: datetime) -> int:
    """Whole days before an instant; 0 once it is past, and during the last day."""
    return max((until - now) // timedelta(days=1), 0)


def alarm_due(
    until: datetime, now: datetime, sent: Collection[int], days: Collection[int] = DAYS
) -> Due | None:
    """The alarm to raise now, None when there is none.

    :param until: end of the certificate, authority or card; sent: steps already raised for this one; days: the steps.
    Each step is raised once, and only the nearest to the end: nobody wants seven mails the day the gateway starts.
    """
    passed = [step for step in _steps(days) if now >= _moment(until, step)]
    if not passed or passed[-1] in sent or (sent and min(sent) < passed[-1]):
        return None
    step = passed[-1]
    return Due(step, severity(step), tuple(one for one in passed[:-1] if one not in sent))


def next_alarm(until: datetime, now: datetime, days: Collection[int] = DAYS) -> Next | None:
    """The alarm that comes after this instant; None once the end is past."""
    ahead = [step for step in _steps(days) if _moment(until, step) > now]
    return Next(ahead[0], _moment(until, ahead[0])) if ahead else None


def ladder(until: datetime, now: datetime, days: Collection[int] = DAYS) -> tuple[Step, ...]:
    """Every rung from the farthest to the end; the current one is the last that is passed."""
    steps = _steps(days)
    passed = [step for step in steps if now >= _moment(until, step)]
    states: dict[int, Rung] = dict.fromkeys(passed, "done")
    if passed:
        states[passed[-1]] = "current"
    return tuple(Step(step, _moment(until, step), states.get(step, "ahead")) for step in steps)


def severity(step: int) -> Severity:
    """How loudly a step speaks: the last week is critical, the last month a warning (decision; no source)."""
    if step <= 7:
        return "critical"
    return "warning" if step <= 30 else "notice"


def read_days(text: str) -> tuple[int, ...]:
    """The steps of a setting such as `120, 90, 60`, farthest first. Raises ValueError for anything else."""
    words = [word for word in re.split(r"[,;\s]+", text.strip()) if word]
    if not words or not all(word.isascii() and word.isdigit() and len(word) <= 4 for word in words):
        raise ValueError(text)
    steps = tuple(sorted({int(word) for word in words}, reverse=True))
    if steps[0] > _LONGEST or steps[-1] < 1:
        raise ValueError(text)
    return steps


def list_freshness(this_update: datetime, next_update: datetime, now: datetime) -> Freshness:
    """Whether a revocation list must be fetched again.

    A list is fetched at half its life, and is late in the last quarter: somebody must be told while it still serves.
    After nextUpdate it is stale and proves nothing (RFC 5280 §5.1.2.5). The two fractions are a decision: the national
    lists last six days and come out each day (note IGC-Santé §5).
    """
    if now > next_update:
        return "stale"
    life = next_update - this_update
    if now < this_update + life / 2:
        return "fresh"
    return "to-refresh" if now < this_update + life * 3 / 4 else "late"


def refresh_at(this_update: datetime, next_update: datetime) -> datetime:
    """When a list is to be fetched again: half its life."""
    return this_update + (next_update - this_update) / 2


def _steps(days: Collection[int]) -> tuple[int, ...]:
    """The steps, farthest first, the end included."""
    return tuple(sorted({*days, ENDED}, reverse=True))


def _moment(until: datetime, step: int) -> datetime:
    return until - timedelta(days=step)
