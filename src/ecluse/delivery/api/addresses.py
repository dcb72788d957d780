"""Addresses of the REST interface, `/api/v1/`."""

from __future__ import annotations

from functools import cache

from django.urls import URLPattern, URLResolver, path

from ecluse.delivery.api import (
    calendar,
    docs,
    events,
    inclusions,
    messages,
    patient_acts,
    places,
    senders,
    status,
    stays,
    subscribers,
    tokens,
)
from ecluse.delivery.api.interface import Interface, openapi

VERSION = "1.0.0"
"""Of the interface: additions change the second number; v1 stays in the address."""


@cache
def interface() -> Interface:
    """The interface with all its operations."""
    api = Interface(VERSION)
    for module in (
        patient_acts,
        stays,
        messages,
        events,
        subscribers,
        places,
        senders,
        inclusions,
        tokens,
        status,
    ):
        api.add_router("", module.router)
    return api


def addresses() -> list[URLPattern | URLResolver]:
    """What answers under `/api/v1/`."""
    api = interface()
    return [
        path("openapi.json", openapi(api)),
        path("docs", docs.page(api)),
        path("docs.css", docs.style),
        path("calendar/<str:secret>.ics", calendar.calendar),
        *api.addresses(),
    ]
