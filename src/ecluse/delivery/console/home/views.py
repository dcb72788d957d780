"""The first page (Accueil)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.home import figures
from ecluse.delivery.console.home.numbers import Numbers, read
from ecluse.delivery.console.home.tasks import Task, tasks
from ecluse.delivery.console.settings import current
from ecluse.delivery.console.words import moment, shown, utc_now

FEEDS_SHOWN = 4
SUBSCRIBERS_SHOWN = 6

State = Literal["ok", "waiting", "warn", "bad"]


@page("status.read")
def show(request: Request) -> HttpResponse:
    """Is it alive, what came, what was refused, what to do this week."""
    settings, now = current(), utc_now()
    numbers = read(settings, request.visitor, now)
    todo = tasks(numbers, settings, request.visitor)
    heard = [one for one in numbers.feeds if one.last_at]
    values = {
        "numbers": numbers,
        "overview": numbers.overview,
        "state": state(numbers, todo),
        "title": title(numbers, todo),
        "last": _last(numbers, now),
        "tasks": todo,
        "feeds": sorted(heard, key=lambda one: -(one.last_seq or 0))[:FEEDS_SHOWN],
        "more_feeds": max(0, len(numbers.feeds) - FEEDS_SHOWN),
        "subscribers": [figures.subscriber(one) for one in numbers.subscribers[:SUBSCRIBERS_SHOWN]],
        "more_subscribers": max(0, len(numbers.subscribers) - SUBSCRIBERS_SHOWN),
        **figures.charts(numbers, request.visitor, int(now.timestamp() * 1_000_000)),
    }
    return render(request, "console/home/show.html", values)


def state(numbers: Numbers, todo: tuple[Task, ...]) -> State:
    """The state of the gateway, in one sign."""
    if not numbers.ready.all:
        return "bad"
    if numbers.last is None:
        return "waiting"
    return "warn" if any(one.kind in ("bad", "warn") for one in todo) else "ok"


def title(numbers: Numbers, todo: tuple[Task, ...]) -> str:
    """The same in one sentence."""
    if not numbers.ready.all:
        return _("Les messages ne peuvent pas être pris.")
    if numbers.last is None:
        return _("Prête : aucun message reçu pour l’instant.")
    if any(one.kind in ("bad", "warn") for one in todo):
        return _("Les messages passent ; des points vous attendent.")
    return _("Tout passe.")


def _last(numbers: Numbers, now: datetime) -> dict[str, object] | None:
    if numbers.last is None:
        return None
    sender = numbers.last.sender
    names = [sender.application, sender.facility] if sender is not None else []
    return {"at": moment(numbers.last.at, now), "sender": shown(" / ".join(name for name in names if name))}
