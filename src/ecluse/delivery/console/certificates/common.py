"""What the pages of certificates share: whose certificates may be seen or changed, the tabs, how acts are asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.acting import act
from ecluse.delivery.console.guard import Request
from ecluse.services.accounts.managing import where
from ecluse.services.queries.settings import EstablishmentSettings, establishments
from ecluse.services.wire import ActResult

READ, MANAGE = "certificates.read", "certificates.manage"

STORES = {
    "igc-sante-production": _("IGC-Santé, production"),
    "igc-sante-test": _("IGC-Santé, test"),
    "igc-osi": _("IGC OSI (GIE SESAM-Vitale)"),
    "public": _("Autorités publiques de cette machine"),
}
"""Trust stores, in words."""


class Section(NamedTuple):
    """A tab."""

    key: str
    label: Any
    address: str


SECTIONS = (
    Section("inventory", _("Inventaire"), "/certificats/"),
    Section("slots", _("Emplacements"), "/certificats/emplacements/"),
    Section("requests", _("Demandes"), "/certificats/demandes/"),
    Section("trust", _("Autorités et listes"), "/certificats/autorites/"),
)


def within(request: Request, right: str = READ) -> frozenset[int] | None:
    """Ids of the establishments where the visitor has a right, in the place she chose; None: all of them."""
    held, place = where(request.visitor.id, right), request.visitor.place
    if place is None:
        return held
    return frozenset({place.id}) if held is None or place.id in held else frozenset()


def sees(request: Request, establishment: int, right: str = READ) -> bool:
    """Whether the visitor has a right on an establishment."""
    held = within(request, right)
    return held is None or establishment in held


def on(request: Request, establishment: int, right: str = MANAGE) -> None:
    """Stop a request on an establishment where the visitor does not have a right.

    :raises Http404: as if there were no such establishment.
    """
    if not sees(request, establishment, right):
        raise Http404


def places(request: Request, right: str = READ) -> tuple[EstablishmentSettings, ...]:
    """The establishments where the visitor has a right, by name."""
    held = within(request, right)
    found = [one for one in establishments() if held is None or one.id in held]
    return tuple(sorted(found, key=lambda one: one.name.casefold()))


def asking(request: Request) -> Callable[[str, dict[str, Any]], ActResult]:
    """How the services ask an act in the visitor's name."""
    return lambda name, arguments: act(request, name, arguments)


def posted(request: Request) -> tuple[Any, Any]:
    """What a form was sent, and its files; nothing of a page that is only read."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def show(
    request: Request, section: str, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page with the tabs of the area."""
    shared = {
        "tabs": SECTIONS,
        "section": section,
        "may_manage": request.visitor.may(MANAGE),
        "may_everywhere": request.visitor.everywhere(MANAGE),
    }
    return render(request, f"console/certificates/{template}.html", {**shared, **values}, status=status)


def file_of(content: str, name: str, kind: str) -> HttpResponse:
    """A text to download. kind: its media type."""
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000
