"""Figures as a table: what was measured, what was wanted, whether it was reached, on which machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """One figure. reached: None when nothing was wanted of it."""

    name: str
    value: str
    wanted: str = ""
    reached: bool | None = None


def machine() -> str:
    """Processor, cores, Python."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} × {model}, Python {platform.python_version()}, {platform.system()} {platform.release()}"


def middle(values: Sequence[float]) -> float:
    """The median (the upper one of an even count)."""
    return sorted(values)[len(values) // 2]


def show(title: str, rows: list[Row], took: str) -> int:
    """Print a table; returns the exit code: 1 when a figure wanted was not reached."""
    print(f"\n{title}")
    width = max(len(row.name) for row in rows)
    for row in rows:
        verdict = "" if row.reached is None else ("  reached" if row.reached else "  MISSED")
        print(f"  {row.name:<{width}}  {row.value:>22}  {row.wanted:<18}{verdict}")
    print(f"  measured in {took}")
    return 1 if any(row.reached is False for row in rows) else 0
