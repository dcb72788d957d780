"""The event feed as readers follow it: pages after a cursor, a cursor for a date, and waiting for what comes next."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from django.db.models import Max

from ecluse.protocols import cloudevents
from ecluse.rules.outward import TYPES
from ecluse.services.access import Reach
from ecluse.services.queries import event_cursors as cursors
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.stay_documents import StayDocument
from ecluse.services.queries.stays import get_all as get_stays
from ecluse.services.queries.within import within
from ecluse.store.models import JournalEntry, Meta
from ecluse.store.models.outbox import OutwardEvent
from ecluse.store.outbox import Progress

SCANNED = 2_000
"""Events looked at for one page, when few of them are for this reader: the page ends there and says where to go on."""
_PART = 200
"""Events whose patients are asked of the inclusion list at once."""
LOOK_SECONDS = 0.1
"""Between two looks while waiting."""

_data = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event. number: its place in the feed; version: its number among those of its patient; at: ISO 8601 (UTC) of
    the journal line; other: second patient it concerns, or empty; data: minimal content; document and stay: the patient
    and the stay as they are now, when full content is asked for.
    """

    cursor: str
    number: int
    line: int
    type: str
    patient: str
    other: str
    domain: int
    version: int
    at: str
    data: dict[str, Any]
    document: PatientDocument | None = None
    stay: StayDocument | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order; next: cursor after the last one looked at, to go on from; more: there are further ones."""

    events: tuple[FeedEvent, ...]
    next: str
    more: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """What a reader sees. domain: the only one, None: all; patients: tells the only ones, None: all (an event that
    names a second patient, out of reach, does not say which); types: the only ones, None: all.
    """

    domain: int | None = None
    patients: Reach | None = None
    types: frozenset[str] | None = None

    def sift(self, rows: Sequence[OutwardEvent]) -> tuple[list[OutwardEvent], frozenset[str]]:
        """The events for this reader, and those of their patients that it may know of."""
        rows = [
            row
            for row in rows
            if (self.domain is None or row.domain_id == self.domain)
            and (self.types is None or row.type in self.types)
        ]
        seen = self.among(one for row in rows for one in (row.patient, row.other) if one)
        return [row for row in rows if row.patient in seen], seen

    def among(self, patients: Iterable[str]) -> frozenset[str]:
        """Those of these patients that this reader may know of."""
        return frozenset(patients) if self.patients is None else self.patients.among(patients)


EVERYTHING = Filter()


class EventFeed:
    """Reads the feed of one store.

    :param reader: reads the patients of full contents; None: only minimal content is asked for.
    """

    def __init__(self, reader: PatientReader | None = None) -> None:
        self._reader = reader
        self._source = ""

    # ---- places in the feed -------------------------------------------------------------------------------------

    def start(self) -> str:
        """The cursor before the oldest event kept."""
        progress = cursors.progress()
        return cursors.written(progress, cursors.oldest(progress) - 1)

    def end(self) -> str:
        """The cursor of the last event."""
        progress = cursors.progress()
        return cursors.written(progress, progress.cursor)

    def position_at(self, when: int) -> str:
        """The cursor after which the first event at or after a time comes.

        :param when: µs since 1970, compared with the time of the journal line of each event.
        """
        progress = cursors.progress()
        first, last = cursors.oldest(progress), progress.cursor + 1
        while first < last:
            middle = (first + last) // 2
            row = OutwardEvent.objects.filter(cursor__gte=middle).order_by("cursor").first()
            if row is None or row.at >= when:
                last = middle
            else:
                first = row.cursor + 1
        return cursors.written(progress, first - 1)

    def number(self, cursor: str) -> int:
        """The place in the feed that a cursor names; empty: before the oldest event kept.

        :raises CursorRefused: (`event_cursors`) when going on from there would lose events.
        """
        return cursors.place_of(cursor)

    # ---- reading ------------------------------------------------------------------------------------------------

    def after(
        self,
        cursor: str,
        limit: int = 100,
        domain: int | None = None,
        patients: Reach | None = None,
        full: bool = False,
        types: frozenset[str] | None = None,
    ) -> EventPage:
        """The events after a cursor. A page may be empty and yet go further: `next` says where it ends.

        :param cursor: of an event or a page, or empty: from the oldest event kept.
        :param domain, patients, types: see `Filter`.
        :param full: give each event the documents of its patient and its stay, as they are now.
        :raises CursorRefused: (`event_cursors`) when going on from there would lose events.
        """
        return self.read(self.number(cursor), limit, Filter(domain, patients, types), full)

    def read(self, number: int, limit: int, seen: Filter = EVERYTHING, full: bool = False) -> EventPage:
        """The same after a place in the feed that is known to be good."""
        progress = cursors.progress()
        events: list[FeedEvent] = []
        last = number
        for _ in range(0, SCANNED, _PART):
            part = list(OutwardEvent.objects.filter(cursor__gt=last).order_by("cursor")[:_PART])
            if not part:
                break
            mine, known = seen.sift(part)
            room = limit - len(events)
            events += [_event(progress, row, known) for row in mine[:room]]
            if len(mine) >= room:
                last = mine[room - 1].cursor
                break
            last = part[-1].cursor
        if full:
            events = self._with_documents(events, seen)
        return EventPage(tuple(events), cursors.written(progress, last), last < progress.cursor)

    def at(self, number: int, seen: Filter = EVERYTHING, full: bool = False) -> FeedEvent | None:
        """The event at a place, None when it is not kept any more or not for this reader."""
        mine, known = seen.sift(list(OutwardEvent.objects.filter(cursor=number)))
        if not mine:
            return None
        events = [_event(cursors.progress(), mine[0], known)]
        return (self._with_documents(events, seen) if full else events)[0]

    def wait(
        self,
        cursor: str,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> bool:
        """Wait until there is an event after a cursor, for at most that many seconds; whether there is one.

        :raises CursorRefused: as `after` does.
        """
        number = self.number(cursor)
        end = clock() + seconds
        while cursors.progress().cursor <= number:
            left = end - clock()
            if left <= 0:
                return False
            sleep(min(LOOK_SECONDS, left))
        return True

    def cloud_event(self, event: FeedEvent) -> cloudevents.Told:
        """An event as it is written for readers outside (`protocols.cloudevents`)."""
        self._source = self._source or "urn:uuid:" + Meta.objects.get(name="installation").value
        data = {"patient": event.patient, **event.data}
        if event.document is not None:
            data["document"] = msgspec.to_builtins(event.document)
        if event.stay is not None:
            data["stay_document"] = msgspec.to_builtins(event.stay)
        return cloudevents.Told(
            event.cursor,
            self._source,
            event.type,
            TYPES[event.type],
            event.patient,
            event.at,
            event.version,
            data,
        )

    def _with_documents(self, events: Sequence[FeedEvent], seen: Filter) -> list[FeedEvent]:
        assert self._reader is not None, "full content needs a reader of patients"
        documents = {one: self._document(one, seen) for one in sorted({one.patient for one in events})}
        stays = _stays(sorted(set(filter(None, map(_stay_of, events)))), seen)
        return [
            replace(one, document=documents.get(one.patient), stay=stays.get(_stay_of(one))) for one in events
        ]

    def _document(self, patient: str, seen: Filter) -> PatientDocument | None:
        """The patient as it is now, naming nobody that the reader does not see."""
        assert self._reader is not None
        found = self._reader.get(patient)
        inclusion = seen.patients.inclusion if seen.patients is not None else ""
        return None if found is None else within(found, Reach(seen.domain, inclusion))


def _stays(ids: Sequence[str], seen: Filter) -> dict[str, StayDocument]:
    """Stays as they are now, without those that went to a patient that the reader does not see (A44)."""
    found = [one for start in range(0, len(ids), _PART) for one in get_stays(ids[start : start + _PART])]
    known = seen.among(one.patient for one in found)
    return {one.id: one for one in found if one.patient in known}


def _stay_of(event: FeedEvent) -> str:
    """The stay that an event is about, or empty."""
    return str(event.data["stay"]) if event.type.startswith("stay.") else ""


@dataclass(frozen=True, slots=True)
class Publishing:
    """How far the publisher is. line: last journal line told; newest: last one there is; cursor: last event; behind: µs
    since the oldest line not told was received, 0 when there is none.
    """

    line: int
    newest: int
    cursor: int
    behind: int

    @property
    def waiting(self) -> int:
        """Lines not told yet."""
        return max(0, self.newest - self.line)


def publishing(now: int) -> Publishing:
    """How far the publisher is.

    :param now: µs since 1970.
    """
    progress = cursors.progress()
    newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
    later = JournalEntry.objects.filter(seq__gt=progress.line).order_by("seq")
    waiting = later.values_list("at", flat=True).first()
    behind = 0 if waiting is None else max(0, now - waiting)
    return Publishing(progress.line, newest, progress.cursor, behind)


def told_up_to() -> int:
    """The place of the last event told; kept when old events are purged."""
    return cursors.progress().cursor


def _event(progress: Progress, row: OutwardEvent, known: Collection[str]) -> FeedEvent:
    """An event, which names no patient but those known to its reader."""
    data, other = _data(bytes(row.data)), row.other
    if other and other not in known:
        data = {name: None if value == other else value for name, value in data.items()}
        other = ""
    return FeedEvent(
        cursor=cursors.written(progress, row.cursor),
        number=row.cursor,
        line=row.line,
        type=row.type,
        patient=row.patient,
        other=other,
        domain=row.domain_id,
        version=row.version,
        at=moment(row.at),
        data=data,
    )
