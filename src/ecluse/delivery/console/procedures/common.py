"""What the pages of procedures share: which may be seen or changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.certificates.common import MANAGE, READ, Section, places, posted, sees
from ecluse.delivery.console.guard import Request
from ecluse.services.queries.certificates_ways import WayView, procedure

SECTIONS = (
    Section("ways", _("Établissements"), "/demarches/"),
    Section("cards", _("Cartes"), "/demarches/cartes/"),
    Section("level", _("EJ ou EG ?"), "/demarches/ej-ou-eg/"),
)
LARGEST = 900 * 1024
"""Bytes of a document: what the web process takes in one form, its other fields included."""

__all__ = ["LARGEST", "MANAGE", "READ", "known", "places", "posted", "sees", "show", "today"]


def show(
    request: Request, section: str, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page with the tabs of the area."""
    shared = {"tabs": SECTIONS, "section": section, "may_manage": request.visitor.may(MANAGE)}
    return render(request, f"console/procedures/{template}.html", {**shared, **values}, status=status)


def known(request: Request, id_: str, right: str = READ) -> WayView:
    """A procedure within reach.

    :raises Http404: there is none.
    """
    found = procedure(id_, today())
    if found is None or not sees(request, found.document.establishment, right):
        raise Http404
    return found


def today() -> date:
    """The day, here."""
    return date.today()
