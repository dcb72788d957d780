"""The event feed: CloudEvents after a cursor, with a long poll."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field, StringConstraints

from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.patients import reader
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.shapes import Limit, Moment
from ecluse.delivery.api.subscriber_shapes import EventCursor
from ecluse.protocols import cloudevents
from ecluse.services import access
from ecluse.services.queries.event_cursors import CursorRefused
from ecluse.services.queries.events import EventFeed, EventPage
from ecluse.services.queries.presentation import microseconds

router = Router(tags=["events"])

LONGEST_WAIT = 30
WAITING_AT_ONCE = 4
"""Requests that may wait at the same time: each holds a thread. The others are answered at once."""
_PAGE = 100
_places = threading.BoundedSemaphore(WAITING_AT_ONCE)
_PROBLEMS = {
    "malformed": "events-cursor-malformed",
    "gone": "events-gone",
    "unknown": "events-unknown",
    "ahead": "events-ahead",
}

Types = Annotated[str, StringConstraints(max_length=400, pattern=r"^[a-z.,-]+$")]
Wait = Annotated[int, Field(ge=0, le=LONGEST_WAIT)]


@dataclass(frozen=True, slots=True)
class Events:
    """Events in order (CloudEvents 1.0). next: cursor to go on from; more: there are further ones already."""

    events: tuple[dict[str, Any], ...]
    next: str
    more: bool


@router.get("/events", operation_id="list_events", auth=Scoped("events:read"), response=Events)
def list_events(
    request: HttpRequest,
    after: EventCursor | None = None,
    since: Moment | None = None,
    types: Types | None = None,
    full: bool = False,
    wait: Wait = 0,
    limit: Limit = _PAGE,
) -> Events:
    """Events after a cursor (`next` of the page before, or the `id` of an event), or since a time; neither: from the
    oldest one kept. `types`: apart by commas. `full` gives each event the patient and the stay as they are now, for
    tokens that also have `patients:read`, `stays:read` and `consents:read`. `wait`: seconds to wait for an event when
    there is none.

    A page may be empty and yet go further: always go on from `next`.
    """
    asking = caller(request)
    if full and (lacking := sorted({"patients:read", "stays:read", "consents:read"} - asking.scopes)):
        names = ", ".join(lacking)
        raise Problem("scope-missing", f"full demande aussi : {names}.", f"full also needs: {names}.")
    if after is not None and since is not None:
        raise _unfit("after", "donnez after ou since, pas les deux.", "give after or since, not both.")
    feed = EventFeed(reader())
    wanted = _types(types)
    try:
        start = feed.position_at(_time(since)) if since is not None else after or ""
        page = _page(feed, start, wait, lambda at: feed.after(
            at, limit, asking.domain, access.reach(asking).only(), full, wanted
        ))  # fmt: skip
    except CursorRefused as refused:
        raise cursor_problem(refused) from None
    if page.events:
        patients = [each for one in page.events for each in (one.patient, one.other) if each]
        access.record(asking, "event.read", patients, now(), "full" if full else "")
    told = tuple(cloudevents.attributes(feed.cloud_event(one)) for one in page.events)
    return Events(told, page.next, page.more)


def cursor_problem(refused: CursorRefused) -> Problem:
    """The problem that a refused cursor is; it gives the cursor to go on from."""
    more = {"resume": refused.resume}
    return Problem(_PROBLEMS[refused.code], refused.text_fr, refused.text_en, more=more)


def _page(feed: EventFeed, start: str, wait: int, read: Any) -> EventPage:
    """A page, waited for when it would be empty and a place to wait is free."""
    page: EventPage = read(start)
    end = time.monotonic() + wait
    if page.events or page.more or not wait or not _places.acquire(blocking=False):
        return page
    try:
        while not page.events and not page.more and (left := end - time.monotonic()) > 0:
            if feed.wait(page.next, left):
                page = read(page.next)
    finally:
        _places.release()
    return page


def _time(text: str) -> int:
    try:
        return microseconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise _unfit("since", "cette date n’existe pas.", "no such time.") from None


def _types(text: str | None) -> frozenset[str] | None:
    if not text:
        return None
    found = frozenset(text.split(","))
    known = sorted({name.rpartition(".")[0] for name in cloudevents.schemas()})
    if found - set(known):
        names = ", ".join(known)
        raise _unfit("types", f"types possibles\N{NO-BREAK SPACE}: {names}.", f"possible types: {names}.")
    return found


def _unfit(name: str, fr: str, en: str) -> Problem:
    error = {"where": f"query.{name}", "type": "value", "what": en}
    return Problem("validation", f"{name}\N{NO-BREAK SPACE}: {fr}", f"{name}: {en}", errors=[error])
