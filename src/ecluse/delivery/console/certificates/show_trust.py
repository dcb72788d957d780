"""Authorities that are believed, store by store, with their fingerprints; lists of revocation and their freshness."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.certificates.common import MANAGE, READ, STORES, asking, now, posted, show
from ecluse.delivery.console.certificates.forms import LARGEST, AuthorityForm
from ecluse.delivery.console.guard import Request, act, everywhere, form, page
from ecluse.protocols.x509.errors import Unreadable
from ecluse.services.certificates.settings import current
from ecluse.services.certificates.trust import AuthorityOutcome, import_authorities, published
from ecluse.services.queries.certificates_watch import TrustStoreDocument, lists, trust_stores
from ecluse.services.queries.operators import operators

_SECTION = "trust"


@page(READ)
def every(request: Request) -> HttpResponse:
    """The stores, then the lists."""
    stores = trust_stores(now())
    values: dict[str, Any] = {
        "stores": [(STORES[one.name], one, _wanted(one)) for one in stores],
        "lists": lists(now()),
        "who": operators(each.added_by for one in stores for each in one.authorities),
        "minutes": current().crl_minutes,
    }
    return show(request, _SECTION, "trust", values)


def _wanted(one: TrustStoreDocument) -> list[tuple[str, str]]:
    """Published authorities that are not here yet: short name and fingerprint. Those of the other environment are not
    asked for.
    """
    if one.name not in (f"igc-sante-{current().environment}", "igc-osi"):
        return []
    return [(short, print_) for print_, short in published(one.name).items() if short in one.missing]


@form(MANAGE, fresh=True)
@everywhere(MANAGE)
def add(request: Request) -> HttpResponse:
    """Trust the authorities of a file."""
    first = {"store": request.GET.get("magasin") or f"igc-sante-{current().environment}"}
    asked = AuthorityForm(
        *posted(request),
        initial=first,
    )
    outcomes: tuple[AuthorityOutcome, ...] = ()
    if request.method == "POST" and asked.is_valid():
        given = asked.cleaned_data
        try:
            outcomes = import_authorities(asking(request), given["store"], given["file"], given["typed"])
        except Unreadable as error:
            asked.add_error("file", sentence(error))
    values = {"form": asked, "outcomes": outcomes, "largest": LARGEST}
    refused = asked.errors or any(not one.done for one in outcomes)
    return show(request, _SECTION, "trust_form", values, 422 if refused else 200)


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
def remove(request: Request, store: str, fingerprint: str) -> HttpResponse:
    """No longer believe an authority."""
    tell(request, ask(request, "authority.remove", {"store": store, "fingerprint": fingerprint}))
    return HttpResponseRedirect(reverse("authorities"))
