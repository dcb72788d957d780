"""What is done to a patient from its page: a merge undone, a note, a list joined or left, everything kept exported."""

from __future__ import annotations

from datetime import date

import msgspec
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.guard import Request, act, form
from ecluse.delivery.console.patients.forms import NoteForm, ReasonForm
from ecluse.delivery.console.patients.reading import card_of, known, now, traced
from ecluse.services.person_export import person_export
from ecluse.services.queries.access import inclusion_list, visible
from ecluse.services.queries.patients import merged_into

MANAGE = "identities.manage"


@form(MANAGE, fresh=True)
@traced
def unmerge(request: Request, patient: str) -> HttpResponse:
    """Tell what undoing a merge does, then undo it. Both patients must be within reach."""
    card = card_of(request, patient, "patient.unmerge", MANAGE)
    into = merged_into(patient)
    if not into:
        return HttpResponseRedirect(reverse("patient", args=[patient]))
    survivor = card_of(request, into, "patient.unmerge", MANAGE)
    filled = ReasonForm(request.POST or None, initial={"version": card.version})
    if request.method == "POST" and filled.is_valid():
        given = filled.cleaned_data
        told = tell(
            request,
            ask(
                request,
                "patient.unmerge",
                {"patient": patient, "reason": given["reason"], "version": given["version"]},
            ),
        )
        return HttpResponseRedirect(reverse("patient" if told.done else "unmerge", args=[patient]))
    values = {"card": card, "patient": card.document, "survivor": survivor.document, "form": filled}
    return render(request, "console/patients/unmerge.html", values, status=422 if filled.errors else 200)


@form(MANAGE)
@traced
def note(request: Request, patient: str) -> HttpResponse:
    """Write a note of rectification (GDPR, articles 16 and 19): the identity itself is changed by its sender."""
    card = card_of(request, patient, "patient.read", MANAGE)
    filled = NoteForm(request.POST or None)
    if request.method == "POST" and filled.is_valid():
        text = filled.cleaned_data["text"].replace("\r\n", "\n")
        day: date = filled.cleaned_data["date"]
        told = tell(
            request, ask(request, "patient.note", {"patient": patient, "text": text, "date": day.isoformat()})
        )
        if told.done:
            return HttpResponseRedirect(reverse("patient", args=[patient]))
    values = {"card": card, "patient": card.document, "form": filled}
    return render(request, "console/patients/note.html", values, status=422 if filled.errors else 200)


@form(MANAGE, fresh=True)
@traced
def dossier(request: Request, patient: str) -> HttpResponse:
    """Tell what the dossier of a person holds, then give it; the act is in the journal before the file leaves."""
    card = card_of(request, patient, "patient.read", MANAGE)
    if request.method != "POST":
        return render(request, "console/patients/dossier.html", {"card": card, "patient": card.document})
    told = ask(request, "patient.dossier", {"patient": patient})
    found = person_export(patient, now()) if told.done else None
    if found is None:
        tell(request, told)
        return HttpResponseRedirect(reverse("dossier", args=[patient]))
    for one in found.identities:
        known(request, one.id, "patient.dossier", MANAGE)
    return HttpResponse(
        msgspec.json.format(msgspec.json.encode(found), indent=2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="dossier-{patient}.json"'},
    )


@act("inclusions.manage")
@traced
def inclusion(request: Request, patient: str) -> HttpResponse:
    """Put a patient in an inclusion list, or out of it."""
    right = "inclusions.manage"
    known(request, patient, f"inclusion.{_verb(request)}", right)
    found = inclusion_list(request.visitor.reach(right), request.POST.get("list", ""))
    if found is None:
        raise Http404
    arguments = {"list": found.id, "patients": [patient]}
    if _verb(request) == "exclude":
        arguments["purge"] = request.POST.get("purge") == "1"  # type: ignore[assignment]
    tell(request, ask(request, f"inclusion.{_verb(request)}", arguments))
    seen = visible(request.visitor.reach("patients.read"), [patient])
    return HttpResponseRedirect(reverse("patient_sharing", args=[patient]) if seen else "/")


def _verb(request: Request) -> str:
    return "exclude" if request.POST.get("act") == "exclude" else "include"
