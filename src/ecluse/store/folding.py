"""Fold all stored events again into fresh states, keys and links, whatever their number.

A state depends only on the events of its patient (`identity.fold`), its keys only on its state, and a link
only on the link events of its two identifiers. So patients are folded one after the other, in the order of
the index on the patient, with one patient in memory; links are replayed in the order of the journal into a
work table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.identifiers import index_keys
from ecluse.rules.identity.model import Event, Patient
from ecluse.rules.identity.vocabulary import LINKED, UNLINKED
from ecluse.store.snapshot import Snapshot

_BATCH = 1000
_STATE = "id, domain_id, version, merged_into, state"
_KEY = "domain_id, key, patient"
_encode = msgspec.json.Encoder().encode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode
_decode_patient = msgspec.json.Decoder(Patient).decode

Row = tuple[Any, ...]


class Folded(NamedTuple):
    """A patient folded again, in its domain."""

    patient: Patient
    domain: int

    @property
    def row(self) -> Row:
        """The row of the table of states."""
        one = self.patient
        return (one.id, self.domain, one.version, one.merged_into, _encode(one))

    @property
    def keys(self) -> Iterator[Row]:
        """The rows of the table of keys."""
        return ((self.domain, key, self.patient.id) for key in dict.fromkeys(index_keys(self.patient)))


class Difference(NamedTuple):
    """A stored row that the events do not give. what: `state`, `key`, `link`, `sender` or `domain`; how:
    `missing`, `extra`, `different`.

    name: the patient's id, or for a key or a link the id of a patient it concerns, or empty; name of the sender or
    domain.
    """

    what: str
    how: str
    name: str


def fold_store(snapshot: Snapshot) -> Iterator[Folded]:
    """Every patient, folded from its events, in the order of the ids.

    :raises UnknownEvent: an event of a type or version that this release does not know.
    """
    rows = snapshot.stream(
        "SELECT patient, domain_id, type, version, data FROM store_storedevent WHERE patient <> ''"
        " AND substr(type, 1, 5) <> 'stay.'"
        f" ORDER BY {_ordered(snapshot, 'patient')}, id"
    )
    for patient, group in groupby(rows, itemgetter(0)):
        events = list(group)
        stored = (Event(kind, version, patient, _decode_data(data)) for _, _, kind, version, data in events)
        yield Folded(fold_all(None, stored), events[0][1])


def compare_states(snapshot: Snapshot, folded: Iterable[Folded]) -> Iterator[Difference | Folded]:
    """The patients of `folded` again, with a difference before each one that is not stored so."""
    stored = snapshot.stream(f"SELECT {_STATE} FROM store_patientstate ORDER BY {_ordered(snapshot, 'id')}")
    row = next(stored, None)
    for one in folded:
        while row is not None and row[0] < one.patient.id:
            yield Difference("state", "extra", row[0])
            row = next(stored, None)
        if row is None or row[0] != one.patient.id:
            yield Difference("state", "missing", one.patient.id)
        else:
            if not _same(row, one):
                yield Difference("state", "different", row[0])
            row = next(stored, None)
        yield one
    while row is not None:
        yield Difference("state", "extra", row[0])
        row = next(stored, None)


def compare(snapshot: Snapshot) -> Iterator[Difference | Folded]:
    """Everything that the tables of states, keys and links say and the events do not, with the patients
    between.

    The snapshot must accept work tables (`live_snapshot`).
    """
    work = _Work(snapshot)
    for one in compare_states(snapshot, fold_store(snapshot)):
        yield one
        if isinstance(one, Folded):
            work.add_keys(one.keys)
    work.flush()
    replay_links(snapshot, "folded_link")
    yield from work.differences()


def replay_links(snapshot: Snapshot, table: str) -> None:
    """Replay every link and unlink (A24, A37) into an empty table, in the order of the journal."""
    rows = snapshot.stream(
        f"SELECT domain_id, type, data FROM store_storedevent WHERE type IN ('{LINKED}', "
        f"'{UNLINKED}') ORDER BY id"
    )
    mark = snapshot.mark
    for domain, kind, data in rows:
        found = _decode_data(data)
        pair = (domain, *sorted((found["a"], found["b"])))
        if kind == LINKED:
            snapshot.raw.execute(
                f"INSERT INTO {table} (domain_id, a, b) VALUES ({mark}, {mark}, {mark}) ON CONFLICT "
                "DO NOTHING",
                pair,
            )
        else:
            snapshot.raw.execute(
                f"DELETE FROM {table} WHERE domain_id = {mark} AND a = {mark} AND b = {mark}", pair
            )


def replace(snapshot: Snapshot) -> Iterator[Folded]:
    """Empty the tables of states, keys and links and fill them again; the caller commits the snapshot's
    transaction.
    """
    for table in ("store_patientstate", "store_patientkey", "store_identifierlink"):
        snapshot.raw.execute(f"DELETE FROM {table}")
    folded = fold_store(snapshot)
    while batch := list(islice(folded, _BATCH)):
        _insert(snapshot, "store_patientstate", _STATE, [one.row for one in batch])
        _insert(snapshot, "store_patientkey", _KEY, [key for one in batch for key in one.keys])
        yield from batch
    replay_links(snapshot, "store_identifierlink")


class _Work:
    """Temporary tables of what the events give, to be compared by the database itself."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._keys: list[Row] = []
        run = snapshot.raw.execute
        run("CREATE TEMPORARY TABLE folded_key (domain_id integer, key text, patient text)")
        run(
            "CREATE TEMPORARY TABLE folded_link (domain_id integer, a text, b text, UNIQUE (domain_id, a, b))"
        )

    def add_keys(self, keys: Iterable[Row]) -> None:
        self._keys.extend(keys)
        if len(self._keys) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        _insert(self._snapshot, "folded_key", _KEY, self._keys)
        self._keys = []

    def differences(self) -> Iterator[Difference]:
        for what, stored, folded, columns, name in (
            ("key", "store_patientkey", "folded_key", _KEY, 2),
            ("link", "store_identifierlink", "folded_link", "domain_id, a, b", -1),
        ):
            for how, left, right in (("extra", stored, folded), ("missing", folded, stored)):
                rows = self._snapshot.stream(
                    f"SELECT {columns} FROM {left} EXCEPT SELECT {columns} FROM {right}"
                )
                for row in rows:
                    yield Difference(what, how, row[name] if name > 0 else "")


def _insert(snapshot: Snapshot, table: str, columns: str, rows: list[Row]) -> None:
    if rows:
        marks = ", ".join([snapshot.mark] * len(rows[0]))
        snapshot.raw.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def _same(row: Row, one: Folded) -> bool:
    """True when a stored state is the folded one, even written before the last fields of a patient existed."""
    if tuple(row[:4]) != one.row[:4]:
        return False
    if bytes(row[4]) == one.row[4]:
        return True
    try:
        return _decode_patient(row[4]) == one.patient
    except msgspec.MsgspecError:
        return False


def _ordered(snapshot: Snapshot, column: str) -> str:
    """An order that Python's own comparison of texts follows, whatever the collation of the database."""
    return column if snapshot.vendor == "sqlite" else f'{column} COLLATE "C"'
