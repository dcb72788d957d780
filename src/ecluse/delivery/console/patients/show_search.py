"""The search: by traits as the INS guide wants it, by INS, by local identifier. Nothing of it stands in an address."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from ecluse.delivery.console.guard import Request, form
from ecluse.delivery.console.patients.forms import IdentifierForm, InsForm, TraitsForm
from ecluse.delivery.console.patients.reading import READ, reader, record, traced
from ecluse.services.queries import patient_search
from ecluse.services.queries.duplicates import to_look_at
from ecluse.services.queries.patient_search import Found, IndexNotReady, Wanted

_FORMS: dict[str, type[forms.Form]] = {"traits": TraitsForm, "ins": InsForm, "identifier": IdentifierForm}
_PAGE = 25


@form(READ)
@traced
def search(request: Request) -> HttpResponse:
    """The three searches, and what one of them found."""
    by = request.POST.get("by", "")
    asked = by if by in _FORMS else ""
    filled = {
        name: one(request.POST if name == asked else None, auto_id=f"{name}_%s")
        for name, one in _FORMS.items()
    }
    found, waiting, status = None, False, 200
    if asked:
        if filled[asked].is_valid():
            try:
                found = _found(request, filled[asked])
            except IndexNotReady:
                waiting, status = True, 503
        else:
            status = 422
    values = {
        "forms": filled,
        "asked": asked,
        "wrong": filled.get(asked) if asked and filled[asked].errors else None,
        "found": found,
        "given": filled[asked].cleaned_data if found is not None else {},
        "partial": asked == "traits"
        and found is not None
        and len(filled[asked].cleaned_data["birth_date"]) < 10,
        "waiting": waiting,
        "suspects": to_look_at(request.visitor.reach(READ))
        if request.visitor.may("identities.manage")
        else 0,
    }
    return render(request, "console/patients/search.html", values, status=status)


def _found(request: Request, asked: forms.Form) -> Found:
    after = request.POST.get("after") or None
    found = patient_search.search(
        reader(), request.visitor.reach(READ), _wanted(asked.cleaned_data), after=after, limit=_PAGE
    )
    record(request, "patient.search", [one.id for one in found.patients], found.how)
    return found


def _wanted(given: dict[str, str]) -> Wanted:
    if given["by"] == "ins":
        return patient_search.ByIns(given["matricule"])
    if given["by"] == "identifier":
        return patient_search.ByIdentifier(given["value"])
    return patient_search.ByTraits(given["birth_date"], given["name"], given["first_name"])
