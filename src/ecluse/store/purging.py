"""Bytes that were purged: what a tombstone says, and how the chained journal proves it.

A purge removes what was received, answered and found with a line; the line, its digests and its events stay. The digest
of a line covers its events together with what is gone, so the act of the purge keeps another one of the events alone,
computed when everything was still there and verified.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from ecluse.store.chain import result_digest
from ecluse.store.snapshot import Snapshot

ACT = "journal.purge"
FACTS = "purged"
"""Key of the tombstone in the details of its act."""

CATEGORIES: dict[str, tuple[str, ...]] = {
    "messages": ("message", "duplicate"),
    "unreadable": ("unreadable", "ack"),
}
"""Kinds of journal lines of each category. Acts of operators are in none: they are never purged."""

_CATEGORY_OF = {kind: name for name, kinds in CATEGORIES.items() for kind in kinds}
_ACTS = "SELECT seq, at, details FROM store_journalentry WHERE kind = 'act' AND event = 'purge' ORDER BY seq"

Event = tuple[str, str, int, bytes]
"""Patient, type, version and data of an event."""


class Tombstone(NamedTuple):
    """A purge, as its act says it: see `models.retention.Purge`. events, checkpoint: digests in hexadecimal.

    lines: their count; operator: who asked; signed: the checkpoint that covers the lines, in JSON types; snapshot: the
    line at which it was signed.
    """

    seq: int
    at: int
    category: str
    first: int
    last: int
    lines: int
    size: int
    events: str
    checkpoint: str
    snapshot: int
    operator: str
    signed: dict[str, Any]


class _Facts(msgspec.Struct, frozen=True):
    category: str
    first: int
    last: int
    count: int
    size: int
    events: str
    checkpoint: str
    snapshot: int


class _Arguments(msgspec.Struct, frozen=True):
    checkpoint: dict[str, Any]


class _Details(msgspec.Struct, frozen=True):
    act: str
    operator: str
    purged: _Facts
    arguments: _Arguments


_decode = msgspec.json.Decoder(_Details).decode


class EventsDigest:
    """Digest of the events of purged lines, line after line in the order of the journal."""

    def __init__(self) -> None:
        self._digest = sha256()
        self.lines = 0

    def add(self, seq: int, events: list[Event]) -> None:
        """Take in the next line, with or without events."""
        self._digest.update(seq.to_bytes(8, "big"))
        self._digest.update(result_digest(b"", b"", events))
        self.lines += 1

    def hex(self) -> str:
        """The digest so far."""
        return self._digest.hexdigest()


def category_of(kind: str) -> str | None:
    """The category of a kind of line, or None when it is never purged."""
    return _CATEGORY_OF.get(kind)


def checkpoint_digest(signed: dict[str, Any]) -> str:
    """SHA-256 (hex) of a checkpoint, whatever the order and the blanks of its file."""
    return sha256(msgspec.json.encode(signed, order="sorted")).hexdigest()


def told(snapshot: Snapshot) -> tuple[Tombstone, ...]:
    """Every purge that the journal tells, oldest first. An act that cannot be read proves nothing."""
    found = []
    for seq, at, details in snapshot.stream(_ACTS):
        try:
            act = _decode(details)
        except (msgspec.MsgspecError, TypeError):
            continue
        if act.act == ACT:
            facts = act.purged
            found.append(
                Tombstone(
                    seq, at, facts.category, facts.first, facts.last, facts.count, facts.size, facts.events,
                    facts.checkpoint, facts.snapshot, act.operator, act.arguments.checkpoint,
                )
            )  # fmt: skip
    return tuple(found)


class Cover:
    """Which missing bytes the tombstones explain, for one reading of the journal in its order."""

    def __init__(self, tombstones: Sequence[Tombstone]) -> None:
        self._by_category = {
            name: sorted((one for one in tombstones if one.category == name), key=lambda one: one.first)
            for name in CATEGORIES
        }
        self._firsts = {name: [one.first for one in ours] for name, ours in self._by_category.items()}
        self._seen = {one.seq: EventsDigest() for one in tombstones}

    def explains(self, seq: int, kind: str, events: list[Event]) -> bool:
        """Whether the bytes of a line that has none were purged; its events are then verified by `wrong`."""
        name = _CATEGORY_OF.get(kind, "")
        place = bisect_right(self._firsts.get(name, ()), seq) - 1
        if place < 0:
            return False
        one = self._by_category[name][place]
        if not one.first <= seq <= one.last < one.seq:
            return False
        self._seen[one.seq].add(seq, events)
        return True

    def wrong(self) -> Iterator[Tombstone]:
        """After the last line: tombstones that do not say what is missing, or whose events are not those of then."""
        for ours in self._by_category.values():
            for one in ours:
                seen = self._seen[one.seq]
                if (seen.lines, seen.hex()) != (one.lines, one.events):
                    yield one


def differences(snapshot: Snapshot, tombstones: Iterable[Tombstone]) -> Iterator[int]:
    """Acts (numbers of their lines) whose row of the table is missing, changed or not told by the journal."""
    expected = {one.seq: one for one in tombstones}
    rows = snapshot.stream(
        "SELECT seq, at, category, first, last, count, size, events, checkpoint FROM store_purge ORDER BY seq"
    )
    for seq, *row in rows:
        one = expected.pop(seq, None)
        if one is None:
            yield seq
            continue
        if (*row[:6], *(bytes(digest).hex() for digest in row[6:])) != one[1:9]:
            yield seq
    yield from expected
