"""How times and the names that senders give themselves are written on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecluse.delivery.console.times import local

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for readers: iso for machines, words for now (« il y a 12 s »), exact in the zone of the pages."""

    iso: str
    words: str
    exact: str


def moment(iso: str, now: datetime) -> Moment:
    """A time of the queries (ISO 8601 in UTC) as it is shown."""
    return Moment(iso, ago(now - datetime.fromisoformat(iso)), exact(iso))


def exact(iso: str) -> str:
    """« 18/11/2026 08:59:30 CET »: a time of the queries in the zone of the pages."""
    day = "%d/%m/%Y" if get_language() == "fr" else "%Y-%m-%d"
    return local(datetime.fromisoformat(iso)).strftime(f"{day} %H:%M:%S %Z")


def ago(elapsed: timedelta) -> str:
    """« il y a 12 s »: one unit, rounded down. A clock that went back counts as zero."""
    seconds = max(0, int(elapsed.total_seconds()))
    if not seconds:
        return _("à l’instant")
    if seconds < 60:
        return _("il y a %(n)d s") % {"n": seconds}
    if seconds < 3600:
        return _("il y a %(n)d min") % {"n": seconds // 60}
    if seconds < 86400:
        return _("il y a %(n)d h") % {"n": seconds // 3600}
    return _("il y a %(n)d j") % {"n": seconds // 86400}


def number(value: float, decimals: int = 0) -> str:
    """« 5 231 », « 4,6 »: a number as the language of the page writes it."""
    return number_format(value, decimals, use_l10n=True, force_grouping=True)


def percent(count: float, whole: float) -> str:
    """« 99,6 % », never 0 % of something nor 100 % of less than all: a single refusal must show."""
    if not count or not whole:
        return "–"
    tenths = min(999, max(1, round(1000 * count / whole))) if count < whole else 1000
    text = number(tenths / 10, 0 if tenths % 10 == 0 else 1)
    return f"{text}\u202f%" if get_language() == "fr" else f"{text}%"


def utc_now() -> datetime:
    """Now."""
    return datetime.now(UTC)


def shown(name: str) -> str:
    """A name given by a sender, whose hidden characters are made visible and whose length is bounded."""
    visible = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in name)
    return visible if len(visible) <= _LONGEST else visible[: _LONGEST - 1] + "…"
