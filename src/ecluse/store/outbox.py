"""What the publisher reads of the journal, and what it writes: outward events and its own progress, in one transaction.

Plain SQL on the tables of `models`, like the ledger's, because every event of the journal passes here once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from django.db import connections

from ecluse.rules.outward import Told
from ecluse.store.bulk import delete, execute, insert
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.turn import Turn

PUBLISHER = "publisher"
"""Name of the publisher's row in the table of positions."""
MOST_EVENTS = 2 * EVENT_SPAN
"""Stored events read at once: always at least one whole journal line."""
_IN = (1, 8, 64, 512)
"""Values per IN list: a few lengths, so that statements are prepared once."""

_encode = msgspec.json.Encoder().encode


class Sweep(msgspec.Struct, omit_defaults=True):
    """Patients whose standing a line may have changed, looked at one after the other before the next line.

    at: time told of the events; after: the last patient looked at; everyone: all patients, otherwise those of the
    domains, or whose INS one of the senders gave.
    """

    at: int
    after: str = ""
    everyone: bool = False
    domains: list[int] = []
    senders: list[str] = []


class Trusted(msgspec.Struct, omit_defaults=True):
    """Senders and domains as of the last line told. senders: domain by id; confirmed: ids; domains: by id, whether it
    is our own.
    """

    senders: dict[str, int] = {}
    confirmed: list[str] = []
    domains: dict[int, bool] = {}


class Progress(msgspec.Struct, omit_defaults=True):
    """How far the publisher is.

    line: last journal line told; cursor: last outward event; epochs: name of each life of this feed, and the cursor
    after which it began, the present one last; settings: those that decide of an INS; sweep: under way.
    """

    line: int = 0
    cursor: int = 0
    epochs: list[tuple[str, int]] = []
    settings: str = ""
    trusted: Trusted = msgspec.field(default_factory=Trusted)
    sweep: Sweep | None = None


_progress = msgspec.json.Decoder(Progress)


def read_progress(text: str) -> Progress:
    """The progress as kept; empty: nothing was ever told."""
    return _progress.decode(text) if text else Progress()


def with_epoch(progress: Progress, restored: str) -> Progress:
    """The progress with the epoch that the last restore of a backup began, if it did not know it.

    :param restored: name given by that restore, or empty.
    """
    if not restored or any(name == restored for name, _ in progress.epochs):
        return progress
    return msgspec.structs.replace(progress, epochs=[*progress.epochs, (restored, progress.cursor)])


class Overtaken(Exception):
    """Another publisher wrote meanwhile: nothing was written."""


class Line(NamedTuple):
    """What the publisher needs of a journal line."""

    seq: int
    at: int
    details: bytes


class Stored(NamedTuple):
    """A stored event; data as JSON."""

    id: int
    domain: int
    patient: str
    type: str
    version: int
    data: bytes


class Published(NamedTuple):
    """What was told of a patient. folded: its version then."""

    domain: int
    folded: int
    told: Told


class State(NamedTuple):
    """A patient as it is now, which may be later than what is told; state as JSON."""

    version: int
    state: bytes


class Outward(NamedTuple):
    """An outward event to write, its cursor aside; data as JSON."""

    line: int
    patient: str
    other: str
    domain: int
    type: str
    version: int
    at: int
    data: bytes


class Outbox:
    """Reads and writes for one publisher, on the connection of its thread."""

    def __init__(self, turn: Turn, alias: str = "default") -> None:
        connection = connections[alias]
        connection.ensure_connection()
        self._vendor = connection.vendor
        self._raw: Any = connection.connection
        self._turn = turn
        self._mark = "?" if self._vendor == "sqlite" else "%s"
        self._row = ""
        # The disk is not waited for inside the turn: what a power cut takes away here is told again, with the same
        # cursors, because it follows from the journal alone.
        self._raw.execute(
            "PRAGMA synchronous=NORMAL" if self._vendor == "sqlite" else "SET synchronous_commit = off"
        )

    # ---- reading ------------------------------------------------------------------------------------------------

    def progress(self) -> Progress:
        """How far the publisher is, as kept."""
        rows = self._all("SELECT value FROM store_position WHERE name = ?", (PUBLISHER,))
        self._row = rows[0][0] if rows else ""
        restored = self._all("SELECT value FROM store_meta WHERE name = 'restored'", ())
        return with_epoch(read_progress(self._row), restored[0][0] if restored else "")

    def lines(self, after: int, limit: int) -> list[Line]:
        """Journal lines after one, in order."""
        rows = self._all(
            "SELECT seq, at, details FROM store_journalentry WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return [Line(seq, at, bytes(details)) for seq, at, details in rows]

    def events(self, first: int, last: int) -> list[Stored]:
        """Events of these journal lines, in order, MOST_EVENTS at most."""
        rows = self._all(
            "SELECT id, domain_id, patient, type, version, data FROM store_storedevent"
            " WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            (first * EVENT_SPAN, (last + 1) * EVENT_SPAN, MOST_EVENTS),
        )
        return [Stored(*row) for row in rows]

    def events_of(self, patient: str, line: int) -> list[Stored]:
        """Every event of a patient up to a journal line."""
        rows = self._all(
            "SELECT id, domain_id, patient, type, version, data FROM store_storedevent"
            " WHERE patient = ? AND id < ? ORDER BY id",
            (patient, (line + 1) * EVENT_SPAN),
        )
        return [Stored(*row) for row in rows]

    def published(self, patients: Collection[str]) -> dict[str, Published]:
        """What was told of these patients; none: not in the result."""
        found = {}
        for marks, part in self._parts(patients):
            sql = f"SELECT {_PUBLISHED} FROM store_publishedpatient WHERE id IN ({marks})"
            for row in self._all(sql, part):
                found[row[0]] = _published(row)
        return found

    def states(self, patients: Collection[str]) -> dict[str, State]:
        """These patients as they are now."""
        found = {}
        for marks, part in self._parts(patients):
            sql = f"SELECT id, version, state FROM store_patientstate WHERE id IN ({marks})"
            for one, version, state in self._all(sql, part):
                found[one] = State(version, state)
        return found

    def told_after(self, patient: str, limit: int) -> list[tuple[str, Published, State | None]]:
        """Patients told of, in the order of their ids, with what they are now."""
        rows = self._all(
            f"SELECT {', '.join('t.' + name for name in _PUBLISHED.split(', '))}, s.version, s.state"
            " FROM store_publishedpatient t LEFT JOIN store_patientstate s ON s.id = t.id"
            " WHERE t.id > ? ORDER BY t.id LIMIT ?",
            (patient, limit),
        )
        return [
            (row[0], _published(row), State(row[7], row[8]) if row[8] is not None else None) for row in rows
        ]

    def has_links(self) -> bool:
        """Whether any link was ever told and stands."""
        return bool(self._all("SELECT 1 FROM store_publishedlink LIMIT 1", ()))

    def links(self, domain: int, keys: Collection[str]) -> set[tuple[str, str]]:
        """Links told that touch these keys, each as (key asked, other key)."""
        found: set[tuple[str, str]] = set()
        for marks, part in self._parts(keys):
            sql = f"SELECT key, other FROM store_publishedlink WHERE domain_id = ? AND key IN ({marks})"
            found.update(self._all(sql, (domain, *part)))
        return found

    # ---- writing ------------------------------------------------------------------------------------------------

    def write(
        self,
        progress: Progress,
        events: Sequence[Outward],
        published: dict[str, Published],
        links: dict[tuple[int, str, str], bool],
        now: int,
    ) -> None:
        """Write outward events, what is told then, and the progress: all or nothing.

        :param progress: its cursor is that of the last of the events.
        :param links: (domain, key, other) told linked, or no longer.
        :raises Overtaken: another publisher went on from the same place.
        """
        row = _encode(progress).decode()
        first = progress.cursor - len(events) + 1
        cursors = [(cursor, *one[:7], now, one.data) for cursor, one in enumerate(events, first)]
        told = [(id_, one.domain, one.folded, *one.told) for id_, one in published.items()]
        gone = [key for key, kept in links.items() if not kept]
        made = [key for key, kept in links.items() if kept]
        vendor = self._vendor
        statements = [
            *insert(vendor, "store_outwardevent", _EVENT, cursors, blobs=("data",)),
            *insert(vendor, "store_publishedpatient", _PATIENT, told, _TOLD_AGAIN),
            *delete(vendor, "store_publishedlink", _LINK, gone),
            *insert(vendor, "store_publishedlink", _LINK, made, "DO NOTHING"),
        ]
        with self._turn:
            self._raw.execute("BEGIN IMMEDIATE" if self._vendor == "sqlite" else "BEGIN")
            try:
                self._move(row)
                execute(self._raw, statements)
                self._raw.execute("COMMIT")
            except BaseException:
                with suppress(Exception):
                    self._raw.execute("ROLLBACK")
                raise
        self._row = row

    def _move(self, row: str) -> None:
        """Keep the progress, if it is still what was read."""
        if self._row:
            done = self._raw.execute(
                self._sql("UPDATE store_position SET value = ? WHERE name = ? AND value = ?"),
                (row, PUBLISHER, self._row),
            )
        else:
            done = self._raw.execute(
                self._sql("INSERT INTO store_position (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING"),
                (PUBLISHER, row),
            )
        if done.rowcount != 1:
            raise Overtaken

    def _all(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._raw.execute(self._sql(sql), tuple(values)).fetchall()
        return rows

    def _sql(self, sql: str) -> str:
        return sql if self._mark == "?" else sql.replace("?", self._mark)

    def _parts(self, values: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
        """Placeholders and values, in lists of a few fixed lengths, the last value repeated."""
        items = list(values)
        for start in range(0, len(items), _IN[-1]):
            part = items[start : start + _IN[-1]]
            size = next(size for size in _IN if size >= len(part))
            yield ", ".join("?" * size), part + part[-1:] * (size - len(part))


_PUBLISHED = "id, domain_id, folded, version, ins, usable, merged_into"


def _published(row: tuple[Any, ...]) -> Published:
    return Published(row[1], row[2], Told(row[3], row[4], bool(row[5]), row[6]))


_EVENT = ("cursor", "line", "patient", "other", "domain_id", "type", "version", "at", "published", "data")
_PATIENT = tuple(_PUBLISHED.split(", "))
_TOLD_AGAIN = "(id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _PATIENT[2:])
_LINK = ("domain_id", "key", "other")
