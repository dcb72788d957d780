"""Duplicates and collisions to review: the list, patients side by side, and what a person concludes."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.patients.forms import ReviewForm
from ecluse.delivery.console.patients.reading import READ, number, reader, record, traced
from ecluse.services import index_suspects
from ecluse.services.queries.duplicates import Comparison, comparison, groups

MANAGE = "identities.manage"


@page(READ)
@traced
def every(request: Request) -> HttpResponse:
    """The groups to look at, or those a person looked at."""
    looked = request.GET.get("vus") == "1"
    fresh = index_suspects.keep_near()
    found = groups(
        reader(), request.visitor.reach(READ), looked=looked, before=number(request.GET.get("avant"))
    )
    shown = [one.id for group in found.groups for one in group.patients]
    record(request, "patient.search", shown, "suspects")
    values = {"found": found, "looked": looked, "fresh": fresh}
    return render(request, "console/patients/suspects.html", values)


@page(READ)
@traced
def one(request: Request, group: int) -> HttpResponse:
    """The patients of a group side by side."""
    return _compared(request, _known(request, group, READ))


@act(MANAGE)
@traced
def review(request: Request, group: int) -> HttpResponse:
    """Write that a person looked at a group."""
    found = _known(request, group, MANAGE)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _compared(request, found, form, 422)
    given = form.cleaned_data
    told = tell(
        request,
        ask(
            request,
            "suspects.review",
            {
                "group": group,
                "seen": given["seen"],
                "patients": given["patients"].split(),
                "verdict": given["verdict"],
                "note": given["note"],
                "by": request.visitor.name,
            },
        ),
    )
    return HttpResponseRedirect(reverse("suspects") if told.done else reverse("suspect", args=[group]))


def _known(request: Request, group: int, right: str) -> Comparison:
    found = comparison(reader(), request.visitor.reach(READ), group)
    if found is None or (right != READ and comparison(reader(), request.visitor.reach(right), group) is None):
        raise Http404
    record(request, "patient.compare", found.ids, f"suspects {group}")
    return found


def _compared(
    request: Request, found: Comparison, form: ReviewForm | None = None, status: int = 200
) -> HttpResponse:
    initial = {"seen": found.seen, "patients": " ".join(found.ids)}
    values = {"found": found, "form": form or ReviewForm(initial=initial), "line": found.line}
    return render(request, "console/patients/suspect.html", values, status=status)
