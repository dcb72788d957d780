"""Addresses of the first steps."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.welcome import views


def addresses() -> list[URLPattern]:
    """The steps, and what each asks."""
    return [
        path("premiere-visite/etapes/", views.show, name="first_steps"),
        path("premiere-visite/etapes/etablissement/", views.place, name="first_place"),
        path("premiere-visite/etapes/domaine/", views.domain, name="first_domain"),
        path("premiere-visite/etapes/ecouteur/", views.listener, name="first_listener"),
        path("premiere-visite/etapes/emetteur/", views.sender, name="first_sender"),
    ]
