"""One patient: the card, and behind its tabs the versions, stays, consents, messages, lists and accesses."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.patients.reading import READ, card_of, number, reader, traced
from ecluse.services.queries import stays
from ecluse.services.queries.access import trail, visible
from ecluse.services.queries.operators import operators
from ecluse.services.queries.patient_card import PatientCard
from ecluse.services.queries.patient_inclusions import patient_inclusions
from ecluse.services.queries.patient_messages import patient_messages
from ecluse.services.queries.subscribers import shared_with
from ecluse.services.queries.timeline import timeline


@page(READ)
@traced
def versions(request: Request, patient: str) -> HttpResponse:
    """The card and every version, newest first."""
    card = card_of(request, patient, "patient.read")
    reach = request.visitor.reach(READ)
    before = number(request.GET.get("avant"))
    lines = timeline(patient, reader().standings(), reach, before=before)
    people = operators(one.operator for one in lines.versions if one.operator)
    template = "versions_part.html" if request.headers.get("HX-Request") and before else "versions.html"
    values = {"lines": lines, "people": people, "first": before is None}
    return _shown(request, card, "versions", template, values)


@page(READ)
@traced
def stays_of(request: Request, patient: str) -> HttpResponse:
    """The stays and their movements, the last one first."""
    card = card_of(request, patient, "stay.list")
    found = tuple(reversed(stays.of_patient(patient)))
    return _shown(request, card, "stays", "stays.html", {"stays": found})


@page(READ)
@traced
def consents(request: Request, patient: str) -> HttpResponse:
    """What the patient said of the DMP, and the form to record more."""
    card = card_of(request, patient, "consent.read")
    return consents_page(request, card)


def consents_page(request: Request, card: PatientCard, form: Any = None, status: int = 200) -> HttpResponse:
    """The same once the card is read. form: one that was refused."""
    from ecluse.delivery.console.consents.forms import ConsentForm

    patient = card.document.id
    found = stays.consents(patient)
    open_stays = [
        one for one in stays.of_patient(patient) if one.situation.status not in ("discharged", "cancelled")
    ]
    values = {
        "consents": found,
        "history": tuple(reversed(found.history)) if found is not None else (),
        "form": form if form is not None else ConsentForm(open_stays, by=request.visitor.name),
        "numbers": {one.id: one.visit.value for one in stays.of_patient(patient) if one.visit is not None},
    }
    return _shown(request, card, "consents", "consents.html", values, status)


@page("messages.read")
@traced
def messages(request: Request, patient: str) -> HttpResponse:
    """The journal lines that changed the patient."""
    card = card_of(request, patient, "message.list", "messages.read")
    found = patient_messages(patient, number(request.GET.get("avant")))
    return _shown(request, card, "messages", "messages.html", {"found": found})


@page(READ)
@traced
def sharing(request: Request, patient: str) -> HttpResponse:
    """The inclusion lists that follow the patient, and whom it was shared with."""
    card = card_of(request, patient, "patient.sharing")
    listed = patient_inclusions(request.visitor.reach(READ), patient)
    values = {"listed": listed, "shared": shared_with(patient)}
    return _shown(request, card, "sharing", "sharing.html", values)


@page("audit.read")
@traced
def accesses(request: Request, patient: str) -> HttpResponse:
    """Who was shown the patient; that one looked is written too."""
    card = card_of(request, patient, "access.list", "audit.read")
    lines = trail(
        patient=patient, after=request.GET.get("avant") if number(request.GET.get("avant")) else None
    )
    people = operators(one.caller for one in lines.lines)
    return _shown(request, card, "accesses", "accesses.html", {"lines": lines, "people": people})


def _shown(
    request: Request, card: PatientCard, tab: str, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    reach = request.visitor.reach("identities.manage")
    mine = {
        "card": card,
        "patient": card.document,
        "tab": tab,
        "manages": request.visitor.may("identities.manage") and bool(visible(reach, [card.document.id])),
    }
    return render(request, f"console/patients/{template}", {**mine, **values}, status=status)
