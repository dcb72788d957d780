"""What is decided of a sender; each is an act of the writer, in the journal."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.feeds.common import MANAGE, domains
from ecluse.delivery.console.feeds.forms import CertificateForm, DeclareForm, DomainForm, PolicyForm
from ecluse.delivery.console.feeds.show_senders import sender_of, sender_page
from ecluse.delivery.console.guard import Request, act, form
from ecluse.services.queries import sender_feeds
from ecluse.services.queries.sender_feeds import SenderFeed

View = Callable[[Request, int], HttpResponse]


def back_to_sender(view: View) -> View:
    """A view that acts, to which whoever was asked again who she is comes back by a GET: the page of the sender."""

    @wraps(view)
    def handle(request: Request, sender: int) -> HttpResponse:
        if request.method == "POST":
            return view(request, sender)
        return HttpResponseRedirect(reverse("sender", args=[sender_of(request, sender, MANAGE).id]))

    return handle


@form(MANAGE, fresh=True)
@back_to_sender
def confirm(request: Request, sender: int) -> HttpResponse:
    """Its INS become usable."""
    feed = sender_of(request, sender, MANAGE)
    return _asked(request, feed, "sender.confirm", {})


@act(MANAGE)
def refuse(request: Request, sender: int) -> HttpResponse:
    """Its messages get AR, the INS it sent are no longer usable."""
    feed = sender_of(request, sender, MANAGE)
    return _asked(request, feed, "sender.refuse", {})


@act(MANAGE)
def policy(request: Request, sender: int) -> HttpResponse:
    """Tolerant or strict, and its time zone."""
    feed = sender_of(request, sender, MANAGE)
    filled = PolicyForm(request.POST)
    if not filled.is_valid():
        return sender_page(request, feed, {"policy": filled}, 422)
    given = filled.cleaned_data
    arguments = {"policy": given["policy"], "timezone": given["timezone"].strip()}
    return _filled(request, feed, "policy", filled, "sender.edit", arguments)


@form(MANAGE, fresh=True)
@back_to_sender
def domain(request: Request, sender: int) -> HttpResponse:
    """The domain of a sender that has sent no identity yet."""
    feed = sender_of(request, sender, MANAGE)
    filled = DomainForm(request.POST, sender_feeds.domain_names(domains(request, MANAGE)), feed.domain)
    if not filled.is_valid():
        return sender_page(request, feed, {"domain": filled}, 422)
    return _filled(request, feed, "domain", filled, "sender.edit", {"domain": filled.cleaned_data["domain"]})


@form(MANAGE, fresh=True)
@back_to_sender
def certificate(request: Request, sender: int) -> HttpResponse:
    """Recognise it by one more client certificate, or no longer by one."""
    feed = sender_of(request, sender, MANAGE)
    if request.POST.get("oublier"):
        return _asked(request, feed, "sender.forget", {"certificates": [request.POST["oublier"]]})
    filled = CertificateForm(request.POST)
    if not filled.is_valid():
        return sender_page(request, feed, {"certificate": filled}, 422)
    arguments = {"certificates": [filled.cleaned_data["certificate"].strip()]}
    return _filled(request, feed, "certificate", filled, "sender.edit", arguments)


@form(MANAGE, fresh=True)
def declare(request: Request) -> HttpResponse:
    """Declare a sender before its first message."""
    names = sender_feeds.domain_names(domains(request, MANAGE))
    filled = DeclareForm(request.POST if request.method == "POST" else None, names)
    if request.method == "POST" and filled.is_valid():
        result = ask(
            request, "sender.add", {name: value.strip() for name, value in filled.cleaned_data.items()}
        )
        if result.done:
            tell(request, result)
            return HttpResponseRedirect(reverse("senders"))
        filled.add_error(None, sentence(result))
    return render(
        request, "console/feeds/declare.html", {"form": filled}, status=422 if filled.errors else 200
    )


def _asked(request: Request, feed: SenderFeed, name: str, arguments: dict[str, Any]) -> HttpResponse:
    """Have an act done, and say what became of it on the page of the sender."""
    tell(request, ask(request, name, {**named(feed), **arguments}))
    return HttpResponseRedirect(reverse("sender", args=[feed.id]))


def _filled(
    request: Request,
    feed: SenderFeed,
    name: str,
    filled: forms.Form,
    act_name: str,
    arguments: dict[str, Any],
) -> HttpResponse:
    """The same for a form, which stands with its error when the act is refused."""
    result = ask(request, act_name, {**named(feed), **arguments})
    if result.done:
        tell(request, result)
        return HttpResponseRedirect(reverse("sender", args=[feed.id]))
    filled.add_error(None, sentence(result))
    return sender_page(request, feed, {name: filled}, 422)


def named(feed: SenderFeed) -> dict[str, Any]:
    """A sender as acts designate it: itself alone, whatever others are called."""
    return {
        "sender": feed.id,
        "application": feed.application,
        "facility": feed.facility,
        "listener": feed.listener,
    }
