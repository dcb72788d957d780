"""The act of a purge: the bytes of some lines go, a tombstone and the proof of what they were stay."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Length

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.purge_proofs import Prover
from ecluse.services.queries.presentation import microseconds
from ecluse.services.receive_message import Intake
from ecluse.store.chain import EVENT_SPAN, result_digest
from ecluse.store.models import JournalEntry, RawMessage, StoredEvent
from ecluse.store.models.retention import Purge
from ecluse.store.purging import CATEGORIES, FACTS, Event, EventsDigest, checkpoint_digest

LINES = 200
"""Lines of one act: the intake waits for it."""
BYTES = 8 << 20
"""Bytes of one act, from which it stops; a single larger message is an act of its own."""
SPAN = 2000
"""Lines of the journal that one act looks at."""


class _Wish(msgspec.Struct, frozen=True):
    """Arguments. first, last: lines of the journal; before: ISO 8601, no line of that time or later is purged."""

    category: str
    first: int
    last: int
    before: datetime
    checkpoint: dict[str, Any]


class _Found(NamedTuple):
    """Lines that may go: numbers, bytes, digest of their events; damaged: the first line that is not as it was kept."""

    lines: list[int]
    size: int
    events: str
    damaged: int | None


def purge(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Purge the oldest lines of a category between two lines; the caller asks again for those that are left.

    A line that is no longer what was kept is not purged: its bytes are what remains to examine.
    """
    wish = _read(given)
    last_purged = Purge.objects.filter(category=wish.category).aggregate(last=Max("last"))["last"] or 0
    first = max(wish.first, last_purged + 1)
    _prove(wish)
    found = _examine(wish, first, min(wish.last, first + SPAN - 1))
    if not found.lines:
        raise _nothing(found.damaged)
    tombstone = {
        "category": wish.category,
        "first": found.lines[0],
        "last": found.lines[-1],
        "count": len(found.lines),
        "size": found.size,
        "events": found.events,
        "checkpoint": checkpoint_digest(wish.checkpoint),
        "snapshot": wish.checkpoint["seq"],
    }
    count, last = len(found.lines), found.lines[-1]
    return Done(
        f"{count} ligne(s) purgée(s), de {found.lines[0]} à {last}.",
        f"{count} line(s) purged, from {found.lines[0]} to {last}.",
        data={
            "first": found.lines[0],
            "last": last,
            "count": count,
            "size": found.size,
            "damaged": found.damaged,
        },
        write=lambda: _write(intake, tombstone, found.lines, now),
        told={FACTS: tombstone},
    )


def _read(given: dict[str, Any]) -> _Wish:
    try:
        wish = msgspec.convert(given, _Wish)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    if wish.category not in CATEGORIES:
        raise _wrong(wish.category)
    return wish


def _wrong(what: str) -> ActRefused:
    return ActRefused(f"Purge mal demandée : {what}.", f"Wrong request of a purge: {what}.")


def _prove(wish: _Wish) -> None:
    """The checkpoint is signed here, covers the lines, and says the digest that its line has."""
    fault = Prover().fault(wish.checkpoint, wish.last)
    if fault is None:
        line = (
            JournalEntry.objects.filter(seq=wish.checkpoint["seq"]).values_list("digest", flat=True).first()
        )
        if line is not None and bytes(line).hex() == wish.checkpoint["digest"]:
            return
        fault_fr, fault_en = "le journal a changé depuis", "the journal changed since"
    else:
        fault_fr, fault_en = fault
    raise ActRefused(
        f"Rien n’est purgé : le point de contrôle ne couvre pas ces lignes ({fault_fr}). Vérifiez le journal par"
        " « ecluse journal verify ».",
        f"Nothing is purged: the checkpoint does not cover these lines ({fault_en}). Verify the journal with"
        " “ecluse journal verify”.",
    )


def _examine(wish: _Wish, first: int, last: int) -> _Found:
    """The first lines that may go: as they were kept, one after the other until one that is not."""
    rows = JournalEntry.objects.filter(
        seq__range=(first, last), kind__in=CATEGORIES[wish.category], at__lt=microseconds(wish.before)
    ).order_by("seq")
    lines = {
        seq: (content, result)
        for seq, content, result in rows.values_list("seq", "content", "result")[:LINES]
    }
    raws = RawMessage.objects.filter(seq__in=_fitting(list(lines))).order_by("seq")
    events = _events(list(lines))
    going: list[int] = []
    size, damaged, digest = 0, None, EventsDigest()
    for raw in raws:
        content, result = (bytes(one) for one in lines[raw.seq])
        received, answered, findings = bytes(raw.received), bytes(raw.answered), bytes(raw.findings)
        produced = events.get(raw.seq, [])
        if sha256(received).digest() != content or result_digest(answered, findings, produced) != result:
            damaged = damaged or raw.seq
            if going:
                break
            continue
        going.append(raw.seq)
        size += len(received) + len(answered) + len(findings)
        digest.add(raw.seq, produced)
    return _Found(going, size, digest.hex(), damaged)


def _fitting(lines: list[int]) -> list[int]:
    """The first of these lines whose bytes together are not too many; at least one that has bytes."""
    sizes = (
        RawMessage.objects.filter(seq__in=lines)
        .order_by("seq")
        .values_list("seq", Length("received") + Length("answered") + Length("findings"))
    )
    found = list(sizes)
    totals = accumulate(size for _, size in found)
    fitting = [seq for (seq, _), total in zip(found, totals, strict=True) if total <= BYTES]
    return fitting or [seq for seq, _ in found[:1]]


def _events(lines: list[int]) -> dict[int, list[Event]]:
    """Events of lines, as the digests cover them."""
    if not lines:
        return {}
    rows = StoredEvent.objects.filter(
        id__gte=lines[0] * EVENT_SPAN, id__lt=(lines[-1] + 1) * EVENT_SPAN
    ).order_by("id")
    found = rows.values_list("id", "patient", "type", "version", "data")
    return {
        seq: [(patient, kind, version, bytes(data)) for _, patient, kind, version, data in group]
        for seq, group in groupby(found, lambda row: row[0] // EVENT_SPAN)
    }


def _nothing(damaged: int | None) -> ActRefused:
    if damaged is None:
        return ActRefused("Rien à purger ici.", "Nothing to purge here.", {"damaged": None})
    return ActRefused(
        f"La ligne {damaged} n’est plus celle qui a été enregistrée : ses octets restent. Voyez « ecluse journal"
        " verify ».",
        f"Line {damaged} is no longer what was kept: its bytes stay. See “ecluse journal verify”.",
        {"damaged": damaged},
    )


def _write(intake: Intake, tombstone: dict[str, Any], lines: list[int], now: int) -> None:
    """Remove the bytes and put the tombstone in their place, inside the transaction of the act."""
    with connection.cursor() as cursor:
        former = None
        if connection.vendor == "sqlite":
            # Freed pages are overwritten, so that the bytes are gone from the file and not only out of reach.
            former = cursor.execute("PRAGMA secure_delete").fetchone()[0]
            cursor.execute("PRAGMA secure_delete=ON")
        marks = ", ".join(["%s"] * len(lines))
        cursor.execute(f"DELETE FROM store_rawmessage WHERE seq IN ({marks})", lines)
        gone = cursor.rowcount
        if former is not None:
            cursor.execute(f"PRAGMA secure_delete={int(former)}")
    if gone != len(lines):
        raise LookupError(f"{gone} rows removed instead of {len(lines)}")
    digests = {name: bytes.fromhex(tombstone[name]) for name in ("events", "checkpoint")}
    kept = {name: tombstone[name] for name in ("category", "first", "last", "count", "size")}
    Purge.objects.create(seq=intake.ledger.seq, at=now, **kept, **digests)
