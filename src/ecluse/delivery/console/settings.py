"""What the web face needs to know of the gateway it shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """The gateway behind the pages.

    writer: path of the writer's socket; minimum_free_bytes: room the disk must keep; require_strict_traits and
    wrong_key: see the rules of identity; metrics_peers: networks that may read the metrics, besides this machine
    itself; mllp: address of the first listener, empty when it is not known; data_option: what commands need to find
    this data folder.
    """

    version: str
    environment: Literal["test", "production"]
    data: Path
    writer: Path
    minimum_free_bytes: int
    require_strict_traits: bool = True
    wrong_key: Literal["by-environment", "never-usable", "warn"] = "by-environment"
    metrics_peers: tuple[str, ...] = ()
    mllp: str = ""
    data_option: str = ""


_current: list[ConsoleSettings] = []


def use(settings: ConsoleSettings) -> None:
    """Show this gateway from now on."""
    _current[:] = [settings]


def current() -> ConsoleSettings:
    """The gateway shown."""
    return _current[0]
