"""The page of the first steps, and the acts each step asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.feeds.change_sender import named
from ecluse.delivery.console.feeds.common import MANAGE
from ecluse.delivery.console.feeds.show_senders import sender_of
from ecluse.delivery.console.guard import Request, act, form, page
from ecluse.delivery.console.settings import current
from ecluse.delivery.console.settings_pages.common import WRITE, everywhere
from ecluse.delivery.console.welcome.forms import FirstDomainForm, PlaceForm
from ecluse.delivery.console.welcome.steps import first_undone, incomplete_domains, spare_domains, steps
from ecluse.services.deployment_view import current as deployment
from ecluse.services.queries import senders, settings
from ecluse.services.try_listener import try_listener

HERE = "/premiere-visite/etapes/"
_TRIED = "first_listener"


@page(WRITE)
@everywhere(WRITE)
def show(request: Request) -> HttpResponse:
    """The steps; the first one that is not done is open."""
    return _show(request)


def _show(
    request: Request, *, place: forms.Form | None = None, domain: forms.Form | None = None, open_: str = ""
) -> HttpResponse:
    found = steps(request.session.get(_TRIED, ""))
    mllp = current().mllp
    values = {
        "steps": found,
        "open": open_ or first_undone(found),
        "done": 1 + sum(bool(one.proof) for one in found),  # the administrator is there: he reads this
        "total": 1 + len(found),
        "place": place or PlaceForm(),
        "domain": domain or FirstDomainForm(initial=_proposed_domain()),
        "incomplete": incomplete_domains(),
        "spare": spare_domains(),
        "listeners": deployment().listeners,
        "senders": senders.every("to_confirm"),
        "may_confirm": request.visitor.may(MANAGE),
        "mllp": mllp,
        "example": f"ecluse simulate hospital --to {mllp}"
        if mllp and current().environment == "test"
        else "",
    }
    status = 422 if place is not None or domain is not None else 200
    return render(request, "console/welcome/steps.html", values, status=status)


def _proposed_domain() -> dict[str, str]:
    """The first one in which messages arrive that says too little, with what it says."""
    wanted = next(iter(incomplete_domains()), "")
    found = next((one for one in settings.domains() if one.name == wanted), None)
    return {"name": found.name, "oid": found.oid or ""} if found is not None else {}


@act(WRITE)
@everywhere(WRITE)
def place(request: Request) -> HttpResponse:
    """Declare the legal entity and its first site."""
    asked = PlaceForm(request.POST)
    if not asked.is_valid():
        return _show(request, place=asked, open_="place")
    given = asked.cleaned_data
    made = ask(request, "establishment.add", {"name": given["name"], "finess": given["finess"]})
    if not made.done:
        asked.add_error("name", sentence(made))
        return _show(request, place=asked, open_="place")
    site = {
        "establishment": made.data["id"], "name": given["site"], "finess": given["site_finess"], "zone": given["zone"],
    }  # fmt: skip
    tell(request, ask(request, "site.add", site))
    return HttpResponseRedirect(HERE)


@act(WRITE)
@everywhere(WRITE)
def domain(request: Request) -> HttpResponse:
    """Declare the domain, or complete the one of that name, and share it with every establishment declared."""
    asked = FirstDomainForm(request.POST)
    if not asked.is_valid():
        return _show(request, domain=asked, open_="domain")
    told = asked.cleaned_data
    accepted = [one for one in (told["oid"], told["authority"]) if one]
    given: dict[str, Any] = {
        "name": told["name"],
        "oid": told["oid"],
        "authorities": accepted,
        "foreign": False,
    }
    given["establishments"] = [one.id for one in settings.establishments()]
    known = next((one for one in settings.domains() if one.name == given["name"]), None)
    result = (
        ask(request, "domain.edit", {**given, "id": known.id}) if known else ask(request, "domain.add", given)
    )
    if not result.done:
        asked.add_error(None, sentence(result))
        return _show(request, domain=asked, open_="domain")
    tell(request, result)
    return HttpResponseRedirect(HERE)


@act(WRITE)
@everywhere(WRITE)
def listener(request: Request) -> HttpResponse:
    """Try every listener from this machine; nothing is sent."""
    told, failed = [], []
    for one in deployment().listeners:
        tried = try_listener(one)
        if tried.answers:
            where = f"{one.address}, {tried.tls}" if tried.tls else one.address
            answer = {"name": one.name, "where": where, "ms": f"{tried.milliseconds:.0f}"}
            told.append(_("%(name)s (%(where)s) en %(ms)s ms") % answer)
        else:
            why = tried.fault or _("port choisi au démarrage")
            failed.append(_("%(name)s : %(why)s") % {"name": one.name, "why": why})
    request.session[_TRIED] = (
        "" if failed or not told else _("Connexion réussie : %(told)s.") % {"told": ", ".join(told)}
    )
    request.session["first_listener_fault"] = " / ".join(failed)
    return HttpResponseRedirect(f"{HERE}#listener")


@form(MANAGE, fresh=True)
def sender(request: Request) -> HttpResponse:
    """Confirm a sender that waits, or refuse it; whoever was asked again who she is comes back by a GET."""
    if request.method == "POST":
        number = request.POST.get("sender", "")
        found = sender_of(request, int(number) if number.isascii() and number.isdigit() else 0, MANAGE)
        wanted = "sender.refuse" if request.POST.get("refuse") else "sender.confirm"
        tell(request, ask(request, wanted, named(found)))
    return HttpResponseRedirect(f"{HERE}#sender")
