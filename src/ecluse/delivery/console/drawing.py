"""What the drawings of the charts are made of: axes, legends, tables, bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ecluse.delivery.console import axes
from ecluse.delivery.console.words import number, percent

Kind = Literal["ok", "warn", "bad", "info", "none", "canal"]
"""A colour by what it means; the style sheet gives it."""

HEIGHT = 168
"""Pixels of a drawing between its axes."""
_AXIS = 22


@dataclass(frozen=True, slots=True)
class Series:
    """One measure over time. values: one for each time of its chart; None, for a line, where nothing was measured.
    kind: its colour; dash: how a line is drawn, since colour alone does not tell."""

    label: str
    kind: Kind
    values: tuple[float | None, ...]
    dash: Literal["", "dashed", "dotted"] = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A counted part of a whole. hint: a word more; address: where these are listed."""

    label: str
    kind: Kind
    count: int
    hint: str = ""
    address: str = ""


def plot(
    label: str,
    scale: Sequence[float],
    at: Sequence[str],
    inside: SafeString,
    *,
    banded: bool,
    empty: bool,
) -> SafeString:
    """The drawing between its axes. banded: a label stands under the middle of its column."""
    decimals = 0 if all(value == int(value) for value in scale) else 1 if scale[1] >= 0.1 else 2
    heights = [(value, HEIGHT - HEIGHT * value / scale[-1]) for value in scale]
    left = format_html_join(
        "",
        '<text x="40" y="{}">{}</text>',
        ((axes.plain(y + 8 + 4), number(value, decimals)) for value, y in heights),
    )
    grid = format_html_join(
        "",
        '<line class="grid-line" x1="0" x2="100%" y1="{}" y2="{}"/>',
        ((axes.plain(y), axes.plain(y)) for _value, y in heights),
    )
    under = _under(at, banded)
    nothing = (
        format_html(
            '<text class="nothing" x="50%" y="{}">{}</text>', HEIGHT // 2, _("Rien sur cette période")
        )
        if empty
        else ""
    )
    return format_html(
        '<div class="plot"><svg class="scale" width="48" height="{}" aria-hidden="true" focusable="false">{}</svg>'
        '<svg class="drawing" width="100%" height="{}" role="img" aria-label="{}">'
        '<g transform="translate(0 8)">{}{}{}<g aria-hidden="true">{}</g></g></svg></div>',
        HEIGHT + _AXIS + 8,
        left,
        HEIGHT + _AXIS + 8,
        label,
        grid,
        inside,
        nothing,
        under,
    )


def _under(at: Sequence[str], banded: bool) -> SafeString:
    """Times under a drawing; every second one may be left out on a small screen."""
    count = len(at)
    return format_html_join(
        "",
        '<text class="{}" x="{}" y="{}">{}</text>',
        (
            (
                _place(rank, count) or ("odd" if place % 2 else ""),
                axes.share(*((rank + 0.5, count) if banded else (rank, max(1, count - 1)))),
                HEIGHT + 17,
                at[rank],
            )
            for place, rank in enumerate(axes.spread(count))
        ),
    )


def _place(rank: int, count: int) -> str:
    """Labels at both ends stay within the drawing; one alone has room."""
    return "" if count == 1 else "first" if rank == 0 else "last" if rank == count - 1 else ""


def figure(
    title: str, unit: str, drawn: SafeString, series: Sequence[Series], table: SafeString, *, areas: bool
) -> SafeString:
    """A chart over time: its title, its drawing, what its colours mean, and its numbers to be opened."""
    keys = format_html_join(
        "",
        '<li><svg class="key" width="16" height="10" aria-hidden="true" focusable="false">'
        '<path class="line {} {}" d="M0 5h16"/></svg>{}</li>',
        ((one.kind, "thick" if areas else one.dash, one.label) for one in series),
    )
    return format_html(
        '<figure class="chart"><figcaption><span class="chart-title">{}</span> '
        '<span class="soft">{}</span></figcaption>'
        '{}<div class="under"><ul class="legend">{}</ul><details class="fold"><summary>{}</summary>{}</details></div>'
        "</figure>",
        title,
        unit,
        drawn,
        keys,
        _("Voir les chiffres"),
        table,
    )


def table(
    title: str,
    unit: str,
    at: Sequence[str],
    series: Sequence[Series],
    written: Callable[[float], str],
    heading: str = "",
) -> SafeString:
    """The numbers of a chart over time. heading: what its times are, hours when empty."""
    heads = format_html_join("", '<th scope="col" class="number">{}</th>', ((one.label,) for one in series))
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        (
            (
                when,
                format_html_join(
                    "", '<td class="number" data-label="{}">{}</td>', _cells(series, rank, written)
                ),
            )
            for rank, when in enumerate(at)
        ),
    )
    return format_html(
        '<div class="table-room figures" tabindex="0" role="region" aria-label="{}"><table class="table">'
        '<caption class="unseen">{} ({})</caption><thead><tr><th scope="col">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        title,
        title,
        unit,
        heading or _("Heure"),
        heads,
        rows,
    )


def _cells(series: Sequence[Series], rank: int, written: Callable[[float], str]) -> Iterable[tuple[str, str]]:
    for one in series:
        value = one.values[rank]
        yield one.label, "–" if value is None else written(value)


def shares(title: str, parts: Sequence[Part], whole: int) -> SafeString:
    """The numbers beside a ring."""
    rows = format_html_join(
        "",
        '<tr><th scope="row"><span class="swatch {}" aria-hidden="true"></span>{}{}</th>'
        '<td class="number">{}</td><td class="number share">{}</td></tr>',
        (
            (one.kind, named(one), hint(one.hint), count(one.count), percent(one.count, whole))
            for one in parts
        ),
    )
    return format_html(
        '<table class="counts"><caption class="unseen">{}</caption><tbody>{}</tbody></table>', title, rows
    )


def numbers(kind: str, title: str, heads: Iterable[str], rows: SafeString) -> SafeString:
    """A table that carries its bars."""
    unseen = format_html('<span class="unseen">{}</span>', _("Proportion"))
    head = format_html_join(
        "",
        '<th scope="col"{}>{}</th>',
        (
            (SafeString(' class="number"') if rank > 1 else "", one or unseen)
            for rank, one in enumerate(heads)
        ),
    )
    return format_html(
        '<table class="counts {}"><caption class="unseen">{}</caption><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table>",
        kind,
        title,
        head,
        rows,
    )


def bar(kind: str, count: float, whole: float) -> SafeString:
    """A bar of a table."""
    return format_html(
        '<svg class="bar" width="100%" height="12" aria-hidden="true" focusable="false">'
        '<rect class="rail" width="100%" height="12" rx="3"/><rect class="{}" width="{}" height="12" rx="3"/></svg>',
        kind,
        axes.share(count, whole) if count else "0",
    )


def named(one: Part) -> SafeString:
    """A thing by its name, leading to where these are listed."""
    return (
        format_html('<a href="{}">{}</a>', one.address, one.label)
        if one.address
        else format_html("{}", one.label)
    )


def hint(text: str) -> SafeString:
    """A word more under a name."""
    return format_html(" <small>{}</small>", text) if text else SafeString("")


def count(count: int) -> str:
    """A count, « – » for nothing."""
    return number(count) if count else "–"


def short(count: int) -> str:
    """« 1,2 M », « 812 k »: what fits in the middle of a ring."""
    if count >= 1_000_000:
        return f"{number(count / 1_000_000, 1)}\u202fM"
    return f"{number(count // 1000)}\u202fk" if count >= 100_000 else number(count)
