"""Addresses of the first page and of the quick search."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.home import search, views


def addresses() -> list[URLPattern]:
    """The first page, the quick search."""
    return [path("", views.show, name="home"), path("recherche/", search.search, name="search")]
