"""Addresses of the first page, of the quick search, and of example data."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.home import choose_place, example, search, views


def addresses() -> list[URLPattern]:
    """The first page, the quick search, example data."""
    return [
        path("", views.show, name="home"),
        path("recherche/", search.search, name="search"),
        path("etablissement/", choose_place.choose, name="choose_place"),
        path("exemple/", example.send, name="example"),
    ]
