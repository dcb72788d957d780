"""Establishments, their sites, identification domains."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, form, page
from ecluse.delivery.console.settings_pages.common import READ, WRITE, domains_of, everywhere, show
from ecluse.delivery.console.settings_pages.forms import DomainForm, EstablishmentForm, SiteForm
from ecluse.services.queries import settings
from ecluse.services.queries.places import places

_SECTION = "places"


@page(READ)
def every(request: Request) -> HttpResponse:
    """All of them."""
    return show(request, _SECTION, "places", {"places": places(domains_of(request, READ))})


@form(WRITE)
@everywhere(WRITE)
def add_establishment(request: Request) -> HttpResponse:
    """Declare a legal entity."""
    asked = EstablishmentForm(request.POST or None)
    if _posted(request, asked):
        made = _ask(request, asked, "establishment.add", asked.cleaned_data)
        if made is not None:
            return HttpResponseRedirect(reverse("establishment", args=[made]))
    return _form(request, "establishment_form", asked, {})


@form(WRITE)
@everywhere(WRITE)
def establishment(request: Request, id_: int) -> HttpResponse:
    """One legal entity with its sites, changed."""
    found = settings.establishment(id_)
    if found is None:
        raise Http404
    initial = {"name": found.name, "finess": found.finess or "", "expected": settings.etag(found)}
    asked = EstablishmentForm(request.POST or None, initial=initial)
    if _posted(request, asked):
        given = {"id": id_, **asked.cleaned_data}
        if _ask(request, asked, "establishment.edit", given) is not None:
            return HttpResponseRedirect(reverse("places"))
    return _form(request, "establishment_form", asked, _of(id_))


@form(WRITE)
@everywhere(WRITE)
def add_site(request: Request, id_: int) -> HttpResponse:
    """Declare a geographic entity of an establishment."""
    if settings.establishment(id_) is None:
        raise Http404
    asked = SiteForm(request.POST or None, initial={"zone": "Europe/Paris"})
    if _posted(request, asked):
        given = {"establishment": id_, **asked.cleaned_data}
        if _ask(request, asked, "site.add", given) is not None:
            return HttpResponseRedirect(reverse("establishment", args=[id_]))
    return _form(request, "site_form", asked, _of(id_))


@form(WRITE)
@everywhere(WRITE)
def site(request: Request, id_: int) -> HttpResponse:
    """One geographic entity, changed."""
    found = settings.site(id_)
    if found is None:
        raise Http404
    initial = {
        "name": found.name, "finess": found.finess or "", "zone": found.zone, "expected": settings.etag(found),
    }  # fmt: skip
    asked = SiteForm(request.POST or None, initial=initial)
    if (
        _posted(request, asked)
        and _ask(request, asked, "site.edit", {"id": id_, **asked.cleaned_data}) is not None
    ):
        return HttpResponseRedirect(reverse("establishment", args=[found.establishment]))
    return _form(request, "site_form", asked, {"site": found, **_of(found.establishment)})


@form(WRITE)
@everywhere(WRITE)
def add_domain(request: Request) -> HttpResponse:
    """Declare an identification domain."""
    asked = DomainForm(settings.establishments(), request.POST or None)
    if _posted(request, asked) and _ask(request, asked, "domain.add", _domain(asked)) is not None:
        return HttpResponseRedirect(reverse("places"))
    return _form(request, "domain_form", asked, {})


@form(WRITE)
@everywhere(WRITE)
def domain(request: Request, id_: int) -> HttpResponse:
    """One identification domain, changed."""
    found = settings.domain(id_)
    if found is None:
        raise Http404
    initial = {
        "oid": found.oid or "",
        "authorities": "\n".join(found.authorities or ()),
        "establishments": [str(one) for one in found.establishments],
        "foreign": found.foreign,
        "expected": settings.etag(found),
    }
    asked = DomainForm(settings.establishments(), request.POST or None, initial=initial, new=False)
    if (
        _posted(request, asked)
        and _ask(request, asked, "domain.edit", {"id": id_, **_domain(asked)}) is not None
    ):
        return HttpResponseRedirect(reverse("places"))
    return _form(request, "domain_form", asked, {"domain": found})


def _domain(asked: DomainForm) -> dict[str, Any]:
    given = dict(asked.cleaned_data)
    given["establishments"] = [int(one) for one in given.get("establishments", ())]
    return given


def _posted(request: Request, asked: forms.Form) -> bool:
    return request.method == "POST" and asked.is_valid()


def _of(id_: int) -> dict[str, Any]:
    """An establishment with its sites."""
    return {"place": next((one for one in places().establishments if one.establishment.id == id_), None)}


def _ask(request: Request, asked: forms.Form, name: str, given: dict[str, Any]) -> int | None:
    """Have it done; the id, or None when the form now says why not."""
    result = ask(request, name, given)
    if result.done:
        tell(request, result)
        return int(result.data["id"])
    asked.add_error(None, sentence(result))
    return None


def _form(request: Request, template: str, asked: forms.Form, values: dict[str, Any]) -> HttpResponse:
    return show(
        request,
        _SECTION,
        template,
        {"form": asked, **values},
        422 if asked.is_bound and asked.errors else 200,
    )
