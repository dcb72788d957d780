"""How far senders and domains are trusted, as the chained journal tells it: what the tables say is compared with it.

Every act writes the senders and domains it leaves behind into its line of the journal, so the tables may be checked
like the patients are. A sender that no act named is trusted by nobody, and stays in the domain of its first line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ecluse.store.folding import Difference
from ecluse.store.senders import SENDER_COLUMNS, DomainRecord, Record, SenderRecord
from ecluse.store.snapshot import Snapshot

DEFAULT_DOMAIN = DomainRecord(1, "défaut", "", None, True)
"""The domain that every store has from its first day."""

_MARKS = (b'"senders"', b'"domains"')
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def facts(records: Iterable[Record]) -> dict[str, list[list[Any]]]:
    """Senders and domains as the details of a journal line keep them, for the line that registers or changes them."""
    senders: list[list[Any]] = []
    domains: list[list[Any]] = []
    for one in records:
        if isinstance(one, SenderRecord):
            senders.append(list(one))
        else:
            domains.append([one.id, one.name, one.oid, _sorted(one.authorities), one.own])
    return {"senders": senders, "domains": domains}


def differences(snapshot: Snapshot) -> Iterator[Difference]:
    """Senders and domains that are not stored as the journal says."""
    senders, domains, first = _told(snapshot)
    yield from _compare_domains(snapshot, domains)
    environment = snapshot.one("SELECT value FROM store_meta WHERE name = 'environment'")
    rows = snapshot.stream(f"SELECT {', '.join(SENDER_COLUMNS)} FROM store_sender ORDER BY id")
    for row in rows:
        stored = SenderRecord(*row)
        expected = senders.pop(stored.id, None)
        name = f"{stored.application} / {stored.facility}"
        if expected is not None:
            if expected != stored:
                yield Difference("sender", "different", name)
        # A listener of a test environment may confirm whoever comes (setting `unknown_sender`).
        elif stored.status == "confirmed" and environment != "test":
            yield Difference("sender", "extra", name)
        elif first.get(stored.id, stored.domain) != stored.domain or stored.certificates or stored.zone:
            yield Difference("sender", "different", name)
    for gone in senders.values():
        yield Difference("sender", "missing", f"{gone.application} / {gone.facility}")


def _told(
    snapshot: Snapshot,
) -> tuple[dict[int, SenderRecord], dict[int, DomainRecord], dict[int, int]]:
    """What the journal says: senders and domains by id, and the domain of each sender's first line."""
    senders: dict[int, SenderRecord] = {}
    domains = {DEFAULT_DOMAIN.id: DEFAULT_DOMAIN}
    first: dict[int, int] = {}
    rows = snapshot.stream("SELECT sender_id, domain_id, details FROM store_journalentry ORDER BY seq")
    for sender, domain, details in rows:
        if sender is not None and sender not in first:
            first[sender] = domain
        if any(mark in details for mark in _MARKS):
            line = _decode(details)
            for row in line.get("senders", ()):
                senders[row[0]] = SenderRecord(*row)
            for id_, name, oid, authorities, own in line.get("domains", ()):
                domains[id_] = DomainRecord(id_, name, oid, _frozen(authorities), own)
    return senders, domains, first


def _compare_domains(snapshot: Snapshot, domains: dict[int, DomainRecord]) -> Iterator[Difference]:
    for id_, name, oid, authorities, own in snapshot.stream(
        "SELECT id, name, oid, authorities, own FROM store_domain ORDER BY id"
    ):
        expected = domains.pop(id_, None)
        listed = _frozen(msgspec.json.decode(authorities)) if authorities else None
        if expected is None:
            yield Difference("domain", "extra", name)
        elif expected != DomainRecord(id_, name, oid, listed, bool(own)):
            yield Difference("domain", "different", name)
    for gone in domains.values():
        yield Difference("domain", "missing", gone.name)


def _sorted(authorities: frozenset[str] | None) -> list[str] | None:
    return None if authorities is None else sorted(authorities)


def _frozen(authorities: list[str] | None) -> frozenset[str] | None:
    return None if authorities is None else frozenset(authorities)
