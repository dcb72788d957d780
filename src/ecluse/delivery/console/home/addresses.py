"""Address of the first page."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.home import views


def addresses() -> list[URLPattern]:
    """The first page."""
    return [path("", views.show, name="home")]
