"""Requests: a key is made here, its request (CSR) is taken to the platform, and what comes back is imported."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.certificates.common import (
    MANAGE,
    READ,
    asking,
    file_of,
    now,
    on,
    places,
    sees,
    show,
    within,
)
from ecluse.delivery.console.certificates.forms import LARGEST, RequestForm, SlotForm
from ecluse.delivery.console.guard import Request, act, form, page
from ecluse.protocols.x509.errors import Unreadable
from ecluse.services.certificates.requesting import NewRequest, Wanted, new_request
from ecluse.services.certificates.settings import current
from ecluse.services.queries import certificates
from ecluse.services.queries.certificate_pages import StoreError, uses
from ecluse.services.queries.certificates import RequestDocument
from ecluse.services.queries.operators import operators
from ecluse.services.queries.settings import EstablishmentSettings

_SECTION = "requests"


@page(READ)
def every(request: Request) -> HttpResponse:
    """Those that wait, then the others."""
    held = within(request)
    seen = [one for one in certificates.requests(pending=False) if held is None or one.establishment in held]
    values = {
        "pending": [one for one in seen if one.state == "pending"],
        "former": [one for one in seen if one.state != "pending"],
        "who": operators(one.by for one in seen),
    }
    return show(request, _SECTION, "requests", values)


@page(READ)
def one(request: Request, id_: str) -> HttpResponse:
    """A request to copy or to download, and where its answer is given."""
    found = known(request, id_)
    values: dict[str, Any] = {
        "one": found,
        "who": operators([found.by]),
        "use": uses().get(found.use),
        "may_change": request.visitor.may(MANAGE) and sees(request, found.establishment, MANAGE),
        "largest": LARGEST,
    }
    return show(request, _SECTION, "request", values)


@page(READ)
def download(request: Request, id_: str) -> HttpResponse:
    """The request, PEM (PKCS#10): it holds the public key alone."""
    found = known(request, id_)
    return file_of(found.content, f"demande-{found.use}.csr.pem", "application/pkcs10")


@act(MANAGE, fresh=True)
def drop(request: Request, id_: str) -> HttpResponse:
    """Give a request up; its key is destroyed."""
    found = known(request, id_)
    on(request, found.establishment)
    tell(request, ask(request, "certificate.drop-request", {"request": found.id}))
    return HttpResponseRedirect(reverse("requests"))


@form(MANAGE)
def add(request: Request) -> HttpResponse:
    """Which establishment and which use first, then the names, proposed."""
    known_places = places(request, MANAGE)
    chosen = SlotForm(known_places, _asked(request))
    asked: RequestForm | None = None
    if request.method == "POST":
        asked = RequestForm(known_places, request.POST)
        if asked.is_valid() and (made := _made(request, asked)) is not None:
            return HttpResponseRedirect(reverse("request", args=[made.id]))
    elif chosen.is_bound and chosen.is_valid():
        asked = RequestForm(known_places, initial=_proposed(chosen.cleaned_data, known_places))
    values: dict[str, Any] = {
        "choice": chosen,
        "form": asked,
        "establishments": known_places,
        "use": uses().get(str(chosen.data.get("use", ""))) if chosen.is_bound else None,
        "place": next((one for one in known_places if str(one.id) == chosen.data.get("establishment")), None),
    }
    return show(request, _SECTION, "request_form", values, 422 if asked is not None and asked.errors else 200)


def _asked(request: Request) -> dict[str, str] | None:
    if request.method == "POST":
        return {name: request.POST.get(name, "") for name in ("establishment", "use")}
    given = {"establishment": request.GET.get("etablissement", ""), "use": request.GET.get("emploi", "")}
    return given if all(given.values()) else None


def _proposed(given: dict[str, Any], known: tuple[EstablishmentSettings, ...]) -> dict[str, str]:
    place = next(one for one in known if str(one.id) == given["establishment"])
    return {
        **given,
        "service": next(iter(uses()[given["use"]].service_names), ""),
        "organisation": place.name,
        "structure": f"1{place.finess}" if place.finess else "",
    }


def _made(request: Request, asked: RequestForm) -> NewRequest | None:
    """The request, or None: the form says why there is none."""
    given = asked.cleaned_data
    wanted = Wanted(**{**given, "establishment": int(given["establishment"])})
    try:
        made = new_request(current(), asking(request), wanted, now(), by=request.visitor.operator)
    except Unreadable as error:
        asked.add_error(None, sentence(error))
        return None
    except StoreError as error:
        asked.add_error(None, error.sentence.en if get_language() == "en" else error.sentence.fr)
        return None
    if not made.done:
        asked.add_error(None, sentence(made))
        return None
    return made


def known(request: Request, id_: str) -> RequestDocument:
    """A request within reach.

    :raises Http404: there is none.
    """
    for found in certificates.requests(pending=False):
        if found.id == id_ and sees(request, found.establishment):
            return found
    raise Http404
