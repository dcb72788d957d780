"""The register of CDE and CPx cards, without which nobody orders: who holds them, and until when."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.certificates.common import now
from ecluse.delivery.console.guard import Request, act, form, page
from ecluse.delivery.console.procedures.common import MANAGE, READ, places, posted, sees, show
from ecluse.delivery.console.procedures.forms import CardForm
from ecluse.services.queries.certificates_watch import CardDocument, cards

_SECTION = "cards"


@page(READ)
def every(request: Request) -> HttpResponse:
    """Those in use, the soonest end first."""
    hers = {one.id for one in places(request)}
    seen = [one for one in cards(now()) if one.establishment in hers]
    return show(
        request, _SECTION, "cards", {"cards": seen, "hers": {one.id for one in places(request, MANAGE)}}
    )


@form(MANAGE)
def add(request: Request) -> HttpResponse:
    """Register a card."""
    asked = CardForm(places(request, MANAGE), *posted(request))
    if request.method == "POST" and asked.is_valid() and "establishment" in asked.cleaned_data:
        result = ask(request, "card.add", asked.arguments())
        if result.done:
            tell(request, result)
            return HttpResponseRedirect(reverse("cards"))
        asked.add_error(None, sentence(result))
    return show(request, _SECTION, "card", {"form": asked}, 422 if asked.errors else 200)


@form(MANAGE)
def edit(request: Request, id_: str) -> HttpResponse:
    """Change a card, or retire it."""
    found = _known(request, id_)
    first = {name: getattr(found, name) for name in ("kind", "holder", "number", "expires")}
    asked = CardForm((), *posted(request), initial=first)
    if request.method == "POST" and asked.is_valid():
        result = ask(request, "card.edit", {"card": found.id, **asked.arguments()})
        if result.done:
            tell(request, result)
            return HttpResponseRedirect(reverse("cards"))
        asked.add_error(None, sentence(result))
    return show(request, _SECTION, "card", {"form": asked, "card": found}, 422 if asked.errors else 200)


@act(MANAGE)
def retire(request: Request, id_: str) -> HttpResponse:
    """A card was given back, lost or replaced."""
    found = _known(request, id_)
    tell(request, ask(request, "card.retire", {"card": found.id}))
    return HttpResponseRedirect(reverse("cards"))


def _known(request: Request, id_: str) -> CardDocument:
    for found in cards(now()):
        if found.id == id_ and sees(request, found.establishment, MANAGE):
            return found
    raise Http404
