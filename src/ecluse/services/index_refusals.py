"""Gather refused messages by sender and rule, and count what each sender sends: an index that follows the journal.

The writer does nothing for it: the intake is never slower. The worker reads what the journal added every second or so,
and a page that shows groups first reads what is left. Refusals and what people did about them (the acts
`refusal-group.…`) are folded in the order of the journal, so the tables are the same whenever they are filled again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Count, Max, Q

from ecluse.services.fold_refusals import Act, Folding, Refused
from ecluse.services.queries.refusals import cause
from ecluse.store.access_turn import writing
from ecluse.store.models import JournalEntry, RawMessage
from ecluse.store.models.outbox import Position
from ecluse.store.models.refusals import RefusalDay, RefusalGroup, RefusalStep, RefusedLine, SenderTally
from ecluse.store.refusal_tables import EMPTY_REFUSALS, POSITION

LINES_AT_ONCE = 5000
"""Journal lines of one go: each go is one short write transaction."""
GOES = 5
FAMILY = "refusal-group."
"""How the names of the acts on groups begin."""

_PARTS = 400
_details = msgspec.json.Decoder(dict[str, Any]).decode
_COLUMNS = {"AA": "accepted", "AE": "refused", "AR": "rejected", "": "silent"}


def catch_up(goes: int = GOES) -> bool:
    """Index what the journal added since the last time. False when more is left than that many goes can do.

    :raises DatabaseError: the store does not answer, or cannot be written.
    """
    newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
    for _ in range(goes):
        position = _position()
        if position >= newest:
            return True
        _go(position, min(newest, position + LINES_AT_ONCE))
    return _position() >= newest


def rebuild() -> None:
    """Fill the tables again from the first line of the journal.

    The group of a line whose findings were purged stays as it was indexed when they were there.
    """
    with writing(), connection.cursor() as cursor:
        for statement in EMPTY_REFUSALS:
            cursor.execute(statement)
    while not catch_up():
        pass


def _position() -> int:
    found = Position.objects.filter(name=POSITION).values_list("value", flat=True).first()
    return int(found or 0)


def _go(position: int, last: int) -> None:
    """Index the lines after `position` up to `last`; nothing when another process did meanwhile."""
    rows = JournalEntry.objects.filter(seq__gt=position, seq__lte=last)
    folding = Folding()
    for one in _refusals_and_acts(rows):
        folding.add(one)
    tallies = _tallies(rows)
    with writing():
        if not _move(position, last):
            return
        upsert(RefusalGroup, folding.groups.values(), "id")
        RefusedLine.objects.bulk_create(folding.lines, batch_size=_PARTS, ignore_conflicts=True)
        upsert(RefusalDay, folding.days.values(), "group", "day")
        RefusalStep.objects.bulk_create(folding.steps, batch_size=_PARTS, ignore_conflicts=True)
        upsert(SenderTally, tallies, "sender")


def upsert(model: Any, rows: Any, *key: str) -> None:
    """Write rows, those that are there already with their new values."""
    values = list(rows)
    if values:
        columns = [one.name for one in model._meta.concrete_fields if one.name not in key]
        model.objects.bulk_create(
            values,
            batch_size=_PARTS // 8,
            update_conflicts=True,
            unique_fields=list(key),
            update_fields=columns,
        )


def _move(position: int, last: int) -> bool:
    """Take the lines for this process: False when another one has them."""
    if position:
        mine = Position.objects.filter(name=POSITION, value=str(position))
        return mine.update(value=str(last)) == 1
    _, made = Position.objects.get_or_create(name=POSITION, defaults={"value": str(last)})
    return made


def _refusals_and_acts(rows: Any) -> list[Refused | Act]:
    """What concerns groups among these lines, in order."""
    wanted = rows.filter(Q(answer__in=("AE", "AR")) | Q(kind__in=("unreadable", "act"))).order_by("seq")
    lines = list(wanted.values_list("seq", "at", "kind", "sender_id"))
    acts = dict(_parts(JournalEntry, [seq for seq, _, kind, _ in lines if kind == "act"], "details"))
    refused = [seq for seq, _, kind, _ in lines if kind != "act"]
    findings = dict(_parts(RawMessage, refused, "findings"))
    known = dict(_parts(RefusedLine, refused, "group"))
    found: list[Refused | Act] = []
    for seq, at, kind, sender in lines:
        one = (
            _act(seq, at, bytes(acts[seq]))
            if kind == "act"
            else _refused(seq, at, sender or 0, findings.get(seq), known.get(seq))
        )
        if one is not None:
            found.append(one)
    return found


def _parts(model: Any, seqs: list[int], column: str) -> Any:
    for start in range(0, len(seqs), _PARTS):
        yield from model.objects.filter(seq__in=seqs[start : start + _PARTS]).values_list("seq", column)


def _refused(seq: int, at: int, sender: int, findings: Any, known: str | None) -> Refused | None:
    """A refusal; None when nothing says its rule any more. Findings that were damaged must not stop the index."""
    decided = None
    if findings is not None:
        with suppress(msgspec.MsgspecError):
            decided = cause(bytes(findings), or_last=True)
    if decided is not None:
        return Refused(seq, at, sender, decided.rule[:60], decided.location[:60])
    return None if known is None else Refused(seq, at, sender, known.partition("-")[2], "")


def _act(seq: int, at: int, details: bytes) -> Act | None:
    """An act on groups; None for another one, or one that cannot be read."""
    with suppress(msgspec.MsgspecError):
        told = _details(details)
        name, given = told.get("act"), told.get("arguments")
        if isinstance(name, str) and name.startswith(FAMILY) and isinstance(given, dict):
            return Act(seq, at, name.removeprefix(FAMILY), str(told.get("operator", ""))[:80], given)
    return None


def _tallies(rows: Any) -> list[SenderTally]:
    """What these lines add to the tally of each sender."""
    counted = list(
        rows.exclude(sender_id=None)
        .values_list("sender_id", "answer")
        .annotate(count=Count("seq"), last=Max("seq"))
        .order_by()
    )
    senders = {one[0] for one in counted}
    found = {one.sender: one for one in SenderTally.objects.filter(sender__in=senders)}
    for sender, answer, count, last in counted:
        tally = found.setdefault(sender, _blank(sender))
        column = _COLUMNS.get(answer, "silent")
        setattr(tally, column, getattr(tally, column) + count)
        tally.last_seq = max(tally.last_seq, last)
    at = dict(_parts(JournalEntry, [one.last_seq for one in found.values()], "at"))
    for tally in found.values():
        tally.last_at = at.get(tally.last_seq, tally.last_at)
    return list(found.values())


def _blank(sender: int) -> SenderTally:
    return SenderTally(sender=sender, accepted=0, refused=0, rejected=0, silent=0, last_seq=0, last_at=0)
