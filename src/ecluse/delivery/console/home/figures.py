"""The figures of the first page, as charts and rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ecluse.delivery.console import navigation
from ecluse.delivery.console.charts import (
    Bars,
    Columns,
    Donut,
    Funnel,
    Heat,
    HeatRow,
    Kind,
    Lines,
    Part,
    Series,
    Spark,
    Step,
)
from ecluse.delivery.console.home.numbers import Numbers
from ecluse.delivery.console.times import local
from ecluse.delivery.console.words import number, percent, shown
from ecluse.services.accounts.visitor import Visitor
from ecluse.services.answer_delays import Delay
from ecluse.services.queries.daily_figures import FigureDay
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.funnel import funnel
from ecluse.services.queries.overview import Overview
from ecluse.services.queries.rates import Minute, pace
from ecluse.services.queries.refusal_matrix import RefusalMatrix
from ecluse.services.queries.refused_today import RuleCount
from ecluse.services.queries.subscribers import SubscriberDocument

SPARK = 30
"""Minutes of the small drawing."""
RULES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """A subscriber as the page shows it. kind, word: its state; told: what waits for it."""

    name: str
    kind: str
    word: str
    told: str


def charts(numbers: Numbers, visitor: Visitor, now: int) -> dict[str, Any]:
    """Values of the template, null for what is not known yet.

    :param now: µs since 1970.
    """
    minutes = numbers.minutes
    return {
        "pace": pace(minutes, now),
        "spark": _spark(minutes),
        "answers": _answers(minutes),
        "columns": _columns(minutes),
        "lines": _lines(numbers.delays),
        "donut": _donut(numbers.overview),
        "trust": _trust(numbers.identities),
        "funnel": _funnel(numbers.overview),
        "bars": _bars(numbers.refused, visitor),
        "refused": sum(one.count for one in numbers.refused),
        "heat": _heat(numbers.refusals, visitor),
        "more_rules": max(0, len(numbers.refused) - RULES_SHOWN),
    }


def _spark(minutes: tuple[Minute, ...]) -> Spark | None:
    ended = minutes[:-1][-SPARK:]
    if not ended:
        return None
    totals = tuple(float(one.total) for one in ended)
    words = _("De %(low)s à %(high)s messages par minute dans la dernière demi-heure.") % {
        "low": number(min(totals)),
        "high": number(max(totals)),
    }
    return Spark(totals, words)


def _answers(minutes: tuple[Minute, ...]) -> list[tuple[str, str]]:
    """Share of each answer in the last hour."""
    whole = sum(one.total for one in minutes)
    counts = (
        ("AA", sum(one.accepted for one in minutes)),
        ("AE", sum(one.refused for one in minutes)),
        ("AR", sum(one.rejected for one in minutes)),
    )
    return [(answer, percent(count, whole)) for answer, count in counts if count] if whole else []


def _columns(minutes: tuple[Minute, ...]) -> Columns | None:
    if not minutes:
        return None
    at = tuple(local(datetime.fromisoformat(one.at)).strftime("%H:%M") for one in minutes)
    series = [
        Series(_("Acceptés (AA)"), "ok", tuple(float(one.accepted) for one in minutes)),
        Series(_("Refusés (AE)"), "warn", tuple(float(one.refused) for one in minutes)),
        Series(_("Rejetés (AR)"), "bad", tuple(float(one.rejected) for one in minutes)),
    ]
    if any(one.silent for one in minutes):
        series.append(Series(_("Sans réponse"), "none", tuple(float(one.silent) for one in minutes)))
    return Columns(_("Messages par minute"), _("messages"), at, tuple(series))


def _lines(delays: tuple[Delay, ...]) -> Lines | None:
    """How long senders wait; nothing until one was answered."""
    if not any(one.median is not None for one in delays):
        return None
    at = tuple(local(datetime.fromtimestamp(one.minute * 60, UTC)).strftime("%H:%M") for one in delays)
    series = (
        Series(_("médiane"), "canal", tuple(one.median for one in delays)),
        Series(_("95 %"), "info", tuple(one.p95 for one in delays), "dashed"),
        Series(_("99 %"), "warn", tuple(one.p99 for one in delays), "dotted"),
    )
    return Lines(_("Délai de réponse"), "ms", at, series, decimals=1)


def _donut(overview: Overview | None) -> Donut | None:
    if overview is None or overview.counted_at is None:
        return None
    trust = overview.trust
    parts = (
        Part(_("Qualifiée"), "canal", trust.get("qualifiee", 0), _("INS utilisable")),
        Part(_("Validée"), "info", trust.get("validee", 0), _("sans INS utilisable")),
        Part(_("Provisoire"), "none", trust.get("provisoire", 0), _("identité à vérifier")),
    )
    return Donut(_("Identités par niveau de confiance"), _("identités"), parts)


def _funnel(overview: Overview | None) -> Funnel | None:
    if overview is None or overview.counted_at is None or not sum(overview.trust.values()):
        return None
    words = {
        "known": (_("Identités"), _("hors identités fusionnées")),
        "validated": (_("Validées"), _("VALI, sans DOUT ni FICT")),
        "with-ins": (_("Avec un INS"), _("matricule reçu et gardé")),
        "coherent": (_("Cohérentes"), _("traits confirmés, sans collision")),
        "conforming": (_("Conformes"), _("environnement, clé, traits stricts")),
        "usable": (_("Utilisables"), _("émetteur et domaine reconnus")),
    }
    steps = tuple(Step(words[one.gate][0], one.count, words[one.gate][1]) for one in funnel(overview))
    return Funnel(_("Du patient connu à l’INS utilisable"), steps, _("Identités"))


def _trust(days: tuple[FigureDay, ...]) -> Columns | None:
    """Trust levels day after day, from the first day that was counted."""
    if not days:
        return None
    written = "%d/%m" if get_language() == "fr" else "%d %b"
    at = tuple(datetime.fromisoformat(one.day).strftime(written) for one in days)
    kinds: tuple[tuple[str, str, Kind], ...] = (
        ("qualifiee", _("Qualifiée"), "canal"),
        ("validee", _("Validée"), "info"),
        ("provisoire", _("Provisoire"), "none"),
    )
    series = tuple(
        Series(label, kind, tuple(None if one.counts is None else one.counts.get(level, 0) for one in days))
        for level, label, kind in kinds
    )
    return Columns(
        _("Identités par niveau de confiance, jour après jour"), _("identités"), at, series, _("Jour")
    )


def _heat(matrix: RefusalMatrix | None, visitor: Visitor) -> Heat | None:
    """Refusals at the crossing of a rule and a sender; each count leads to its group."""
    if matrix is None or not matrix.rows:
        return None
    listed = visitor.may("messages.read") and navigation.exists("/rejets/")
    names = tuple(
        shown(f"{one.application} / {one.facility}") if one is not None else _("Émetteur inconnu")
        for one in matrix.senders
    )
    rows = tuple(
        HeatRow(
            Part(_worded(one.text), "warn", one.count, one.rule, _rule_address(one.rule) if listed else ""),
            one.cells,
            tuple(f"/rejets/{quote(group)}/" if listed else "" for group in one.groups),
        )
        for one in matrix.rows
    )
    return Heat(_("Refus par règle et par émetteur"), _("Règle"), _("refus"), names, rows)


def _rule_address(rule: str) -> str:
    return f"/rejets/?{urlencode({'regle': rule})}"


def _worded(text: Sentence) -> str:
    return text.en if get_language() == "en" else text.fr


def _bars(refused: tuple[RuleCount, ...], visitor: Visitor) -> Bars | None:
    if not refused:
        return None
    listed = visitor.may("refusals.manage") and navigation.exists("/rejets/")
    parts = tuple(
        Part(
            _worded(one.text),
            "warn",
            one.count,
            f"{one.rule} · "
            + ngettext("%(n)s émetteur", "%(n)s émetteurs", one.senders) % {"n": number(one.senders)},
            _rule_address(one.rule) if listed else "",
        )
        for one in refused[:RULES_SHOWN]
    )
    return Bars(_("Refus du jour par règle"), _("Règle"), _("Refus"), parts)


def subscriber(one: SubscriberDocument) -> SubscriberRow:
    """How a subscriber is."""
    behind = one.behind + one.waiting
    told = (
        ngettext("%(n)s envoi en attente", "%(n)s envois en attente", behind) % {"n": number(behind)}
        if behind
        else _("tout est envoyé")
    )
    if one.parked:
        parked = ngettext("%(n)s mis de côté", "%(n)s mis de côté", one.parked) % {"n": number(one.parked)}
        return SubscriberRow(shown(one.name), "warn", _("À décider"), parked)
    if one.status == "gone":
        return SubscriberRow(shown(one.name), "bad", _("Ne veut plus rien"), told)
    if one.status == "paused":
        return SubscriberRow(shown(one.name), "none", _("En pause"), told)
    if one.circuit != "closed" or one.reason:
        return SubscriberRow(shown(one.name), "bad", _("Ne répond pas"), told)
    return SubscriberRow(shown(one.name), "ok", _("Reçoit"), told)
