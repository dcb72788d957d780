"""Grouped refusals as people read them: what a sender is refused, for which rule, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db import connection
from django.db.models import Q, QuerySet

from ecluse.services.fold_refusals import DAY
from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.journal import JournalPage, SenderName, named_lines
from ecluse.services.queries.presentation import moment, searchable
from ecluse.services.rulebook import rules
from ecluse.store.models import JournalEntry, Sender
from ecluse.store.models.refusals import RefusalDay, RefusalGroup, RefusalStep, RefusedLine

State = Literal["open", "back", "muted", "resolved"]
"""`open`: to mend; `back`: refused again after it was resolved; `muted`: asks no attention for now; `resolved`."""
Domains = frozenset[int] | None
"""Ids of the only domains whose senders the reader may know of; None: all."""

SIMILAR = 6
DAYS = 14
_STEPS = 100
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of refusals. text: the sentence of the rule, values left out; location: HL7 path of the last refusal;
    since: refusals since it was resolved; last_seq: line of the last refusal; times: ISO 8601 in UTC, or null.
    """

    id: str
    sender: SenderName | None
    rule: str
    severity: str
    text: Sentence
    source: str
    location: str
    count: int
    since: int
    first: str
    last: str
    last_seq: int
    owner: str
    note: str
    state: State
    muted_until: str | None
    resolved_at: str | None


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Groups, the one refused last first; next: cursor of the following page, or null."""

    groups: tuple[GroupLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a group: kind as in `RefusalStep`, who did it (empty: the feed), the line that tells it."""

    at: str
    seq: int
    kind: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Day:
    """Refusals of one day of UTC (AAAA-MM-JJ)."""

    day: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupDocument:
    """Everything kept of a group. steps: newest first; days: the last two weeks, oldest first; similar: the same rule
    at other senders, then other rules of the same segment at this sender.
    """

    group: GroupLine
    steps: tuple[Step, ...]
    days: tuple[Day, ...]
    similar: tuple[GroupLine, ...]


@dataclass(frozen=True, slots=True)
class Attention:
    """How many groups ask for attention; of them: without an owner, come back after they were resolved."""

    groups: int
    unowned: int
    back: int


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """Which groups are wanted. state: `todo` (open or come back), a state, or `all`; sender: id; owner: exact name;
    rule: exact.
    """

    state: str = "todo"
    sender: int | None = None
    owner: str | None = None
    rule: str | None = None


def page(
    wanted: GroupFilter, now: int, domains: Domains = None, after: str | None = None, limit: int = 30
) -> GroupPage:
    """Groups, the one refused last first.

    :param now: µs since 1970; after: `next` of the page before.
    """
    rows = _reached(domains)
    if wanted.state != "all":
        rows = rows.filter(_states(now)[wanted.state])
    for name in ("sender", "owner", "rule"):
        value = getattr(wanted, name)
        if value is not None:
            rows = rows.filter(**{name: value}) if searchable(str(value)) else rows.none()
    if after is not None:
        rows = rows.filter(last_seq__lt=int(after))
    found = list(rows.order_by("-last_seq")[: limit + 1])
    lines = _lines(found[:limit], now)
    return GroupPage(lines, str(lines[-1].last_seq) if len(found) > limit else None)


def attention(now: int, domains: Domains = None) -> Attention:
    """How many groups ask for attention.

    Every page of whoever deals with refusals asks: the statement is plain, since making it each time took Django longer
    than the database takes to answer it.
    """
    where, values = "", [now]
    if domains is not None:
        marks = ", ".join(["%s"] * len(domains)) or "NULL"
        where = f" AND sender IN (SELECT id FROM store_sender WHERE domain_id IN ({marks}))"
        values += sorted(domains)
    with connection.cursor() as cursor:
        cursor.execute(_ATTENTION + where, values)
        groups, unowned, back = cursor.fetchone()
    return Attention(groups, unowned, back)


_ATTENTION = (
    "SELECT COUNT(*), COALESCE(SUM(CASE WHEN owner = '' THEN 1 ELSE 0 END), 0),"
    " COALESCE(SUM(CASE WHEN resolved > 0 THEN 1 ELSE 0 END), 0)"
    " FROM store_refusalgroup WHERE NOT (resolved > 0 AND since = 0) AND muted_until <= %s"
)
"""Groups to deal with (see `_states`): all, without an owner, come back."""


def show(id_: str, now: int, domains: Domains = None) -> GroupDocument | None:
    """Everything kept of a group, or None when there is no such group within reach."""
    row = _reached(domains).filter(id=id_).first() if searchable(id_) else None
    if row is None:
        return None
    steps = RefusalStep.objects.filter(group=id_).order_by("-seq")[:_STEPS]
    return GroupDocument(
        _lines([row], now)[0],
        tuple(Step(moment(one.at), one.seq, one.kind, one.by, one.text) for one in steps),
        _days(id_, now),
        _lines(_similar(row, domains), now),
    )


def of_line(seq: int) -> str | None:
    """Id of the group of a refused line; None for a line that was not refused."""
    catch_up()
    return RefusedLine.objects.filter(seq=seq).values_list("group", flat=True).first()


def messages(id_: str, after: str | None = None, limit: int = 12) -> JournalPage:
    """The refused lines of a group, newest first.

    :param after: `next` of the page before.
    """
    rows = RefusedLine.objects.filter(group=id_)
    if after is not None:
        rows = rows.filter(seq__lt=int(after))
    seqs = list(rows.order_by("-seq").values_list("seq", flat=True)[: limit + 1])
    lines = named_lines(JournalEntry.objects.filter(seq__in=seqs[:limit]).order_by("-seq"))
    return JournalPage(lines, str(seqs[limit - 1]) if len(seqs) > limit else None)


def _reached(domains: Domains) -> QuerySet[RefusalGroup]:
    rows = RefusalGroup.objects.all()
    if domains is None:
        return rows
    return rows.filter(
        sender__in=list(Sender.objects.filter(domain_id__in=domains).values_list("id", flat=True))
    )


def _states(now: int) -> dict[str, Q]:
    resolved, muted = Q(resolved__gt=0, since=0), Q(muted_until__gt=now)
    return {
        "resolved": resolved,
        "muted": muted & ~resolved,
        "back": Q(resolved__gt=0, since__gt=0) & ~muted,
        "open": Q(resolved=0) & ~muted,
        "todo": ~resolved & ~muted,
    }


def _state(row: RefusalGroup, now: int) -> State:
    if row.resolved and not row.since:
        return "resolved"
    if row.muted_until > now:
        return "muted"
    return "back" if row.resolved else "open"


def _lines(rows: Iterable[RefusalGroup], now: int) -> tuple[GroupLine, ...]:
    found = list(rows)
    senders = Sender.objects.filter(id__in={one.sender for one in found})
    names = {
        one: SenderName(one, *name) for one, *name in senders.values_list("id", "application", "facility")
    }
    return tuple(_line(one, names.get(one.sender), now) for one in found)


def _line(row: RefusalGroup, sender: SenderName | None, now: int) -> GroupLine:
    rule = rules().get(row.rule)
    values = {"location": row.location or _HIDDEN, "received": _HIDDEN, "expected": _HIDDEN}
    text = (
        Sentence(row.rule, row.rule)
        if rule is None
        else Sentence(rule.text_fr.format(**values), rule.text_en.format(**values))
    )
    return GroupLine(
        id=row.id,
        sender=sender,
        rule=row.rule,
        severity="error" if rule is None else rule.severity,
        text=text,
        source="" if rule is None else rule.source,
        location=row.location,
        count=row.count,
        since=row.since,
        first=moment(row.first_at),
        last=moment(row.last_at),
        last_seq=row.last_seq,
        owner=row.owner,
        note=row.note,
        state=_state(row, now),
        muted_until=moment(row.muted_until) if row.muted_until > now else None,
        resolved_at=moment(row.resolved_at) if row.resolved else None,
    )


def _days(id_: str, now: int) -> tuple[Day, ...]:
    today = now // DAY
    rows = RefusalDay.objects.filter(group=id_, day__gt=today - DAYS, day__lte=today)
    counts = dict(rows.values_list("day", "count"))
    return tuple(
        Day(moment(day * DAY)[:10], counts.get(day, 0)) for day in range(today - DAYS + 1, today + 1)
    )


def _similar(row: RefusalGroup, domains: Domains) -> list[RefusalGroup]:
    others = _reached(domains).exclude(id=row.id).order_by("-last_seq")
    found = list(others.filter(rule=row.rule)[:SIMILAR])
    family = "-".join(row.rule.split("-")[:2])
    near = others.filter(sender=row.sender, rule__startswith=f"{family}-").exclude(rule=row.rule)
    return [*found, *near[: SIMILAR - len(found)]]
