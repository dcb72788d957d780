"""A deadline as a ring that empties: the days left in the middle, the date in words beside it. SVG without style."""

from __future__ import annotations

import math
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ecluse.delivery.console import axes, icons
from ecluse.delivery.console.words import number

State = Literal["ok", "warn", "bad", "paused"]
"""How pressing: far away, near, passed or nearly; or a clock that does not run."""

SIGNS: dict[str, str] = {"ok": "clock", "warn": "triangle-alert", "bad": "octagon-x", "paused": "pause"}
_RADIUS = 27.0


def clock(days: int, total: int, date: str, state: State, why: str = "") -> SafeString:
    """A deadline.

    :param days: left, below 0 when the date is passed; total: of the whole term, what a full ring is; date: in words
        (« jusqu’au 12 mars 2027 »), or since when the clock is paused; why: a sentence more, the reason of a pause.
    """
    kind = "none" if state == "paused" else state
    return format_html(
        '<div class="clock {} {}">{}<div class="clock-words"><p class="clock-left">{}<span>{}</span></p>'
        '<p class="clock-date">{}</p>{}</div></div>',
        kind,
        state,
        _ring(days, total, state),
        icons.icon(SIGNS[state]),
        left(days, paused=state == "paused"),
        date,
        format_html('<p class="note">{}</p>', why) if why else "",
    )


def left(days: int, *, paused: bool = False) -> str:
    """« 41 jours », « aujourd’hui », « 3 jours de retard », « En pause, 41 jours restants »."""
    values = {"n": number(abs(days))}
    if paused:
        return ngettext(
            "En pause, %(n)s jour restant", "En pause, %(n)s jours restants", max(0, days)
        ) % {"n": number(max(0, days))}  # fmt: skip
    if days < 0:
        return ngettext("%(n)s jour de retard", "%(n)s jours de retard", -days) % values
    if not days:
        return _("Dernier jour")
    return ngettext("%(n)s jour restant", "%(n)s jours restants", days) % values


def _ring(days: int, total: int, state: State) -> SafeString:
    """What is left of the term; a clock that is paused is drawn in dashes. The words beside it say the same."""
    around = 2 * math.pi * _RADIUS
    part = min(1.0, max(0.0, days / total)) if total > 0 else 0.0
    arc = (
        format_html(
            '<circle class="arc" cx="32" cy="32" r="{}" stroke-width="7" stroke-dasharray="{} {}" '
            'transform="rotate(-90 32 32)"/>',
            axes.plain(_RADIUS),
            axes.plain(around * part),
            axes.plain(around),
        )
        if part
        else ""
    )
    dashes = format_html(' stroke-dasharray="{}"', "4 4") if state == "paused" else ""
    return format_html(
        '<svg class="ring" viewBox="0 0 64 64" width="64" height="64" aria-hidden="true" focusable="false">'
        '<circle class="rail" cx="32" cy="32" r="{}" stroke-width="7"{}/>{}'
        '<text x="32" y="38">{}</text></svg>',
        axes.plain(_RADIUS),
        dashes,
        arc,
        _middle(days),
    )


def _middle(days: int) -> str:
    """At most four signs: « 41 », « −3 », « 999+ »."""
    if days > 999:
        return "999+"
    return f"−{number(min(-days, 999))}" if days < 0 else number(days)
