"""The status page: is the gateway alive, what came in, what was refused and why, what to do next."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecluse.delivery.console.health import Readiness, readiness
from ecluse.delivery.console.page import read_only
from ecluse.delivery.console.settings import ConsoleSettings, current
from ecluse.delivery.console.watch import Watch
from ecluse.delivery.console.words import (
    Moment,
    confirm_command,
    moment,
    shown,
    subscriber_command,
    utc_now,
)
from ecluse.services.queries.overview import Overview
from ecluse.services.queries.refusals import REMEMBERED, Refusal
from ecluse.services.queries.subscribers import SubscriberDocument, alarms
from ecluse.services.queries.waiting import WaitingSender, waiting

SENDERS_SHOWN = 10
SUBSCRIBERS_SHOWN = 5
REFUSALS_SHOWN = 8
RECENT = timedelta(hours=24)
"""Age of a refusal that is still something to do."""
_BAR = 1000
"""Width of a bar, in the units of its drawing."""

State = Literal["ok", "waiting", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Part:
    """A counted part of a whole. kind: its colour; x, width: its place in the bar; share: percent."""

    kind: str
    label: str
    hint: str
    count: int
    share: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class SenderRow:
    """A sender to confirm; command is empty when the name cannot be typed."""

    application: str
    facility: str
    listener: str
    first_seen: Moment
    command: str


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """Refusals of one sender for one rule. seq, at: the last one."""

    sender: str
    event: str
    answer: str
    rule: str
    location: str
    sentence: str
    seq: int
    at: Moment
    times: int


@dataclass(frozen=True, slots=True)
class Task:
    """What to do next. where: an anchor of the page; command: what to type."""

    text: str
    where: str = ""
    command: str = ""


@lru_cache(maxsize=1)
def watch(settings: ConsoleSettings) -> Watch:
    """The numbers of this gateway: one for the whole process, a new one when settings change."""
    return Watch(settings)


@read_only
def show(request: HttpRequest) -> HttpResponse:
    """The page."""
    settings, now = current(), utc_now()
    ready = readiness(settings)
    numbers, senders, troubled = _read(settings, now)
    overview, refusals = numbers if numbers is not None else (None, ())
    values = {
        "ready": ready,
        "overview": overview,
        "state": _state(ready, overview, troubled),
        "now": moment(now.isoformat(), now),
        "last": moment(overview.last_message, now) if overview and overview.last_message else None,
        "counted": moment(overview.counted_at, now) if overview and overview.counted_at else None,
        "received": sum(overview.messages.values()) if overview else 0,
        "answers": _answers(overview.messages) if overview else [],
        "trust": _trust(overview.trust) if overview else [],
        "ins_waiting": sum(overview.waiting.values()) if overview else 0,
        "senders": [_sender_row(one, settings, now) for one in senders],
        "more_senders": max(0, overview.senders_to_confirm - len(senders)) if overview else 0,
        "refusals": group(refusals, now, get_language() or "fr"),
        "tasks": [
            *_tasks(settings, ready, overview, _recent(refusals, now)),
            *subscriber_tasks(troubled, settings.data_option),
        ],
    }
    return render(request, "console/status.html", values)


def _read(
    settings: ConsoleSettings, now: datetime
) -> tuple[
    tuple[Overview, tuple[Refusal, ...]] | None,
    tuple[WaitingSender, ...],
    tuple[SubscriberDocument, ...],
]:
    try:
        return watch(settings).read(), waiting(SENDERS_SHOWN), alarms(int(now.timestamp() * 1_000_000))
    except DatabaseError:
        return None, (), ()


def _state(ready: Readiness, overview: Overview | None, troubled: tuple[SubscriberDocument, ...]) -> State:
    if not ready.all:
        return "bad"
    if overview is None or overview.last_message is None:
        return "waiting"
    return "warn" if overview.senders_to_confirm or troubled else "ok"


def _answers(messages: dict[str, int]) -> list[Part]:
    rows = [
        ("ok", "AA", _("acceptés"), messages.get("AA", 0)),
        ("warn", "AE", _("refusés : à corriger par l’émetteur"), messages.get("AE", 0)),
        ("bad", "AR", _("rejetés : à corriger ou à renvoyer plus tard"), messages.get("AR", 0)),
    ]
    if silent := messages.get("", 0):
        rows.append(("none", _("Sans réponse"), _("accusés reçus, octets illisibles"), silent))
    return _parts(rows)


def _trust(trust: dict[str, int]) -> list[Part]:
    return _parts(
        (
            ("canal", _("Qualifiée"), _("INS utilisable"), trust.get("qualifiee", 0)),
            ("info", _("Validée"), _("sans INS utilisable"), trust.get("validee", 0)),
            ("none", _("Provisoire"), _("identité à vérifier"), trust.get("provisoire", 0)),
        )
    )


def _parts(counted: Iterable[tuple[str, str, str, int]]) -> list[Part]:
    rows = list(counted)
    whole = sum(row[3] for row in rows)
    parts, x = [], 0.0
    for kind, label, hint, count in rows:
        width = _BAR * count / whole if whole else 0.0
        parts.append(Part(kind, label, hint, count, _percent(count, whole), round(x, 2), round(width, 2)))
        x += width
    return parts


def _percent(count: int, whole: int) -> str:
    """Never 0 % of something nor 100 % of less than all: a single refusal must show."""
    if not count or not whole:
        return "–"
    tenths = min(999, max(1, round(1000 * count / whole))) if count < whole else 1000
    text = f"{tenths / 10:.1f}".removesuffix(".0")
    return f"{text.replace('.', ',')}\u202f%" if get_language() == "fr" else f"{text}%"


def _sender_row(one: WaitingSender, settings: ConsoleSettings, now: datetime) -> SenderRow:
    return SenderRow(
        shown(one.application),
        shown(one.facility),
        one.listener,
        moment(one.first_seen, now),
        confirm_command(one.application, one.facility, settings.data_option),
    )


def group(refusals: Iterable[Refusal], now: datetime, language: str) -> list[RefusalRow]:
    """One row per sender and rule, the newest first: a sender that repeats itself does not hide the others."""
    rows: dict[tuple[str, str, str], list[Refusal]] = {}
    for one in refusals:
        rows.setdefault((one.application, one.facility, one.rule), []).append(one)
    return [
        RefusalRow(
            sender=shown(" / ".join(name for name in (last.application, last.facility) if name)) or "–",
            event=last.event or "–",
            answer=last.answer,
            rule=last.rule,
            location=last.location,
            sentence=last.en if language == "en" else last.fr,
            seq=last.seq,
            at=moment(last.at, now),
            times=len(same),
        )
        for same in list(rows.values())[:REFUSALS_SHOWN]
        for last in same[:1]
    ]


def _recent(refusals: tuple[Refusal, ...], now: datetime) -> Counter[str]:
    """Refusals of the last hours, of those remembered, by answer."""
    return Counter(one.answer for one in refusals if now - datetime.fromisoformat(one.at) < RECENT)


def _tasks(
    settings: ConsoleSettings, ready: Readiness, overview: Overview | None, refused: Counter[str]
) -> list[Task]:
    data = f" --data {shlex.quote(settings.data_option)}" if settings.data_option else ""
    tasks = []
    if not ready.all:
        tasks.append(Task(_("Cherchez ce qui manque."), command=f"ecluse doctor{data}"))
    if overview is None:
        return tasks
    if ready.all and overview.last_message is None:
        to = f" --to {settings.mllp}" if settings.mllp else ""
        tasks.append(Task(_("Envoyez un premier message."), command=f"ecluse send{to} message.hl7"))
    if overview.colliding:
        tasks.append(
            Task(
                _("Faites corriger les identités qui portent le même INS avec des traits différents."),
                command=f"ecluse patients list --waiting collision{data}",
            )
        )
    if overview.senders_to_confirm:
        tasks.append(Task(_("Confirmez ou refusez les émetteurs qui attendent."), where="#emetteurs"))
    if refused:
        tasks.append(_read_refusals(refused, data))
    return tasks


def _read_refusals(refused: Counter[str], data: str) -> Task:
    """Every answer that is not AA: an AE and an AR are both somebody's to mend."""
    told = ", ".join(f"{refused[answer]} {answer}" for answer in sorted(refused))
    if refused.total() >= REMEMBERED:
        told = _("au moins %(told)s") % {"told": told}
    text = _(
        "Lisez les refus des dernières 24 h (%(told)s), et transmettez la règle et le champ à l’éditeur de l’émetteur."
    )
    answers = " ".join(f"--answer {answer}" for answer in sorted(refused))
    return Task(text % {"told": told}, where="#refus", command=f"ecluse journal list {answers}{data}")


def subscriber_tasks(troubled: tuple[SubscriberDocument, ...], data_option: str) -> list[Task]:
    """What to do for subscribers, the first ones by name; the others are counted."""
    tasks = [
        Task(_trouble(one), command=subscriber_command(one.name, one.id, data_option))
        for one in troubled[:SUBSCRIBERS_SHOWN]
    ]
    more = len(troubled) - len(tasks)
    if more:
        data = f" --data {shlex.quote(data_option)}" if data_option else ""
        text = _("Autres abonnés à regarder : %(n)d.") % {"n": more}
        tasks.append(Task(text, command=f"ecluse subscriber list{data}"))
    return tasks


def _trouble(one: SubscriberDocument) -> str:
    """What matters most first: what a person must decide, then who wants nothing, then who does not answer."""
    values = {"name": shown(one.name), "n": one.parked}
    if one.parked:
        return _("Abonné « %(name)s » : décidez des envois mis de côté (%(n)d).") % values
    if one.status == "gone":
        return _("Abonné « %(name)s » : il ne veut plus rien recevoir ; reprenez ou retirez-le.") % values
    return _("Abonné « %(name)s » : il ne répond pas ; rien n’est perdu, prévenez son exploitant.") % values
