"""Axes of the charts: round steps, places in percent of the width, labels that do not touch."""

from __future__ import annotations

import math
from collections.abc import Sequence

LABELS = 5
"""Labels under a chart: they must not touch on a screen of 320 px."""


def ticks(highest: float, most: int = 4) -> tuple[float, ...]:
    """Round values from 0 to at least `highest`: steps of 1, 2 or 5 × 10ⁿ, at most `most` of them above 0."""
    if highest <= 0:
        return (0, 1)
    raw = highest / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    count = max(1, math.ceil(highest / step - 1e-9))
    return tuple(round(step * rank, 10) for rank in range(count + 1))


def whole_ticks(highest: float, most: int = 4) -> tuple[float, ...]:
    """The same for what is counted: no half messages."""
    return ticks(max(highest, most if highest > 1 else 1), most) if highest > 1 else (0, 1)


def spread(count: int, most: int = LABELS) -> tuple[int, ...]:
    """Ranks of the labels to write among `count`, the first and the last included, evenly spaced."""
    if count <= most:
        return tuple(range(count))
    return tuple(round(rank * (count - 1) / (most - 1)) for rank in range(most))


def share(value: float, whole: float) -> str:
    """A place or a size, in percent of the width, as an attribute of a drawing wants it."""
    return f"{100 * value / whole:.3f}".rstrip("0").rstrip(".") + "%" if whole else "0%"


SHADES = 5
"""Strengths of a ground, beside none at all."""


def shade(count: float, highest: float) -> int:
    """How strong the ground under a count is, from 0 for nothing to SHADES: by its root, so that few still show."""
    if count <= 0 or highest <= 0:
        return 0
    return max(1, min(SHADES, math.ceil(SHADES * math.sqrt(count / highest))))


def plain(value: float) -> str:
    """A length of a drawing: a point for the decimals whatever the language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def path(values: Sequence[float | None], top: float, height: float) -> str:
    """The line through values over a width of 1000: broken where there is none, a short stroke for a lone value."""
    if not values:
        return ""
    width = 1000 / max(1, len(values) - 1)
    drawn, pen = [], False
    for rank, value in enumerate(values):
        if value is None:
            pen = False
            continue
        x, y = rank * width, plain(height - height * value / top if top else height)
        lone = not pen and (rank + 1 == len(values) or values[rank + 1] is None)
        drawn.append(f"M{plain(x - 4)} {y}h8" if lone else f"{'L' if pen else 'M'}{plain(x)} {y}")
        pen = True
    return "".join(drawn)
