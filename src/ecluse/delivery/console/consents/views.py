"""« Consentements à recueillir »: who is to be asked, one gesture to answer, the leaflet that informs."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.consents.forms import HOW, SHORT, ConsentForm, LeafletForm, QuickForm
from ecluse.delivery.console.consents.rate_chart import RateChart, named, whole
from ecluse.delivery.console.guard import Request, act, everywhere, form, page
from ecluse.delivery.console.patients.reading import READ, card_of, known, reader, record, traced
from ecluse.delivery.console.patients.show_patient import consents_page
from ecluse.services import index_stays
from ecluse.services.queries import stays
from ecluse.services.queries.consent_worklist import ToCollect, one_to_collect, rates, to_collect
from ecluse.services.queries.leaflet import leaflet

RECORD = "consents.record"


@page(READ)
@traced
def worklist(request: Request) -> HttpResponse:
    """Expected and present patients without a recorded position, by unit."""
    fresh = index_stays.keep_near()
    reach = request.visitor.reach(READ)
    unit, expected = request.GET.get("unite") or None, request.GET.get("vue") == "attendus"
    found = to_collect(reader(), reach, unit=unit, expected=expected, after=request.GET.get("suite", ""))
    record(request, "consent.search", [one.patient.id for one in found.lines], "worklist")
    told = rates(reach)
    kept = {"vue": "attendus"} if expected else {}
    values = {
        "found": found,
        "next": urlencode({**kept, **({"unite": unit} if unit else {}), "suite": found.next})
        if found.next
        else "",
        "unit": unit or "",
        "expected": expected,
        "fresh": fresh,
        "units": [(one.key, named(one), one.missing) for one in sorted(told, key=named)],
        "chart": RateChart(told) if told else None,
        "whole": whole(told),
        "missing": sum(one.missing for one in told),
        "opposed": sum(one.opposed for one in told),
        "refused": sum(one.refused for one in told),
        "total": sum(one.total for one in told),
        "choices": SHORT,
        "hows": HOW,
    }
    return render(request, "console/consents/worklist.html", values)


@act(RECORD)
@traced
def quick(request: Request, stay: str) -> HttpResponse:
    """Record what a patient of the worklist said, in one gesture."""
    index_stays.keep_near()
    line = _line(request, stay)
    filled = QuickForm(request.POST)
    told, done = "", False
    if filled.is_valid():
        given = {"patient": line.patient.id, "stay": stay, "source": "console", "by": request.visitor.name}
        result = ask(request, "consent.record", {**given, **filled.arguments()})
        told, done = sentence(result), result.done
        index_stays.keep_near()
        if not request.headers.get("HX-Request"):
            tell(request, result)
    if request.headers.get("HX-Request"):
        values = {
            "one": one_to_collect(reader(), request.visitor.reach(RECORD), stay) or line,
            "done": done,
            "told": told,
            "wrong": not filled.is_valid(),
            "unit": request.POST.get("unite", ""),
            "expected": request.POST.get("vue") == "attendus",
            "choices": SHORT,
            "hows": HOW,
        }
        return render(request, "console/consents/row.html", values)
    back = {name: value for name in ("unite", "vue") if (value := request.POST.get(name))}
    return HttpResponseRedirect(reverse("consents") + (f"?{urlencode(back)}" if back else ""))


def _line(request: Request, stay: str) -> ToCollect:
    """A stay of the list, of a patient the visitor may see and record for.

    :raises Http404: there is none.
    """
    line = one_to_collect(reader(), request.visitor.reach(RECORD), stay)
    if line is None:
        raise Http404
    known(request, line.patient.id, "consent.read")
    return line


@act(RECORD)
@traced
def record_consent(request: Request, patient: str) -> HttpResponse:
    """Record what a patient said, from its page."""
    card = card_of(request, patient, "consent.read", RECORD)
    filled = ConsentForm(stays.of_patient(patient), request.POST)
    if not filled.is_valid():
        return consents_page(request, card, filled, 422)
    arguments = {"patient": patient, "source": "console", **filled.arguments()}
    if not tell(request, ask(request, "consent.record", arguments)).done:
        return consents_page(request, card, filled, 409)
    return HttpResponseRedirect(reverse("patient_consents", args=[patient]))


@page("")
def notice(request: Request) -> HttpResponse:
    """The information leaflet, to print."""
    values = {"leaflet": leaflet(), "may_write": request.visitor.everywhere("settings.write")}
    return render(request, "console/consents/notice.html", values)


@form("settings.write")
@everywhere("settings.write")
def notice_texts(request: Request) -> HttpResponse:
    """The parts of the leaflet that no source words."""
    kept = leaflet()
    now = {"rights": kept.rights, "contact": kept.contact, "more": kept.more}
    filled = LeafletForm(request.POST or None, initial=now)
    if request.method == "POST" and filled.is_valid():
        changed = {name: text.replace("\r\n", "\n") for name, text in filled.cleaned_data.items()}
        for name, text in changed.items():
            if (
                text != now[name]
                and not tell(request, ask(request, "leaflet.edit", {"name": name, "text": text})).done
            ):
                return HttpResponseRedirect(reverse("notice_texts"))
        return HttpResponseRedirect(reverse("notice"))
    return render(
        request, "console/consents/texts.html", {"form": filled}, status=422 if filled.errors else 200
    )
