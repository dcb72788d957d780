"""What SCIM needs to know of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ScimSettings:
    """writer: path of the writer's socket."""

    writer: Path


_current: list[ScimSettings] = []


def use(settings: ScimSettings) -> None:
    """Serve this gateway from now on."""
    _current[:] = [settings]


def current() -> ScimSettings:
    """The gateway served."""
    return _current[0]
