"""The establishment switch of the header: one establishment or all, kept in the session."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

from ecluse.delivery.console.guard import Request, own
from ecluse.delivery.console.visits import PLACE
from ecluse.services.accounts import places


@own
def choose(request: Request) -> HttpResponse:
    """Look at one establishment from now on, or at all; an establishment that is not hers is as none."""
    if request.method == "POST":
        asked = request.POST.get("place", "")
        number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else 0
        if places.find(request.visitor.id, number) is not None:
            request.session[PLACE] = number
        else:
            request.session.pop(PLACE, None)
    return HttpResponseRedirect(_back(request.POST.get("next", "/")))


def _back(address: str) -> str:
    """The page shown when it is a list; the room of an object, which may not be of the establishment chosen."""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None) or not address.startswith("/"):
        return "/"
    path = address.partition("?")[0]
    try:
        one = resolve(path)
    except Resolver404:
        return "/"
    return path if not one.kwargs else f"/{path.split('/')[1]}/"
