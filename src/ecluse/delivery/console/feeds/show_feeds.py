"""The feeds at a glance: who waits to be confirmed, who sends, what came last."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from ecluse.delivery.console.feeds.common import READ, domains
from ecluse.delivery.console.guard import Request, page
from ecluse.services.queries import sender_feeds
from ecluse.services.queries.message_search import MessageFilter, search

LINES = 12


@page(READ)
def show(request: Request) -> HttpResponse:
    """The page."""
    reach = domains(request, READ)
    feeds = sender_feeds.every(reach)
    values = {
        "waiting": [one for one in feeds if one.status == "to_confirm"],
        "feeds": feeds,
        "found": search(MessageFilter(domains=reach), limit=LINES),
    }
    return render(request, "console/feeds/feeds.html", values)
