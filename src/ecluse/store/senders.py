"""Senders and domains as the writer needs them: read once, changed only by the writer."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
from django.db import connections

_encode = msgspec.json.encode


class DomainRecord(NamedTuple):
    """An identification domain. authorities: None when any assigning authority is local to it."""

    id: int
    name: str
    oid: str
    authorities: frozenset[str] | None
    own: bool


class SenderRecord(NamedTuple):
    """A sender. status: `to_confirm`, `confirmed`, `refused`; policy: `tolerant`, `strict`.

    certificates: SHA-256 fingerprints of the client certificates it is bound to (hexadecimal, sorted, between spaces);
    zone: IANA name of the zone of its times; empty: none.
    """

    id: int
    listener: str
    application: str
    facility: str
    domain: int
    status: str
    policy: str
    first_seen: int
    certificates: str = ""
    zone: str = ""


Record = SenderRecord | DomainRecord

SENDER_COLUMNS = (
    "id", "listener", "application", "facility", "domain_id", "status", "policy", "first_seen", "certificates", "zone"
)  # fmt: skip
"""Columns of a sender, in the order of `SenderRecord`."""


class Identified(NamedTuple):
    """Whom a frame comes from. doubt: why it is nobody's: `impostor` (the name is that of a sender bound to other
    certificates) or `unnamed` (several senders share this certificate, and MSH-3 / MSH-4 name none of them).
    """

    sender: SenderRecord | None
    doubt: Literal["", "impostor", "unnamed"] = ""


class SenderBook:
    """All senders and domains, in memory; changes are written by the caller's transaction."""

    def __init__(self, alias: str = "default") -> None:
        self._alias = alias
        self._mark = "?" if connections[alias].vendor == "sqlite" else "%s"
        self.reload()

    def reload(self) -> None:
        """Read the tables again (at start, and after a write that failed, on the connection there is then)."""
        connection = connections[self._alias]
        connection.ensure_connection()
        self._raw: Any = connection.connection
        rows = self._raw.execute("SELECT id, name, oid, authorities, own FROM store_domain").fetchall()
        self.domains = {
            row[0]: DomainRecord(
                row[0],
                row[1],
                row[2],
                frozenset(msgspec.json.decode(bytes(row[3]))) if row[3] else None,
                bool(row[4]),
            )
            for row in rows
        }
        rows = self._raw.execute(f"SELECT {', '.join(SENDER_COLUMNS)} FROM store_sender").fetchall()
        self.senders = {(row[1], row[2], row[3]): SenderRecord(*row) for row in rows}
        self._bind()
        self._pending: list[Record] = []
        self._facts: dict[str, str] = {}

    def count(self, status: str) -> int:
        """Number of senders of that status."""
        return sum(1 for sender in self.senders.values() if sender.status == status)

    def find(self, listener: str, application: str, facility: str) -> SenderRecord | None:
        """The sender on that listener, else the one declared for every listener (listener name empty)."""
        found = self.senders.get((listener, application, facility))
        return found or self.senders.get(("", application, facility))

    def identify(self, listener: str, application: str, facility: str, certificate: str) -> Identified:
        """The sender of a frame by what it claims (MSH-3, MSH-4) and by the client certificate of its connection.

        A certificate goes before the claim; a name that certificates protect is nobody's without one of them.

        :param certificate: SHA-256 fingerprint of the peer's certificate, or empty.
        """
        found = self.find(listener, application, facility)
        mine = [one for one in self.bound.get(certificate, ()) if one.listener in ("", listener)]
        if found is not None and found.certificates:
            return Identified(found) if found in mine else Identified(None, "impostor")
        if len(mine) == 1:
            return Identified(mine[0])
        if mine:
            return Identified(None, "unnamed")
        if found is None and (application, facility) in self._protected:
            return Identified(None, "impostor")
        return Identified(found)

    def _bind(self) -> None:
        self.bound: dict[str, list[SenderRecord]] = {}
        """Senders by the fingerprint of their certificates; empty when nobody uses them."""
        for sender in self.senders.values():
            for certificate in sender.certificates.split():
                self.bound.setdefault(certificate, []).append(sender)
        self._protected = {
            (one.application, one.facility) for senders in self.bound.values() for one in senders
        }

    def has_sent(self, sender: int) -> bool:
        """Whether a message of that sender was integrated: its identities then lie in its domain."""
        sql = "SELECT 1 FROM store_journalentry WHERE sender_id = {} AND kind = 'message' AND answer = 'AA' LIMIT 1"
        return self._raw.execute(sql.format(self._mark), (sender,)).fetchone() is not None

    @property
    def pending(self) -> tuple[Record, ...]:
        """What `keep` received and `write` has not written."""
        return tuple(self._pending)

    def next_sender(self) -> int:
        """A free sender id."""
        return 1 + max((sender.id for sender in self.senders.values()), default=0)

    def next_domain(self) -> int:
        """A free domain id."""
        return 1 + max(self.domains, default=0)

    def keep(self, record: Record) -> None:
        """Add or replace a sender or a domain; written by `write`."""
        if isinstance(record, SenderRecord):
            self.senders[record.listener, record.application, record.facility] = record
            if self.bound or record.certificates:
                self._bind()
        else:
            self.domains[record.id] = record
        self._pending.append(record)

    def keep_fact(self, name: str, value: str) -> None:
        """Add a fact about this store, unless it is known (`Meta`); written by `write`."""
        self._facts[name] = value

    def write(self) -> None:
        """Write what `keep` and `keep_fact` received, inside the caller's transaction."""
        for record in self._pending:
            if isinstance(record, SenderRecord):
                self._upsert("store_sender", SENDER_COLUMNS, tuple(record))
            else:
                authorities = None if record.authorities is None else _encode(sorted(record.authorities))
                self._upsert("store_domain", _DOMAIN, (*record[:3], authorities, record.own))
        for fact in self._facts.items():
            sql = f"INSERT INTO store_meta (name, value) VALUES ({self._mark}, {self._mark}) ON CONFLICT DO NOTHING"
            self._raw.execute(sql, fact)
        self._pending, self._facts = [], {}

    def _upsert(self, table: str, columns: tuple[str, ...], row: tuple[Any, ...]) -> None:
        marks = ", ".join([self._mark] * len(columns))
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        self._raw.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changes}",
            row,
        )


_DOMAIN = ("id", "name", "oid", "authorities", "own")
