"""The writer's hot path: what is known is loaded by key, what happened is written in one transaction per batch.

Plain SQL on the tables of `models`, the same on SQLite and PostgreSQL. A batch is decided in memory first and written
as one set, so a message that fails to decide leaves no trace in the others, and a write that fails leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import msgspec
from django.db import DatabaseError, connections

from ecluse.rules.identity.model import Event, Patient
from ecluse.store.chain import EVENT_SPAN, START, Line, line_digest, result_digest
from ecluse.store.errors import UnreadableStoreError
from ecluse.store.ledger_statements import Statements
from ecluse.store.past_consents import Pasts, past_consents
from ecluse.store.stay_shelf import StayShelf
from ecluse.store.turn import Turn
from ecluse.store.wal import WalKeeper
from ecluse.store.writer_place import regain_writer_place

_encode = msgspec.json.Encoder().encode
_patient = msgspec.json.Decoder(Patient)
_FREED_AT_ONCE = 200
MOST_EVENTS = EVENT_SPAN - 1
"""Events of one journal line."""
_IN = (1, 4, 16, 64, 256)
"""Values per IN list: under the limits of every SQLite build."""


class Entry(NamedTuple):
    """One journal line to append, with its bytes and events. `findings` and `details` are JSON."""

    kind: str
    domain_id: int
    sender_id: int | None
    control_id: str
    event: str
    answer: str
    code: str
    content: bytes
    received: bytes
    answered: bytes
    findings: bytes
    details: bytes
    events: Sequence[Event] = ()


class Earlier(NamedTuple):
    """An accepted message with a given control id: digest of its bytes, journal line, time (µs)."""

    content: bytes
    seq: int
    at: int


P = ParamSpec("P")
R = TypeVar("R")


def _reading(read: Callable[P, R]) -> Callable[P, R]:
    """Tell that the store does not answer by one error, whatever the driver says."""

    @wraps(read)
    def guarded(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return read(*arguments, **named)
        except UnreadableStoreError:
            raise
        except Exception as error:  # the driver's, or a row that cannot be read: the batch is worth nothing
            raise UnreadableStoreError(
                "La base de données ne répond pas à la lecture.", "The database does not answer a read."
            ) from error

    return guarded


class Ledger:
    """Reads and appends, for the single writer of a store.

    Patients and keys asked for stay in memory until `forget`; they are right because only this object changes them.
    """

    def __init__(self, turn: Turn, alias: str = "default", wal: WalKeeper | None = None) -> None:
        connection = connections[alias]
        connection.ensure_connection()
        self._alias = alias
        self._vendor = connection.vendor
        self._raw: Any = connection.connection
        self._turn = turn
        self._open = False
        self._wal = wal
        if wal is not None:
            self._raw.execute("PRAGMA wal_autocheckpoint=0")
        if self._vendor == "sqlite":
            self._raw.execute("PRAGMA cache_size=-131072")
        self.patients: dict[str, Patient] = {}
        self._waste: list[dict[str, Patient]] = []
        self.keys: dict[int, dict[str, tuple[str, ...]]] = {}
        self.links: dict[int, dict[str, frozenset[tuple[str, str]]]] = {}
        self._sql = Statements("?" if self._vendor == "sqlite" else "%s")
        self.stays = StayShelf("?" if self._vendor == "sqlite" else "%s", _parts)
        self.seq, self.digest = self._last()
        self._reset()

    def _last(self) -> tuple[int, bytes]:
        row = self._raw.execute(
            "SELECT seq, digest FROM store_journalentry ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return (row[0], bytes(row[1])) if row else (0, START)

    def _reset(self) -> None:
        self._lines: list[tuple[Any, ...]] = []
        self._raws: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []
        self._changed: dict[str, int] = {}
        # Last word per row: a key may come and go several times within one batch.
        self._key_rows: dict[tuple[int, str, str], bool] = {}
        self._link_rows: dict[tuple[int, str, str], bool] = {}
        self.stays.reset()

    # ---- reading ------------------------------------------------------------------------------------------------

    @_reading
    def load(self, domain: int, keys: Collection[str]) -> None:
        """Bring the patients that carry these keys into memory, with survivors and co-holders of their INS."""
        known = self.keys.setdefault(domain, {})
        wanted = {key for key in keys if key not in known}
        while wanted:
            found: dict[str, list[str]] = {key: [] for key in wanted}
            for part in _parts(wanted):
                for key, patient in self._raw.execute(self._sql.keys(len(part)), (domain, *part)):
                    found[key].append(patient)
            known.update((key, tuple(ids)) for key, ids in found.items())
            loaded = self._load_patients({one for ids in found.values() for one in ids})
            held = [
                one.key for patient in loaded for one in (patient.ins, *patient.superseded) if one is not None
            ]
            wanted = {key for key in held if key not in known}

    @_reading
    def load_links(self, domain: int, keys: Collection[str]) -> frozenset[tuple[str, str]]:
        """Links that touch these keys."""
        known = self.links.setdefault(domain, {})
        wanted = [key for key in keys if key not in known]
        for key in wanted:
            rows = self._raw.execute(self._sql.links, (domain, key, domain, key)).fetchall()
            known[key] = frozenset((a, b) for a, b in rows)
        return frozenset().union(*(known[key] for key in keys))

    @_reading
    def load_stays(self, domain: int, keys: Collection[str], *patients: str, whole: bool = False) -> None:
        """Bring the stays under these keys into memory (see `StayShelf.load`), and patients by id."""
        self._load_patients({*patients, *self.stays.load(self._raw, domain, keys, whole)})

    def _load_patients(self, ids: set[str]) -> list[Patient]:
        loaded: list[Patient] = []
        while ids := {one for one in ids if one not in self.patients}:
            fresh: list[Patient] = []
            for part in _parts(ids):
                rows = self._raw.execute(self._sql.patients(len(part)), tuple(part)).fetchall()
                fresh += [_patient.decode(bytes(row[0])) for row in rows]
            if len(fresh) != len(ids):
                raise LookupError(
                    "a matching key points to a patient that is not kept: run `ecluse journal rebuild`"
                )
            self.patients.update((patient.id, patient) for patient in fresh)
            loaded += fresh
            ids = {patient.merged_into for patient in fresh if patient.merged_into}
            ids.update(other for patient in fresh for other in (*patient.collides_with, *patient.duplicates))
        return loaded

    @_reading
    def earlier(self, sender_id: int, control_ids: Collection[str]) -> dict[str, list[Earlier]]:
        """The accepted messages of a sender for each of these control ids, oldest first; none: not in the result."""
        found: dict[str, list[Earlier]] = {}
        for part in _parts(control_ids):
            rows = self._raw.execute(self._sql.earlier(len(part)), (sender_id, *part)).fetchall()
            for control_id, content, seq, at in rows:
                found.setdefault(control_id, []).append(Earlier(bytes(content), seq, at))
        return found

    @_reading
    def past_consents(self, patients: Collection[str]) -> Pasts:
        """What was said of consents for each of these patients, and the stays they gained or lost (A44), in order."""
        return past_consents(self._raw, self._sql, self._events, patients)

    def forget(self) -> None:
        """Empty the memory of patients and keys (after a failed write, or to bound memory)."""
        self._waste.append(self.patients)
        self.patients = {}
        self.keys = {}
        self.links = {}
        self.stays.forget()

    def clean(self) -> None:
        """Give back a little of what was forgotten: freeing thousands of patients at once would stop the writer."""
        left = _FREED_AT_ONCE
        while self._waste and left:
            waste = self._waste[-1]
            while waste and left:
                waste.popitem()
                left -= 1
            if not waste:
                self._waste.pop()

    # ---- writing ------------------------------------------------------------------------------------------------

    def put(self, domain: int, before: Collection[str], patient: Patient, after: Collection[str]) -> None:
        """Keep a patient's new state; `before` and `after` are its matching keys (rules: `index_keys`)."""
        known = self.keys.setdefault(domain, {})
        for key in after:
            if key not in before:
                if key not in known:
                    self.load(domain, (key,))
                known[key] = (*known.get(key, ()), patient.id)
                self._key_rows[domain, key, patient.id] = True
        for key in before:
            if key not in after:
                known[key] = tuple(one for one in known.get(key, ()) if one != patient.id)
                self._key_rows[domain, key, patient.id] = False
        self.patients[patient.id] = patient
        self._changed[patient.id] = domain

    def link(self, domain: int, a: str, b: str, *, linked: bool) -> None:
        """Keep or remove a link between two identifiers."""
        pair = (a, b) if a < b else (b, a)
        self._link_rows[(domain, *pair)] = linked
        self.load_links(domain, pair)
        known = self.links[domain]
        for key in pair:
            known[key] = known[key] | {pair} if linked else known[key] - {pair}

    def append(self, entry: Entry, at: int) -> int:
        """Add a line to the journal. Returns its seq; nothing is on disk before `commit`.

        :raises ValueError: for more events than a line can hold; nothing was added.
        """
        if len(entry.events) > MOST_EVENTS:
            raise ValueError(f"one line cannot hold {len(entry.events)} events")
        seq = self.seq + 1
        events = [(one.patient, one.type, one.version, _encode(one.data)) for one in entry.events]
        result = result_digest(entry.answered, entry.findings, events)
        line = Line(
            seq, at, entry.kind, entry.domain_id, entry.sender_id, entry.control_id, entry.event, entry.answer,
            entry.code, entry.content, result, entry.details,
        )  # fmt: skip
        self.digest = line_digest(self.digest, line)
        self.seq = seq
        self._lines.append((*line, self.digest))
        self._raws.append((seq, entry.received, entry.answered, entry.findings))
        first = seq * EVENT_SPAN
        for rank, (patient, kind, version, data) in enumerate(events):
            self._events.append((first + rank, entry.domain_id, patient, kind, version, at, data))
        return seq

    def commit(self, also: Callable[[], None] | None = None) -> None:
        """Write everything put, linked and appended since the last commit; on return it is durable.

        :param also: more to write in the same transaction.
        :raises DatabaseError: (of the driver) when nothing could be written; the memory is then emptied.
        """
        try:
            self.write(also)
            self.finish()
        except BaseException:
            self.abandon()
            raise

    def write(self, also: Callable[[], None] | None = None) -> None:
        """Write everything put, linked and appended, in a transaction that `finish` makes durable.

        What is put and appended from now on belongs to the next one. On an error the caller abandons.
        """
        self._turn.__enter__()
        self._open = True
        self._raw.execute("BEGIN IMMEDIATE" if self._vendor == "sqlite" else "BEGIN")
        self._write()
        if also is not None:
            also()
        self._reset()

    def finish(self) -> None:
        """Make what was written durable. May run in another thread while the next batch is decided in memory.

        :raises DatabaseError: (of the driver) when it is not durable; the caller abandons.
        """
        cursor = self._raw.execute("COMMIT")
        # PostgreSQL answers ROLLBACK, and no error, to the COMMIT of a transaction that failed.
        if self._vendor == "postgresql" and cursor.statusmessage != "COMMIT":
            raise DatabaseError("the transaction was rolled back")
        self._close_turn()
        if self._wal is not None:
            self._wal.between_batches(self._raw)

    def _close_turn(self) -> None:
        if self._open:
            self._open = False
            self._turn.__exit__(None, None, None)

    def abandon(self) -> None:
        """Drop what was put and appended since the last commit; reach a PostgreSQL that went away again.

        :raises WriterPlaceTaken: another node writes on this store now.
        """
        # A full disk or a lost connection may have ended the transaction already.
        with suppress(Exception):
            self._raw.execute("ROLLBACK")
        self._close_turn()
        self._reset()
        self.forget()
        if self._vendor == "postgresql" and self._raw.closed:
            self._raw = regain_writer_place(self._alias)
        self.seq, self.digest = self._last()

    def _write(self) -> None:
        sql = self._sql
        many = self._raw.cursor().executemany
        states = []
        for one, domain in self._changed.items():
            patient = self.patients[one]
            states.append((one, domain, patient.version, patient.merged_into, _encode(patient)))
        for statement, rows in (
            (sql.insert_line, self._lines),
            (sql.insert_raw, self._raws),
            (sql.insert_event, self._events),
            (sql.upsert_patient, states),
            (sql.delete_key, [row for row, kept in self._key_rows.items() if not kept]),
            (sql.insert_key, [row for row, kept in self._key_rows.items() if kept]),
            (sql.delete_link, [row for row, kept in self._link_rows.items() if not kept]),
            (sql.insert_link, [row for row, kept in self._link_rows.items() if kept]),
        ):
            if rows:
                many(statement, rows)
        self.stays.write(self._raw)


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Values in lists of a few fixed lengths, the last value repeated, so that statements are prepared once."""
    items = list(values)
    for start in range(0, len(items), _IN[-1]):
        part = items[start : start + _IN[-1]]
        size = next(size for size in _IN if size >= len(part))
        yield part + part[-1:] * (size - len(part))
