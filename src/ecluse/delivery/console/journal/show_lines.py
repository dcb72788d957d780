"""Acts and accesses, searched and exported."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.journal.common import AUDIT, SearchForm, following, now
from ecluse.delivery.console.settings_pages.common import everywhere
from ecluse.services import access
from ecluse.services.export_audit import FORMATS, export_accesses, export_acts
from ecluse.services.queries import audit
from ecluse.services.queries.proofs import seal_state


@page(AUDIT)
@everywhere(AUDIT)
def acts(request: Request) -> HttpResponse:
    """Acts and changes of settings."""
    form = SearchForm("acts", request.GET)
    try:
        found = audit.acts(form.wanted(), request.GET.get("apres"))
    except ValueError:
        return HttpResponseRedirect(reverse("journal"))
    return _page(request, "acts", form, found)


@page(AUDIT)
@everywhere(AUDIT)
def accesses(request: Request) -> HttpResponse:
    """Who signed in, who was shown whom."""
    form = SearchForm("accesses", request.GET)
    try:
        found = audit.accesses(form.wanted(), request.GET.get("apres"))
    except ValueError:
        return HttpResponseRedirect(reverse("accesses"))
    return _page(request, "accesses", form, found, seal=seal_state())


@page(AUDIT)
@everywhere(AUDIT)
def act(request: Request, seq: int) -> HttpResponse:
    """One act, as its chained line says it."""
    found = audit.act(seq) if seq < 2**62 else None
    if found is None:
        raise Http404
    return render(request, "console/journal/act.html", {"one": found, "tab": "acts"})


@page(AUDIT)
@everywhere(AUDIT)
def export(request: Request) -> HttpResponse:
    """The lines of a search in a file, the newest first; that it was done is written to the trail."""
    form, kind = request.GET.get("format", "csv"), request.GET.get("quel", "acts")
    if form not in FORMATS or kind not in ("acts", "accesses"):
        raise Http404
    wanted = SearchForm("acts" if kind == "acts" else "accesses", request.GET).wanted()
    access.record(request.visitor.caller(AUDIT), "audit.export", [], now(), f"{kind} {form}")
    made = export_acts(wanted, form) if kind == "acts" else export_accesses(wanted, form)
    response = HttpResponse(made.content, content_type=FORMATS[form])
    name = f"ecluse-{'actes' if kind == 'acts' else 'acces'}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


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
