"""The stays the writer works on: loaded by key, one read per table and batch, written with the batch.

A part of the ledger: same connection, same transaction, same rule about memory (see `ecluse.store.ledger`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import msgspec

from ecluse.rules.stay import KnownStays, Stay
from ecluse.rules.stay.keys import MOST_STAYS

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stay).decode

Parts = Callable[[Iterable[str]], Iterator[list[str]]]
"""Values in lists of a few fixed lengths, so that statements are prepared once."""


class StayShelf:
    """Stays and keys in memory, and what changed since the last write."""

    def __init__(self, mark: str, parts: Parts) -> None:
        self._mark = mark
        self._parts = parts
        one = f"SELECT key, stay FROM store_staykey WHERE domain_id = {mark} AND key = {mark}"
        self._few = f"SELECT key, stay FROM ({one} LIMIT {MOST_STAYS + 1}) few"
        self.forget()
        self.reset()

    @property
    def size(self) -> int:
        """How much is in memory, in keys and movements."""
        return self._weight + sum(map(len, self.keys.values()))

    def known(self, domain: int) -> KnownStays:
        """What is in memory, for a decision."""
        return KnownStays(self.keys.get(domain, {}), self.stays)

    def reset(self) -> None:
        """Nothing is left to write."""
        self._changed: dict[str, int] = {}
        self._rows: dict[tuple[int, str, str], bool] = {}

    def forget(self) -> None:
        """Empty the memory."""
        self.stays: dict[str, Stay] = {}
        self.keys: dict[int, dict[str, tuple[str, ...]]] = {}
        # Keys under which there are more stays than memory holds.
        self._cut: set[tuple[int, str]] = set()
        self._weight = 0

    def load(self, raw: Any, domain: int, keys: Collection[str], whole: bool) -> set[str]:
        """Bring the stays under these keys into memory, of each key one more than `MOST_STAYS` unless `whole`.

        :returns: ids of the patients of those that were not there yet.
        :raises LookupError: when a key points to a stay that is not kept.
        """
        known = self.keys.setdefault(domain, {})
        wanted = [key for key in keys if key not in known or (whole and (domain, key) in self._cut)]
        found: dict[str, dict[str, None]] = {key: {} for key in wanted}
        for part in self._parts(wanted):
            sql = self._whole(len(part)) if whole else " UNION ALL ".join([self._few] * len(part))
            values = (domain, *part) if whole else [one for key in part for one in (domain, key)]
            for key, stay in raw.execute(sql, values):
                found[key][stay] = None
        patients = self.read(raw, {one for ids in found.values() for one in ids if one not in self.stays})
        for key, ids in found.items():
            known[key] = tuple(sorted(ids))
            if whole:
                self._cut.discard((domain, key))
            elif len(ids) > MOST_STAYS:
                self._cut.add((domain, key))
        return patients

    def read(self, raw: Any, ids: Collection[str]) -> set[str]:
        """Bring stays into memory by id; the ids of their patients.

        :raises LookupError: when one is not kept.
        """
        patients = set()
        loaded = 0
        for part in self._parts(ids):
            sql = f"SELECT state FROM store_staystate WHERE id IN {self._marks(len(part))}"
            for (state,) in raw.execute(sql, tuple(part)).fetchall():
                stay = _decode(bytes(state))
                self._hold(stay)
                patients.add(stay.patient)
                loaded += 1
        if loaded != len(ids):
            raise LookupError("a key points to a stay that is not kept: run `ecluse journal rebuild`")
        return patients

    def put(self, domain: int, before: Collection[str], stay: Stay, after: Collection[str]) -> None:
        """Keep a stay's new state; `before` and `after` are its keys (rules: `index_keys`), loaded already or new."""
        known = self.keys.setdefault(domain, {})
        for key in after:
            if key not in before:
                known[key] = (*known.get(key, ()), stay.id)
                self._rows[domain, key, stay.id] = True
        for key in before:
            if key not in after:
                known[key] = tuple(one for one in known.get(key, ()) if one != stay.id)
                self._rows[domain, key, stay.id] = False
        self._hold(stay)
        self._changed[stay.id] = domain

    def _hold(self, stay: Stay) -> None:
        former = self.stays.get(stay.id)
        self._weight += len(stay.movements) - (len(former.movements) if former is not None else -1)
        self.stays[stay.id] = stay

    def write(self, raw: Any) -> None:
        """Write what was put, inside the ledger's transaction."""
        if not self._changed:
            return
        mark = self._mark
        many = raw.cursor().executemany
        states = [
            (one, domain, self.stays[one].patient, self.stays[one].version, _encode(self.stays[one]))
            for one, domain in self._changed.items()
        ]
        many(
            f"INSERT INTO store_staystate (id, domain_id, patient, version, state) VALUES {self._marks(5)}"
            " ON CONFLICT (id) DO UPDATE SET patient = excluded.patient, version = excluded.version,"
            " state = excluded.state",
            states,
        )
        gone = [row for row, kept in self._rows.items() if not kept]
        if gone:
            many(
                f"DELETE FROM store_staykey WHERE domain_id = {mark} AND key = {mark} AND stay = {mark}", gone
            )
        new = [row for row, kept in self._rows.items() if kept]
        if new:
            many(
                f"INSERT INTO store_staykey (domain_id, key, stay) VALUES {self._marks(3)}"
                " ON CONFLICT DO NOTHING",
                new,
            )

    def _whole(self, count: int) -> str:
        where = f"domain_id = {self._mark} AND key IN {self._marks(count)}"
        return f"SELECT key, stay FROM store_staykey WHERE {where}"

    def _marks(self, count: int) -> str:
        return f"({', '.join([self._mark] * count)})"
