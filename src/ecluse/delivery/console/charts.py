"""Charts, drawn by the server as SVG without style of their own: classes and attributes only (the policy of the pages
forbids the rest). Each comes with its numbers: under it, to be opened, or as the table it is.

Give one to a template and write `{% chart chart %}`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ecluse.delivery.console import axes, drawing
from ecluse.delivery.console.drawing import Kind, Part, Series
from ecluse.delivery.console.words import number, percent

__all__ = [
    "Bars",
    "Columns",
    "Donut",
    "Funnel",
    "Heat",
    "HeatRow",
    "Kind",
    "Lines",
    "Part",
    "Series",
    "Spark",
    "Step",
]

_RING, _STROKE = 54.0, 18


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns over time, the series stacked, the first at the bottom.

    at: the time of each column, as it is written; unit: what is counted (« messages »); heading: what the times are,
    hours when empty. A value that is None was not counted: there is no column, and the table says so.
    """

    title: str
    unit: str
    at: tuple[str, ...]
    series: tuple[Series, ...]
    heading: str = ""

    def html(self) -> SafeString:
        """The drawing and its table."""
        totals = [sum(one.values[rank] or 0 for one in self.series) for rank in range(len(self.at))]
        scale = axes.whole_ticks(max(totals, default=0))
        label = _("%(title)s : de %(low)s à %(high)s %(unit)s.") % {
            "title": self.title,
            "low": number(min(totals, default=0)),
            "high": number(max(totals, default=0)),
            "unit": self.unit,
        }
        columns = format_html_join(
            "", "{}", ((self._column(rank, scale[-1]),) for rank in range(len(self.at)))
        )
        drawn = drawing.plot(label, scale, self.at, columns, banded=True, empty=not any(totals))
        return drawing.figure(
            self.title,
            self.unit,
            drawn,
            self.series,
            drawing.table(self.title, self.unit, self.at, self.series, number, self.heading),
            areas=True,
        )

    def _column(self, rank: int, top: float) -> SafeString:
        count, base = len(self.at), float(drawing.HEIGHT)
        values = [(one.label, one.values[rank]) for one in self.series]
        told = " · ".join(f"{label} {number(value)}" for label, value in values if value is not None)
        parts = []
        for one in self.series:
            height = drawing.HEIGHT * (one.values[rank] or 0) / top
            if height:
                base -= height
                parts.append(
                    (
                        one.kind,
                        axes.share(rank + 0.12, count),
                        axes.plain(base),
                        axes.share(0.76, count),
                        axes.plain(max(height, 1.5)),
                    )
                )
        inside = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', parts)
        return format_html(
            '<g class="column"><title>{} : {}</title><rect class="hit" x="{}" y="0" width="{}" height="{}"/>{}</g>',
            self.at[rank],
            told or "–",
            axes.share(rank, count),
            axes.share(1, count),
            drawing.HEIGHT,
            inside,
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over time: percentiles of a delay, for instance. unit: « ms »."""

    title: str
    unit: str
    at: tuple[str, ...]
    series: tuple[Series, ...]
    decimals: int = 0

    def html(self) -> SafeString:
        """The drawing and its table."""
        known = [value for one in self.series for value in one.values if value is not None]
        scale = axes.ticks(max(known, default=0))
        label = _("%(title)s : de %(low)s à %(high)s %(unit)s.") % {
            "title": self.title,
            "low": number(min(known, default=0), self.decimals),
            "high": number(max(known, default=0), self.decimals),
            "unit": self.unit,
        }
        lines = format_html_join(
            "",
            '<path class="line {} {}" vector-effect="non-scaling-stroke" d="{}"><title>{}</title></path>',
            (
                (one.kind, one.dash, axes.path(one.values, scale[-1], drawing.HEIGHT), one.label)
                for one in self.series
            ),
        )
        inside = format_html(
            '<svg viewBox="0 0 1000 {}" width="100%" height="{}" preserveAspectRatio="none">{}</svg>',
            drawing.HEIGHT,
            drawing.HEIGHT,
            lines,
        )
        drawn = drawing.plot(label, scale, self.at, inside, banded=False, empty=not known)
        table = drawing.table(
            self.title, self.unit, self.at, self.series, lambda value: number(value, self.decimals)
        )
        return drawing.figure(self.title, self.unit, drawn, self.series, table, areas=False)


@dataclass(frozen=True, slots=True)
class Donut:
    """Parts of a whole: a ring and the table beside it. middle: what the whole is (« patients »)."""

    title: str
    middle: str
    parts: tuple[Part, ...]

    def html(self) -> SafeString:
        """The ring and its table."""
        whole = sum(one.count for one in self.parts)
        around, start, arcs = 2 * math.pi * _RING, 0.0, []
        for one in self.parts:
            if one.count:
                length = around * one.count / whole
                gap = min(2.0, length / 2) if one.count < whole else 0.0
                arcs.append(
                    (
                        one.kind,
                        _RING,
                        _STROKE,
                        axes.plain(length - gap),
                        axes.plain(around),
                        axes.plain(-start),
                        one.label,
                        percent(one.count, whole),
                    )
                )
                start += length
        ring = format_html_join(
            "",
            '<circle class="arc {}" cx="66" cy="66" r="{}" stroke-width="{}" stroke-dasharray="{} {}" '
            'stroke-dashoffset="{}" transform="rotate(-90 66 66)"><title>{} : {}</title></circle>',
            arcs,
        )
        return format_html(
            '<figure class="chart donut"><figcaption class="unseen">{}</figcaption>'
            '<svg viewBox="0 0 132 132" width="132" height="132" aria-hidden="true" focusable="false">'
            '<circle class="arc empty" cx="66" cy="66" r="{}" stroke-width="{}"/>{}'
            '<text class="whole" x="66" y="67">{}</text><text class="middle" x="66" y="84">{}</text></svg>{}</figure>',
            self.title,
            _RING,
            _STROKE,
            ring,
            drawing.short(whole),
            self.middle,
            drawing.shares(self.title, self.parts, whole),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel. hint: what it takes to come so far."""

    label: str
    count: int
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many come as far as each step; the first is the whole. It is its own table."""

    title: str
    steps: tuple[Step, ...]
    unit: str

    def html(self) -> SafeString:
        """The steps, each with its share of the first and what is lost since the one before."""
        whole = self.steps[0].count if self.steps else 0
        before = [one.count for one in self.steps[:1]] + [one.count for one in self.steps[:-1]]
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}{}</th><td class="bar-cell">{}</td><td class="number">{}</td>'
            '<td class="number share">{}</td><td class="number lost">{}</td></tr>',
            (
                (
                    one.label,
                    drawing.hint(one.hint),
                    drawing.bar("canal", one.count, whole),
                    drawing.count(one.count),
                    percent(one.count, whole),
                    f"−{number(last - one.count)}" if last > one.count else "–",
                )
                for one, last in zip(self.steps, before, strict=True)
            ),
        )
        heads = (_("Étape"), "", self.unit, _("Part"), _("Perdus"))
        return drawing.numbers("funnel", self.title, heads, rows)


@dataclass(frozen=True, slots=True)
class Bars:
    """Counted things, the most numerous first as they are given: horizontal bars. It is its own table.

    heading: what the things are; unit: what is counted.
    """

    title: str
    heading: str
    unit: str
    parts: tuple[Part, ...]

    def html(self) -> SafeString:
        """One row per thing."""
        highest = max((one.count for one in self.parts), default=0)
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}{}</th><td class="bar-cell">{}</td><td class="number">{}</td></tr>',
            (
                (
                    drawing.named(one),
                    drawing.hint(one.hint),
                    drawing.bar(one.kind, one.count, highest),
                    drawing.count(one.count),
                )
                for one in self.parts
            ),
        )
        return drawing.numbers("bars", self.title, (self.heading, "", self.unit), rows)


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A row of a heat table: what it is, as the parts of other charts are named, and one count for each column.

    addresses: where each count is listed, empty for nowhere.
    """

    part: Part
    counts: tuple[int, ...]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heat:
    """Counts at the crossing of two things: the more, the stronger the ground under the number. It is its own table.

    heading: what the rows are; unit: what is counted; columns: what stands above.
    """

    title: str
    heading: str
    unit: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]

    def html(self) -> SafeString:
        """The table: sums at the right, shades by the greatest number."""
        highest = max((count for one in self.rows for count in one.counts), default=0)
        heads = format_html_join(
            "", '<th scope="col" class="number">{}</th>', ((one,) for one in self.columns)
        )
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}{}</th>{}<td class="number sum" data-label="{}">{}</td></tr>',
            (
                (
                    drawing.named(one.part),
                    drawing.hint(one.part.hint),
                    self._cells(one, highest),
                    _("Total"),
                    drawing.count(one.part.count),
                )
                for one in self.rows
            ),
        )
        return format_html(
            '<div class="heat-room" tabindex="0" role="region" aria-label="{}"><table class="heat">'
            '<caption class="unseen">{} ({})</caption><thead><tr><th scope="col">{}</th>{}'
            '<th scope="col" class="number">{}</th></tr></thead><tbody>{}</tbody></table></div>',
            self.title,
            self.title,
            self.unit,
            self.heading,
            heads,
            _("Total"),
            rows,
        )

    def _cells(self, row: HeatRow, highest: int) -> SafeString:
        addresses = row.addresses or ("",) * len(row.counts)
        return format_html_join(
            "",
            '<td class="number shade-{}" data-label="{}">{}</td>',
            (
                (
                    axes.shade(count, highest),
                    column,
                    format_html('<a href="{}">{}</a>', address, number(count))
                    if count and address
                    else drawing.count(count),
                )
                for column, count, address in zip(self.columns, row.counts, addresses, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class Spark:
    """A few values in a line of text: the shape alone. words: the same for whoever does not see it."""

    values: tuple[float, ...]
    words: str
    kind: Kind = "canal"

    def html(self) -> SafeString:
        """Small columns."""
        count, highest = len(self.values), max(self.values, default=0)
        drawn = format_html_join(
            "",
            '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
            (
                (
                    self.kind if value else "flat",
                    axes.share(rank + 0.1, count),
                    axes.plain(40 - height),
                    axes.share(0.8, count),
                    axes.plain(height),
                )
                for rank, value in enumerate(self.values)
                for height in [max(2.0, 40 * value / highest if highest else 0)]
            ),
        )
        return format_html(
            '<svg class="spark" width="100%" height="40" role="img" aria-label="{}">{}</svg>',
            self.words,
            drawn,
        )
