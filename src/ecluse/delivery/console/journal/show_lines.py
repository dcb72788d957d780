"""Acts and accesses, searched and exported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.journal.common import AUDIT, SearchForm, following, now
from ecluse.delivery.console.patients.reading import READ as PATIENTS
from ecluse.delivery.console.patients.reading import traced
from ecluse.delivery.console.settings_pages.common import everywhere, on_all
from ecluse.services import access
from ecluse.services.export_audit import FORMATS, export_accesses, export_acts
from ecluse.services.queries import audit
from ecluse.services.queries.audit import ActDocument
from ecluse.services.queries.proofs import seal_state


@page(AUDIT)
@everywhere(AUDIT)
@traced
def acts(request: Request) -> HttpResponse:
    """Acts and changes of settings; that acts about patients were shown is written to the trail."""
    form = SearchForm("acts", request.GET)
    try:
        found = (
            audit.acts(form.wanted(), request.GET.get("apres"), of_patients=on_all(request, PATIENTS))
            if form.is_valid()
            else audit.Acts((), None)
        )
    except ValueError:
        return HttpResponseRedirect(reverse("journal"))
    _shown(request, found.lines, "/journal/")
    return _page(request, "acts", form, found)


@page(AUDIT)
@everywhere(AUDIT)
def accesses(request: Request) -> HttpResponse:
    """Who signed in, who was shown whom."""
    form = SearchForm("accesses", request.GET)
    try:
        found = (
            audit.accesses(form.wanted(), request.GET.get("apres"))
            if form.is_valid()
            else audit.Accesses((), None)
        )
    except ValueError:
        return HttpResponseRedirect(reverse("accesses"))
    return _page(request, "accesses", form, found, seal=seal_state())


@page(AUDIT)
@everywhere(AUDIT)
@traced
def act(request: Request, seq: int) -> HttpResponse:
    """One act, as its chained line says it."""
    found = audit.act(seq, of_patients=on_all(request, PATIENTS)) if seq < 2**62 else None
    if found is None:
        raise Http404
    _shown(request, (found,), "/journal/actes/{seq}/")
    return render(request, "console/journal/act.html", {"one": found, "tab": "acts"})


@page(AUDIT)
@everywhere(AUDIT)
@traced
def export(request: Request) -> HttpResponse:
    """The lines of a search in a file, the newest first; that it was done is written to the trail."""
    form, kind = request.GET.get("format", "csv"), request.GET.get("quel", "acts")
    if form not in FORMATS or kind not in ("acts", "accesses"):
        raise Http404
    asked = SearchForm("acts" if kind == "acts" else "accesses", request.GET)
    if not asked.is_valid():
        return HttpResponseRedirect(
            f"{reverse('journal' if kind == 'acts' else 'accesses')}?{_query(request)}"
        )
    wanted = asked.wanted()
    access.record(request.visitor.caller(AUDIT), "audit.export", [], now(), f"{kind} {form}")
    told = on_all(request, PATIENTS)
    made = export_acts(wanted, form, of_patients=told) if kind == "acts" else export_accesses(wanted, form)
    response = HttpResponse(made.content, content_type=FORMATS[form])
    name = f"ecluse-{'actes' if kind == 'acts' else 'acces'}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _shown(request: Request, lines: Iterable[ActDocument], detail: str) -> None:
    patients = [one for line in lines for one in line.patients]
    if patients:
        access.record(request.visitor.caller(AUDIT), "audit.read", patients, now(), detail)


def _query(request: Request) -> str:
    return urlencode({name: request.GET[name] for name in SearchForm.base_fields if request.GET.get(name)})


def _page(request: Request, kind: str, form: SearchForm, found: Any, **more: Any) -> HttpResponse:
    query = {name: value for name, value in request.GET.items() if value and name not in ("apres", "lang")}
    values = {
        "tab": kind,
        "form": form,
        "lines": found.lines,
        "next": following(request.GET, found.next),
        "first": f"?{urlencode(query)}" if request.GET.get("apres") else "",
        "searched": bool(query),
        "export": urlencode({**query, "quel": kind}),
        **more,
    }
    if request.headers.get("HX-Request"):
        return render(request, f"console/journal/{kind}_lines.html", values)
    return render(request, f"console/journal/{kind}.html", values)
