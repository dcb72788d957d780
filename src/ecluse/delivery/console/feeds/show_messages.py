"""Messages: looked for by sender, answer, event, time, number, patient or rule, however many there are."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ecluse.delivery.console.feeds.common import READ, domains, is_part, now, number, traced
from ecluse.delivery.console.feeds.forms import MessageForm
from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.times import local_now
from ecluse.services import access
from ecluse.services.queries import sender_feeds
from ecluse.services.queries.access import visible
from ecluse.services.queries.message_search import MessageFilter, MessagePage, search

EVENTS = ("A28", "A31", "A40", "A47", "A24", "A37", "A01", "A02", "A03", "A04", "A05", "A11", "A13", "Z99")


@page(READ)
@traced
def every(request: Request) -> HttpResponse:
    """The page, or its list alone."""
    reach = domains(request, READ)
    form = MessageForm(request.GET, sender_feeds.names(reach))
    after = number(request.GET.get("avant"))
    found = MessagePage((), None)
    if form.is_valid():
        found = _found(request, form.wanted(reach), after)
    query = request.GET.copy()
    query.pop("avant", None)
    values = {
        "form": form,
        "found": found,
        "events": EVENTS,
        "first": after is None,
        "asked": any(query.values()),
        "query": query.urlencode(),
        "shortcuts": _shortcuts(),
    }
    template = "messages_part.html" if is_part(request) else "messages.html"
    return render(request, f"console/feeds/{template}", values)


def _shortcuts() -> list[tuple[str, str]]:
    """Searches that people make most, with their words."""
    today = local_now().date().isoformat()
    return [
        ("?reponse=refused", _("Refusés")),
        (f"?reponse=refused&depuis={today}T00:00", _("Refusés aujourd’hui")),
        (f"?depuis={today}T00:00", _("Reçus aujourd’hui")),
        ("?nature=unreadable", _("Octets illisibles")),
        ("?nature=duplicate", _("Répétitions")),
    ]


def _found(request: Request, wanted: MessageFilter, after: int | None) -> MessagePage:
    """The lines wanted; that somebody looked for a patient's is written down."""
    if wanted.patient is not None:
        if wanted.patient not in visible(request.visitor.reach(READ), [wanted.patient]):
            return MessagePage((), None)
        access.record(request.visitor.caller(READ), "message.list", [wanted.patient], now())
    return search(wanted, None if after is None else str(after))
