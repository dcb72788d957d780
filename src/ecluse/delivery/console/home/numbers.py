"""The numbers of the first page: read within reach of a visitor, most of them kept and only brought up to date."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import DatabaseError

from ecluse.delivery.console.health import Readiness, readiness
from ecluse.delivery.console.settings import ConsoleSettings
from ecluse.delivery.console.times import local
from ecluse.delivery.console.watch import watch
from ecluse.services.accounts.managing import where
from ecluse.services.accounts.visitor import Visitor
from ecluse.services.answer_delays import Delay, delays
from ecluse.services.queries import (
    consent_worklist,
    daily_figures,
    duplicates,
    habilitations,
    refusal_groups,
    refusal_matrix,
    sender_feeds,
)
from ecluse.services.queries.certificate_pages import within_reach
from ecluse.services.queries.certificates_watch import AlarmDocument, alarms
from ecluse.services.queries.daily_figures import FigureDay
from ecluse.services.queries.habilitations import ReviewClock
from ecluse.services.queries.overview import Overview
from ecluse.services.queries.rates import MINUTE, MINUTES, LastMessage, Minute, RateReader, last_message
from ecluse.services.queries.refusal_groups import Attention
from ecluse.services.queries.refusal_matrix import RefusalMatrix
from ecluse.services.queries.refused_today import RefusedReader, RuleCount
from ecluse.services.queries.sender_feeds import SenderFeed
from ecluse.services.queries.subscribers import SubscriberDocument, every

PATIENCE = 0.5
"""Seconds a page waits for another one that counts; then it shows what was counted before."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the first page tells.

    overview: null while a large store is counted for the first time; minutes, delays: the last hour; refused: since
    midnight, by rule; identities: of the last month, day after day; refusals: of the last week, by rule and sender;
    attention: null without the right to deal with refusals; suspects, uncollected: identities to
    compare and stays whose patient said nothing yet, 0 without the right to know; reviews: of the habilitations, none
    without the right to lead them everywhere; alarms: of certificates, none without the right to see them.
    """

    ready: Readiness
    overview: Overview | None = None
    last: LastMessage | None = None
    minutes: tuple[Minute, ...] = ()
    delays: tuple[Delay, ...] = ()
    refused: tuple[RuleCount, ...] = ()
    identities: tuple[FigureDay, ...] = ()
    refusals: RefusalMatrix | None = None
    feeds: tuple[SenderFeed, ...] = ()
    subscribers: tuple[SubscriberDocument, ...] = ()
    attention: Attention | None = None
    suspects: int = 0
    uncollected: int = 0
    reviews: tuple[ReviewClock, ...] = ()
    alarms: tuple[AlarmDocument, ...] = ()


class Counters:
    """What the process counts as the journal grows, for its threads, one at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._rates = RateReader()
        self._refused = RefusedReader()

    def minutes(self, now: int, domains: frozenset[int] | None) -> tuple[Minute, ...]:
        """Messages per minute of the last hour; none when another page counts for too long.

        :param now: µs since 1970.
        """
        if not self._turn.acquire(timeout=PATIENCE):
            return ()
        try:
            return self._rates.read(now, domains)
        finally:
            self._turn.release()

    def refused(self, midnight: int, domains: frozenset[int] | None) -> tuple[RuleCount, ...]:
        """Refusals since midnight; none when another page counts for too long."""
        if not self._turn.acquire(timeout=PATIENCE):
            return ()
        try:
            return self._refused.read(midnight, domains)
        finally:
            self._turn.release()


@lru_cache(maxsize=1)
def counters(settings: ConsoleSettings) -> Counters:
    """Those of this gateway."""
    return Counters()


def read(settings: ConsoleSettings, visitor: Visitor, now: datetime) -> Numbers:
    """Everything, as far as this visitor may know. A database that does not answer leaves what needs none."""
    ready = readiness(settings)
    if not ready.database:
        return Numbers(ready)
    try:
        return _read(settings, visitor, now, ready)
    except DatabaseError:
        return Numbers(ready)


def _read(settings: ConsoleSettings, visitor: Visitor, now: datetime, ready: Readiness) -> Numbers:
    at = int(now.timestamp() * 1_000_000)
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    known = watch(settings).read()
    kept, domains = counters(settings), visitor.reach("status.read").domains
    refusals = visitor.reach("refusals.manage").domains
    collected = (
        consent_worklist.rates(visitor.reach("consents.record")) if visitor.may("consents.record") else ()
    )
    return Numbers(
        ready=ready,
        overview=known[0].within(domains) if known is not None else None,
        last=last_message(domains),
        minutes=kept.minutes(at, domains),
        delays=delays(settings.writer, range(at // MINUTE - MINUTES + 1, at // MINUTE + 1)),
        refused=kept.refused(int(midnight.timestamp() * 1_000_000), domains),
        identities=daily_figures.identities(at, domains),
        feeds=sender_feeds.every(domains),
        refusals=refusal_matrix.matrix(at, domains),
        subscribers=every(at),
        attention=refusal_groups.attention(at, refusals) if visitor.may("refusals.manage") else None,
        suspects=duplicates.to_look_at(visitor.reach("identities.manage"))
        if visitor.may("identities.manage")
        else 0,
        uncollected=sum(one.missing for one in collected),
        reviews=habilitations.clocks(at) if visitor.granted.get("users.manage", ()) is None else (),
        alarms=within_reach(alarms(), where(visitor.id, "certificates.read"))
        if visitor.may("certificates.read")
        else (),
    )
