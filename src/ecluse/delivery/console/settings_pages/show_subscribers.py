"""Who is told of what: webhooks and relays with their health, one of them in full, a new one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence
from ecluse.delivery.console.guard import Request, form, page
from ecluse.delivery.console.settings_pages.common import READ, WRITE, domains_of, everywhere, now, show
from ecluse.delivery.console.settings_pages.failures import blocked, failures
from ecluse.delivery.console.settings_pages.forms import ReplayForm, SubscriberForm
from ecluse.services.access import Reach
from ecluse.services.deployment_view import current
from ecluse.services.new_subscriber import new_key
from ecluse.services.queries import settings, subscribers
from ecluse.services.queries.access import lists
from ecluse.services.queries.subscribers import SubscriberDocument, masked_target

SECTION = "subscribers"


@page(READ)
def every(request: Request) -> HttpResponse:
    """All of them; those in trouble first."""
    found = [one for one in subscribers.every(now()) if sees(request, one)]
    closed = blocked(found)
    rows = [(one, masked_target(one), one.id in closed) for one in found]
    rows.sort(key=lambda row: (not row[2] and not troubled(row[0]), row[0].name.casefold()))
    return show(request, SECTION, "subscribers", {"rows": rows})


@page(READ)
def show_one(request: Request, id_: str) -> HttpResponse:
    """One of them."""
    return one_page(request, meant(request, id_))


@form(WRITE, fresh=True)
@everywhere(WRITE)
def add(request: Request) -> HttpResponse:
    """A new one; the key of a webhook is shown once."""
    known = [(one.id, one.name) for one in lists(Reach(None, ""))]
    asked = SubscriberForm(settings.domains(), known, request.POST or None)
    if request.method == "POST" and asked.is_valid():
        given = asked.cleaned_data
        key = new_key(current().secrets) if given["kind"] == "webhook" else None
        result = ask(request, "subscriber.add", {**_arguments(given), **(key.arguments if key else {})})
        if result.done:
            made = _named(result.data["id"])
            values = {"one": made, "secret": key.secret if key else "", "new": True, **_closed(made)}
            return show(request, SECTION, "subscriber_key", values)
        asked.add_error(None, sentence(result))
    return show(request, SECTION, "subscriber_form", {"form": asked}, 422 if asked.errors else 200)


def _closed(one: SubscriberDocument) -> dict[str, Any]:
    return {"closed": blocked((one,)).get(one.id)}


def _arguments(given: dict[str, Any]) -> dict[str, Any]:
    webhook = given["kind"] == "webhook"
    return {
        "name": given["name"],
        "kind": given["kind"],
        "target": given["target"],
        "domain": given["domain"],
        "plaintext": given["plaintext"],
        "options": {
            "types": given["types"].replace(",", " ").split(),
            "full": given["full"],
            "inclusion": given["inclusion"],
            "tls": given["tls"],
            "parallel": 8 if webhook else 1,
        },
        **({"position": 0} if given["from_start"] else {}),
    }


def meant(request: Request, id_: str) -> SubscriberDocument:
    """The one at an address, when the visitor may see it."""
    found = subscribers.named(id_, now())
    if found is None or found.id != id_ or not sees(request, found):
        raise Http404
    return found


def _named(id_: str) -> SubscriberDocument:
    found = subscribers.named(id_, now())
    if found is None:
        raise Http404
    return found


def sees(request: Request, one: SubscriberDocument) -> bool:
    """Whether it is told of domains that the visitor may see, and of no other."""
    within = domains_of(request, READ)
    if within is None:
        return True
    return one.domain in {found.name for found in settings.domains() if found.id in within}


def one_page(
    request: Request, one: SubscriberDocument, asked: ReplayForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of one of them, with the form of a replay."""
    values = {
        "one": one,
        "target": masked_target(one),
        **_closed(one),
        "failed": tuple(failures(one)),
        "replay": asked or ReplayForm(),
    }
    return show(request, SECTION, "subscriber", values, status)


def troubled(one: SubscriberDocument) -> bool:
    """Whether somebody has something to do for it; who paused it knows."""
    if one.status == "paused":
        return False
    return bool(one.status == "gone" or one.circuit != "closed" or one.parked or one.reason)
