"""Inclusion lists: the patients that a device or a service follows, and outside of whom it sees nobody."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act, form, page
from ecluse.delivery.console.settings_pages.common import INCLUDE, domains_of, now, show
from ecluse.delivery.console.settings_pages.forms import IncludeForm, ListForm
from ecluse.services import access
from ecluse.services.queries import settings
from ecluse.services.queries.access import (
    InclusionListDocument,
    inclusion,
    inclusion_list,
    inclusions,
    lists,
    visible,
)
from ecluse.services.queries.settings import DomainSettings

_SECTION = "lists"
_PAGE = 50


@page(INCLUDE)
def every(request: Request) -> HttpResponse:
    """All of them."""
    return show(request, _SECTION, "lists", {"lists": lists(request.visitor.reach(INCLUDE))})


@form(INCLUDE)
def add(request: Request) -> HttpResponse:
    """A new one, empty."""
    asked = ListForm(_domains(request), request.POST or None)
    if request.method == "POST" and asked.is_valid():
        result = ask(request, "inclusion-list.create", asked.cleaned_data)
        if result.done:
            tell(request, result)
            return HttpResponseRedirect(reverse("inclusion_list", args=[result.data["id"]]))
        asked.add_error(None, sentence(result))
    return show(request, _SECTION, "list_form", {"form": asked}, 422 if asked.errors else 200)


@page(INCLUDE)
def show_one(request: Request, id_: str) -> HttpResponse:
    """One of them, with its patients by internal id."""
    return _page(request, _meant(request, id_), IncludeForm())


@act(INCLUDE)
def include(request: Request, id_: str) -> HttpResponse:
    """Put patients in it, all within the visitor's reach."""
    found = _meant(request, id_)
    asked = IncludeForm(request.POST)
    if asked.is_valid():
        wanted = asked.cleaned_data["patients"]
        reached = visible(request.visitor.reach(INCLUDE), wanted)
        _record(request, "inclusion.include", sorted(reached), found)
        if reached == set(wanted):
            result = ask(request, "inclusion.include", {"list": found.id, "patients": wanted})
            if result.done:
                tell(request, result)
                return HttpResponseRedirect(reverse("inclusion_list", args=[found.id]))
            asked.add_error(None, sentence(result))
        else:
            asked.add_error("patients", _unknown(sorted(set(wanted) - reached)))
    return _page(request, found, asked, 422)


@act(INCLUDE)
def exclude(request: Request, id_: str) -> HttpResponse:
    """Put one out of it; `purge`: what was delivered for this list about it is deleted here and is to be purged."""
    found, patient = _meant(request, id_), request.POST.get("patient", "")
    if inclusion(found.id, patient) is None or not visible(request.visitor.reach(INCLUDE), [patient]):
        raise Http404
    _record(request, "inclusion.exclude", [patient], found)
    given = {"list": found.id, "patients": [patient], "purge": request.POST.get("purge") == "on"}
    tell(request, ask(request, "inclusion.exclude", given))
    return HttpResponseRedirect(reverse("inclusion_list", args=[found.id]))


def _page(
    request: Request, found: InclusionListDocument, asked: forms.Form, status: int = 200
) -> HttpResponse:
    after = request.GET.get("apres") or None
    some = inclusions(found.id, after, _PAGE)
    seen = visible(request.visitor.reach(INCLUDE), [one.patient for one in some.patients])
    shown = [one for one in some.patients if one.patient in seen]
    _record(request, "inclusion.list", [one.patient for one in shown], found)
    values = {
        "list": found,
        "patients": shown,
        "next": f"?apres={some.next}" if some.next else "",
        "first": "?" if after else "",
        "form": asked,
    }
    return show(request, _SECTION, "list", values, status)


def _record(request: Request, action: str, patients: list[str], found: InclusionListDocument) -> None:
    access.record(request.visitor.caller(INCLUDE), action, patients, now(), f"list {found.id}")


def _unknown(patients: list[str]) -> str:
    shown = ", ".join(one[:40] for one in patients[:3])
    return _("Inconnus, ou hors de ce que vous pouvez voir : %(shown)s.") % {"shown": shown}


def _meant(request: Request, id_: str) -> InclusionListDocument:
    found = inclusion_list(request.visitor.reach(INCLUDE), id_)
    if found is None:
        raise Http404
    return found


def _domains(request: Request) -> tuple[DomainSettings, ...]:
    within = domains_of(request, INCLUDE)
    return tuple(one for one in settings.domains() if within is None or one.id in within)
