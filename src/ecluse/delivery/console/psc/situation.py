"""The situation in which a professional acts, chosen by her when Pro Santé Connect tells several."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from ecluse.delivery.console.guard import Request, own
from ecluse.delivery.console.psc import kept


@own
def choose(request: Request) -> HttpResponse:
    """The situations told, and the choice of one."""
    found = kept.situations(request)
    wanted = request.POST.get("situation", "")
    for one in found if request.method == "POST" else ():
        if one.id == wanted:
            return HttpResponseRedirect(kept.choose(request, one))
    missing = request.method == "POST"
    values = {"situations": found, "chosen": kept.chosen(request), "missing": missing}
    return render(request, "console/psc/situation.html", values, status=422 if missing else 200)
