"""What the HTTP interfaces need to know of the gateway they show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The gateway behind the interfaces.

    writer: path of the writer's socket; data: data folder; secrets: folder of the keys; minimum_free_bytes: room the
    disk must keep; require_strict_traits and wrong_key: see the rules of identity; certificate_header: header by which
    a proxy tells the client's certificate, empty: none is believed; certificate_proxies: networks of the proxies that
    are believed, besides this machine; allowed_networks: private networks that webhooks may be called in, None: not
    known here.
    """

    version: str
    environment: Literal["test", "production"]
    data: Path
    writer: Path
    secrets: Path
    minimum_free_bytes: int = 0
    require_strict_traits: bool = True
    wrong_key: Literal["by-environment", "never-usable", "warn"] = "by-environment"
    certificate_header: str = ""
    certificate_proxies: tuple[str, ...] = ()
    allowed_networks: tuple[str, ...] | None = None


_current: list[ApiSettings] = []


def use(settings: ApiSettings) -> None:
    """Show this gateway from now on."""
    _current[:] = [settings]


def current() -> ApiSettings:
    """The gateway shown."""
    return _current[0]
