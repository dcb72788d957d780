"""Senders: all of them, and one with what may be decided of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from ecluse.delivery.console.feeds.common import MANAGE, READ, SENDERS, domains, now
from ecluse.delivery.console.feeds.forms import CertificateForm, DomainForm, PolicyForm
from ecluse.delivery.console.guard import Request, page
from ecluse.services.queries import refusal_groups, sender_feeds
from ecluse.services.queries.message_search import MessageFilter, MessagePage, search
from ecluse.services.queries.refusal_groups import GroupFilter
from ecluse.services.queries.sender_feeds import SenderFeed

STATES = ("to_confirm", "confirmed", "refused")
LINES = 8


@page(SENDERS)
def every(request: Request) -> HttpResponse:
    """All senders, those to confirm first."""
    feeds = sender_feeds.every(domains(request, SENDERS))
    state = request.GET.get("etat", "")
    shown = [one for one in feeds if one.status == state] if state in STATES else feeds
    counts = {name: sum(one.status == name for one in feeds) for name in STATES}
    values = {
        "feeds": shown,
        "state": state,
        "counts": counts,
        "total": len(feeds),
        "may_manage": manages(request),
    }
    return render(request, "console/feeds/senders.html", values)


@page(SENDERS)
def one(request: Request, sender: int) -> HttpResponse:
    """One sender."""
    return sender_page(request, sender_of(request, sender, SENDERS))


def sender_of(request: Request, sender: int, right: str) -> SenderFeed:
    """A sender on whom the visitor has a right.

    :raises Http404: there is none.
    """
    found = sender_feeds.find(sender, domains(request, right)) if sender < 2**31 else None
    if found is None:
        raise Http404
    return found


def sender_page(
    request: Request, feed: SenderFeed, wrong: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page of a sender. wrong: forms that were refused, by name."""
    reads = request.visitor.may(READ)
    reach = domains(request, READ)
    may = manages(request) and sender_feeds.find(feed.id, domains(request, MANAGE)) is not None
    forms: dict[str, Any] = {
        "policy": PolicyForm(initial={"policy": feed.policy, "timezone": feed.timezone}),
        "domain": DomainForm(None, sender_feeds.domain_names(domains(request, MANAGE)), feed.domain),
        "certificate": CertificateForm(),
        **(wrong or {}),
    }
    groups = (
        refusal_groups.page(GroupFilter("todo", sender=feed.id), now(), reach, limit=6) if reads else None
    )
    lines = (
        search(MessageFilter(sender=feed.id, domains=reach), limit=LINES) if reads else MessagePage((), None)
    )
    values = {
        "feed": feed,
        "forms": forms,
        "wrong": next(iter((wrong or {}).values()), None),
        "may_manage": may,
        "groups": groups.groups if groups else (),
        "found": lines,
        "reads": reads,
    }
    return render(request, "console/feeds/sender.html", values, status=status)


def manages(request: Request) -> bool:
    """Whether the visitor may decide of senders."""
    return request.visitor.may(MANAGE)
