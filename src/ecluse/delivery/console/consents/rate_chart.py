"""How far each unit is in asking about the DMP: bars that are their own table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ecluse.delivery.console import drawing
from ecluse.delivery.console.words import percent
from ecluse.services.queries.consent_worklist import UnitRate

MOST = 15
"""Units drawn; the filter lists them all."""


@dataclass(frozen=True, slots=True)
class RateChart:
    """Units, those with most to ask first."""

    rates: Sequence[UnitRate]

    def html(self) -> SafeString:
        """One row per unit."""
        rows = format_html_join(
            "",
            '<tr><th scope="row"><a href="?{}">{}</a></th><td class="bar-cell">{}</td><td class="number">{}</td>'
            '<td class="number share">{}</td><td class="number">{}</td></tr>',
            (
                (
                    urlencode({"unite": one.key}),
                    named(one),
                    drawing.bar("ok" if one.missing == 0 else "canal", one.collected, one.total),
                    f"{one.collected} / {one.total}",
                    percent(one.collected, one.total),
                    drawing.count(one.missing),
                )
                for one in self.rates[:MOST]
            ),
        )
        heads = (_("Unité"), "", _("Recueillis"), _("Part"), _("À recueillir"))
        return drawing.numbers("bars rates", _("Positions recueillies par unité"), heads, rows)


def named(one: UnitRate) -> str:
    """« Cardiologie (6268) »."""
    if not one.unit:
        return _("Unité inconnue")
    return f"{one.label} ({one.unit})" if one.label and one.label != one.unit else one.unit


def whole(rates: Sequence[UnitRate]) -> SafeString:
    """The same for all units, in a few words."""
    collected, total = sum(one.collected for one in rates), sum(one.total for one in rates)
    return format_html("{}", percent(collected, total) if total else "–")
