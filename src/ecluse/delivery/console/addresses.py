"""Which page answers at which address."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console import assets, health, metrics, status
from ecluse.delivery.console.accounts.addresses import addresses as accounts


def addresses() -> list[URLPattern]:
    """The pages of the console and what machines read."""
    return [
        path("", status.show, name="status"),
        path("health/live", health.live, name="live"),
        path("health/ready", health.ready, name="ready"),
        path("metrics", metrics.show, name="metrics"),
        path("static/<str:name>", assets.serve, name="asset"),
        *accounts(),
    ]
