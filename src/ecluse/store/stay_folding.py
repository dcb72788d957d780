"""Fold all stored events of stays again into fresh states and keys, whatever their number.

The events of one stay may be of several patients (A44, or a message received after a merge), so a work table first says
which events each stay has; the stays are then folded one after the other, with one stay in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from ecluse.rules.identity.model import Event
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay import Stay, fold_stay, index_keys
from ecluse.store.snapshot import Snapshot

_BATCH = 1000
_STATE = "id, domain_id, patient, version, state"
_KEY = "domain_id, key, stay"
_encode = msgspec.json.Encoder().encode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode
_decode_stay = msgspec.json.Decoder(Stay).decode

Row = tuple[Any, ...]


class FoldedStay(NamedTuple):
    """A stay folded again, in its domain."""

    stay: Stay
    domain: int

    @property
    def row(self) -> Row:
        """The row of the table of states."""
        one = self.stay
        return (one.id, self.domain, one.patient, one.version, _encode(one))

    @property
    def keys(self) -> list[Row]:
        """The rows of the table of keys."""
        return [(self.domain, key, self.stay.id) for key in index_keys(self.stay)]


class StayDifference(NamedTuple):
    """A stored row that the events do not give. what: `state` or `key`; how: `missing`, `extra` or `different`."""

    what: str
    how: str
    stay: str


def fold_stays(snapshot: Snapshot) -> Iterator[FoldedStay]:
    """Every stay, folded from its events, in the order of the ids. The snapshot must accept work tables.

    :raises UnknownEvent: an event of a type or version that this release does not know.
    """
    run = snapshot.raw.execute
    # A rebuild folds twice on one connection: once to compare, once to replace.
    run("CREATE TEMPORARY TABLE IF NOT EXISTS stay_event (stay text, id bigint)")
    run("DELETE FROM stay_event")
    _sort_events(snapshot)
    rows = snapshot.stream(
        "SELECT s.stay, e.domain_id, e.patient, e.type, e.version, e.data FROM stay_event s"
        f" JOIN store_storedevent e ON e.id = s.id ORDER BY {_ordered(snapshot, 's.stay')}, s.id"
    )
    for _, group in groupby(rows, itemgetter(0)):
        events = list(group)
        stored = (Event(row[3], row[4], row[2], _decode_data(bytes(row[5]))) for row in events)
        yield FoldedStay(fold_stay(None, stored), events[0][1])


def _sort_events(snapshot: Snapshot) -> None:
    rows = snapshot.stream(
        "SELECT id, data FROM store_storedevent WHERE type IN ('stay.opened', 'stay.movement-inserted',"
        " 'stay.movement-updated', 'stay.movement-cancelled', 'stay.renumbered', 'stay.moved',"
        f" '{CONSENT}')"
    )
    found = ((_decode_data(bytes(data)).get("stay"), id_) for id_, data in rows)
    pairs = ((stay, id_) for stay, id_ in found if stay)
    while batch := list(islice(pairs, _BATCH)):
        _insert(snapshot, "stay_event", "stay, id", batch)


def compare_stays(snapshot: Snapshot) -> Iterator[StayDifference | FoldedStay]:
    """The stays of the events, with a difference before each one that is not stored so; differing keys come last."""
    snapshot.raw.execute("CREATE TEMPORARY TABLE folded_staykey (domain_id integer, key text, stay text)")
    stored = snapshot.stream(f"SELECT {_STATE} FROM store_staystate ORDER BY {_ordered(snapshot, 'id')}")
    row = next(stored, None)
    for one in fold_stays(snapshot):
        while row is not None and row[0] < one.stay.id:
            yield StayDifference("state", "extra", row[0])
            row = next(stored, None)
        if row is None or row[0] != one.stay.id:
            yield StayDifference("state", "missing", one.stay.id)
        else:
            if not _same(row, one):
                yield StayDifference("state", "different", row[0])
            row = next(stored, None)
        _insert(snapshot, "folded_staykey", _KEY, one.keys)
        yield one
    while row is not None:
        yield StayDifference("state", "extra", row[0])
        row = next(stored, None)
    for how, left, right in (
        ("extra", "store_staykey", "folded_staykey"),
        ("missing", "folded_staykey", "store_staykey"),
    ):
        for key in snapshot.stream(f"SELECT {_KEY} FROM {left} EXCEPT SELECT {_KEY} FROM {right}"):
            yield StayDifference("key", how, key[2])


def replace_stays(snapshot: Snapshot) -> Iterator[FoldedStay]:
    """Empty the tables of stays and fill them again; the caller commits the snapshot's transaction."""
    for table in ("store_staystate", "store_staykey"):
        snapshot.raw.execute(f"DELETE FROM {table}")
    folded = fold_stays(snapshot)
    while batch := list(islice(folded, _BATCH)):
        _insert(snapshot, "store_staystate", _STATE, [one.row for one in batch])
        _insert(snapshot, "store_staykey", _KEY, [key for one in batch for key in one.keys])
        yield from batch


def _same(row: Row, one: FoldedStay) -> bool:
    """True when a stored state is the folded one; the order of keys inside the JSON does not matter."""
    if tuple(row[:4]) != one.row[:4]:
        return False
    if bytes(row[4]) == one.row[4]:
        return True
    try:
        return _decode_stay(bytes(row[4])) == one.stay
    except msgspec.MsgspecError:
        return False


def _ordered(snapshot: Snapshot, column: str) -> str:
    """An order that Python's own comparison of texts follows, whatever the collation of the database."""
    return column if snapshot.vendor == "sqlite" else f'{column} COLLATE "C"'


def _insert(snapshot: Snapshot, table: str, columns: str, rows: list[Row]) -> None:
    if rows:
        marks = ", ".join([snapshot.mark] * len(rows[0]))
        snapshot.raw.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
