"""The event feed as readers follow it: pages after a cursor, a cursor for a date, and waiting for what comes next.

A cursor names an epoch of the store and the last event read in it. A store restored from a backup begins a new epoch:
cursors given before are good up to where the backup ends, and refused beyond.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
from django.db.models import Max, Min

from ecluse.protocols import cloudevents
from ecluse.rules.outward import TYPES
from ecluse.services.access import Reach
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.stay_documents import StayDocument
from ecluse.services.queries.stays import get as get_stay
from ecluse.services.queries.within import within
from ecluse.store.models import JournalEntry, Meta
from ecluse.store.models.outbox import OutwardEvent, Position
from ecluse.store.outbox import PUBLISHER, Progress, read_progress, with_epoch

SCANNED = 2_000
"""Events looked at for one page, when few of them are for this reader: the page ends there and says where to go on."""
LOOK_SECONDS = 0.1
"""Between two looks while waiting."""

_CURSOR = re.compile(r"([0-9a-f]{12})-(0|[1-9][0-9]{0,17})")
_data = msgspec.json.Decoder(dict[str, Any]).decode

Trouble = Literal["malformed", "unknown", "ahead", "gone"]


class CursorRefused(Exception):
    """A cursor from which nothing can be given without losing events.

    code: `malformed`; `unknown`: of another store, or of one whose feed was made again; `ahead`: given before a
    restore, for events that the backup does not have; `gone`: older than what is kept.
    resume: a cursor to go on from once the reader has done what the text says.
    """

    def __init__(self, code: Trouble, resume: str) -> None:
        super().__init__(code)
        self.code: Trouble = code
        self.resume = resume
        self.text_fr, self.text_en = _TEXTS[code]


_TEXTS: dict[Trouble, tuple[str, str]] = {
    "malformed": (
        "Ce curseur n’a pas la forme d’un curseur : donnez celui d’une page ou d’un événement, sans le modifier.",
        "This is not a cursor: give that of a page or of an event, unchanged.",
    ),
    "unknown": (
        "Ce curseur vient d’une autre passerelle, ou d’un flux refait depuis : relisez les patients, puis reprenez au"
        " curseur indiqué.",
        "This cursor comes from another gateway, or from a feed made again since: read the patients again, then go on"
        " from the cursor given.",
    ),
    "ahead": (
        "La passerelle a été restaurée d’une sauvegarde plus ancienne que ce curseur : des événements déjà reçus n’ont"
        " plus cours. Relisez les patients, puis reprenez au curseur indiqué.",
        "The gateway was restored from a backup older than this cursor: events already received do not hold any more."
        " Read the patients again, then go on from the cursor given.",
    ),
    "gone": (
        "Les événements qui suivent ce curseur ne sont plus conservés : relisez les patients, puis reprenez au curseur"
        " indiqué, le plus ancien.",
        "The events after this cursor are not kept any more: read the patients again, then go on from the cursor"
        " given, the oldest one.",
    ),
}


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
    """What a reader sees. domain: the only one, None: all; patients: the only ones, None: all (an event that names a
    second patient, out of reach, does not say which); types: the only ones, None: all.
    """

    domain: int | None = None
    patients: frozenset[str] | None = None
    types: frozenset[str] | None = None

    def passes(self, row: OutwardEvent) -> bool:
        """Whether an event is for this reader."""
        return (
            (self.domain is None or row.domain_id == self.domain)
            and (self.types is None or row.type in self.types)
            and (self.patients is None or row.patient in self.patients)
        )


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
        progress = _progress()
        return _written(progress, _oldest(progress) - 1)

    def end(self) -> str:
        """The cursor of the last event."""
        progress = _progress()
        return _written(progress, progress.cursor)

    def position_at(self, when: int) -> str:
        """The cursor after which the first event at or after a time comes.

        :param when: µs since 1970, compared with the time of the journal line of each event.
        """
        progress = _progress()
        first, last = _oldest(progress), progress.cursor + 1
        while first < last:
            middle = (first + last) // 2
            row = OutwardEvent.objects.filter(cursor__gte=middle).order_by("cursor").first()
            if row is None or row.at >= when:
                last = middle
            else:
                first = row.cursor + 1
        return _written(progress, first - 1)

    def number(self, cursor: str) -> int:
        """The place in the feed that a cursor names; empty: before the oldest event kept.

        :raises CursorRefused: when going on from there would lose events.
        """
        progress = _progress()
        oldest = _oldest(progress) - 1
        if not cursor:
            return oldest
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            raise CursorRefused("malformed", _written(progress, oldest))
        number, end = int(found[2]), _end_of(progress, found[1])
        if end is None:
            raise CursorRefused("unknown", _written(progress, progress.cursor))
        if number > end and not (found[1] == progress.epochs[-1][0] and _behind(progress)):
            raise CursorRefused("ahead", _written(progress, progress.cursor))
        if number < oldest:
            raise CursorRefused("gone", _written(progress, oldest))
        return number

    # ---- reading ------------------------------------------------------------------------------------------------

    def after(
        self,
        cursor: str,
        limit: int = 100,
        domain: int | None = None,
        patients: frozenset[str] | None = None,
        full: bool = False,
        types: frozenset[str] | None = None,
    ) -> EventPage:
        """The events after a cursor. A page may be empty and yet go further: `next` says where it ends.

        :param cursor: of an event or a page, or empty: from the oldest event kept.
        :param domain, patients, types: see `Filter`.
        :param full: give each event the documents of its patient and its stay, as they are now.
        :raises CursorRefused: when going on from there would lose events.
        """
        return self.read(self.number(cursor), limit, Filter(domain, patients, types), full)

    def read(self, number: int, limit: int, seen: Filter = EVERYTHING, full: bool = False) -> EventPage:
        """The same after a place in the feed that is known to be good."""
        progress = _progress()
        rows = list(OutwardEvent.objects.filter(cursor__gt=number).order_by("cursor")[:SCANNED])
        kept: list[OutwardEvent] = []
        last = number
        for row in rows:
            if len(kept) == limit:
                break
            last = row.cursor
            if seen.passes(row):
                kept.append(row)
        events = [_event(progress, row, seen) for row in kept]
        if full:
            events = self._with_documents(events, seen)
        return EventPage(tuple(events), _written(progress, last), last < progress.cursor)

    def at(self, number: int, seen: Filter = EVERYTHING, full: bool = False) -> FeedEvent | None:
        """The event at a place, None when it is not kept any more or not for this reader."""
        row = OutwardEvent.objects.filter(cursor=number).first()
        if row is None or not seen.passes(row):
            return None
        events = [_event(_progress(), row, seen)]
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
        while _progress().cursor <= number:
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
        mine = {one.patient for one in events if seen.patients is None or one.patient in seen.patients}
        documents = {one: self._document(one, seen) for one in sorted(mine)}
        stays = {one: self._stay(one, seen) for one in sorted(set(filter(None, map(_stay_of, events))))}
        return [
            replace(one, document=documents.get(one.patient), stay=stays.get(_stay_of(one))) for one in events
        ]

    def _document(self, patient: str, seen: Filter) -> PatientDocument | None:
        """The patient as it is now, naming nobody that the reader does not see."""
        assert self._reader is not None
        found = self._reader.get(patient)
        return None if found is None else within(found, Reach(seen.domain, ""), seen.patients)

    def _stay(self, stay: str, seen: Filter) -> StayDocument | None:
        """The stay as it is now, unless it went to a patient that the reader does not see (A44)."""
        found = get_stay(stay)
        hidden = found is not None and seen.patients is not None and found.patient not in seen.patients
        return None if hidden else found


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
    progress = _progress()
    newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
    later = JournalEntry.objects.filter(seq__gt=progress.line).order_by("seq")
    waiting = later.values_list("at", flat=True).first()
    behind = 0 if waiting is None else max(0, now - waiting)
    return Publishing(progress.line, newest, progress.cursor, behind)


def told_up_to() -> int:
    """The place of the last event told; kept when old events are purged."""
    return _progress().cursor


def _progress() -> Progress:
    """The publisher's progress, the epoch of a restore included, which the publisher may not have noted yet."""
    row = Position.objects.filter(name=PUBLISHER).values_list("value", flat=True).first()
    restored = Meta.objects.filter(name="restored").values_list("value", flat=True).first()
    return with_epoch(read_progress(row or ""), restored or "")


def _oldest(progress: Progress) -> int:
    """Place of the oldest event kept, or of the next one when none is."""
    oldest: int | None = OutwardEvent.objects.aggregate(oldest=Min("cursor"))["oldest"]
    return progress.cursor + 1 if oldest is None else oldest


def _end_of(progress: Progress, epoch: str) -> int | None:
    """The last place that a cursor of this epoch may name; None: unknown epoch."""
    ends = [start for _, start in progress.epochs[1:]] + [progress.cursor]
    for (name, _), end in zip(progress.epochs, ends, strict=True):
        if name == epoch:
            return end
    return None


def _behind(progress: Progress) -> bool:
    """Whether there are lines to tell: after a power cut, they may be those of a cursor given before."""
    return JournalEntry.objects.filter(seq__gt=progress.line).exists()


def _written(progress: Progress, number: int) -> str:
    """The cursor of a place, in the epoch in which it was told: an event keeps its cursor for ever."""
    if not progress.epochs:
        return ""
    names = [name for name, start in progress.epochs if start < number]
    return f"{(names or [progress.epochs[0][0]])[-1]}-{number}"


def _event(progress: Progress, row: OutwardEvent, seen: Filter) -> FeedEvent:
    data, other = _data(bytes(row.data)), row.other
    if other and seen.patients is not None and other not in seen.patients:
        data = {name: None if value == other else value for name, value in data.items()}
        other = ""
    return FeedEvent(
        cursor=_written(progress, row.cursor),
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
