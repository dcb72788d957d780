"""Search the journal, however long it is: by the indexes it has, or by looking at a bounded part of it at a time.

Adding an index to the journal would cost the writer on every message. So a search that no index serves looks at
`WINDOW` lines of the primary key and says how far it got; its reader goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.journal import JournalLine, brief, named_lines
from ecluse.services.queries.presentation import microseconds, moment, searchable
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import JournalEntry, Sender, StoredEvent
from ecluse.store.models.refusals import RefusalGroup, RefusedLine

WINDOW = 20_000
"""Journal lines that one search may look at."""
CANDIDATES = 1_000
"""Lines given by an index that one search may look at."""
_PART = 100

REFUSED = ("AE", "AR")


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which lines are wanted; None: any, acts of operators aside.

    sender: id; answer: `AA`, `AE`, `AR`, `refused` (AE or AR) or `none`; kind: see `JournalEntry`; event: `A28`;
    control: exact MSH-10; patient: internal id; rule: of a refusal; since, until: first instant included, last
    excluded (without zone: UTC); domains: ids of the only domains whose lines may be shown.
    """

    sender: int | None = None
    answer: str | None = None
    kind: str | None = None
    event: str | None = None
    control: str | None = None
    patient: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    domains: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Lines, newest first. next: cursor to go on from, or null; searched_to: when the oldest line looked at came (ISO
    8601 in UTC), set when the search stopped there before it had a whole page.
    """

    lines: tuple[JournalLine, ...]
    next: str | None
    searched_to: str | None = None


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Numbers of lines: first included, last excluded."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Lines that an index gives, newest first; more: it has others, older."""

    seqs: list[int]
    more: bool


def search(wanted: MessageFilter, after: str | None = None, limit: int = 50) -> MessagePage:
    """The lines wanted, newest first.

    :param after: `next` of the page before.
    """
    if not searchable(wanted.event, wanted.control, wanted.patient, wanted.rule, wanted.kind):
        return MessagePage((), None)
    bounds = _bounds(wanted, after)
    candidates = None
    if wanted.patient is not None:
        candidates = _of_patient(wanted.patient, bounds)
    elif wanted.control is not None:
        candidates = _with_control(wanted, bounds)
    elif wanted.rule is not None or wanted.answer in ("refused", *REFUSED):
        candidates = _refused(wanted, bounds)
    return _windowed(wanted, bounds, limit) if candidates is None else _listed(wanted, candidates, limit)


def at_line(at: int) -> int:
    """Number of the first line that came at that time (µs since 1970) or later: one beyond the last when none did."""
    low, high = 1, _newest() + 1
    while low < high:
        middle = (low + high) // 2
        came = JournalEntry.objects.filter(seq=middle).values_list("at", flat=True).first()
        if came is not None and came < at:
            low = middle + 1
        else:
            high = middle
    return low


def _newest() -> int:
    return JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0


def _bounds(wanted: MessageFilter, after: str | None) -> _Bounds:
    low = 1 if wanted.since is None else at_line(microseconds(wanted.since))
    high = _newest() + 1 if wanted.until is None else at_line(microseconds(wanted.until))
    return _Bounds(low, high if after is None else min(high, int(after)))


def _with_control(wanted: MessageFilter, bounds: _Bounds) -> _Candidates | None:
    """Lines with that MSH-10: the index has the sender first, and there are few senders. None when there are so many
    that they tell nothing: a sender that always writes the same.
    """
    senders = (
        [wanted.sender] if wanted.sender is not None else list(Sender.objects.values_list("id", flat=True))
    )
    whose = (
        Q(sender_id__in=senders)
        if wanted.sender is not None
        else Q(sender_id__in=senders) | Q(sender_id=None)
    )
    rows = JournalEntry.objects.filter(whose, control_id=wanted.control)
    seqs = list(rows.order_by().values_list("seq", flat=True)[:CANDIDATES])
    if len(seqs) == CANDIDATES:
        return None
    return _Candidates(
        sorted((one for one in seqs if bounds.low <= one < bounds.high), reverse=True), more=False
    )


def _of_patient(patient: str, bounds: _Bounds) -> _Candidates:
    rows = StoredEvent.objects.filter(
        patient=patient, id__gte=bounds.low * EVENT_SPAN, id__lt=bounds.high * EVENT_SPAN
    )
    ids = list(rows.order_by("-id").values_list("id", flat=True)[:CANDIDATES])
    return _Candidates(list(dict.fromkeys(one // EVENT_SPAN for one in ids)), len(ids) == CANDIDATES)


def _refused(wanted: MessageFilter, bounds: _Bounds) -> _Candidates:
    """Refused lines, by their groups."""
    catch_up()
    rows = RefusedLine.objects.filter(seq__gte=bounds.low, seq__lt=bounds.high)
    groups = RefusalGroup.objects.all()
    if wanted.rule is not None:
        groups = groups.filter(rule=wanted.rule)
    if wanted.sender is not None:
        groups = groups.filter(sender=wanted.sender)
    if wanted.rule is not None or wanted.sender is not None:
        rows = rows.filter(group__in=list(groups.values_list("id", flat=True)))
    seqs = list(rows.order_by("-seq").values_list("seq", flat=True)[:CANDIDATES])
    return _Candidates(seqs, len(seqs) == CANDIDATES)


def _listed(wanted: MessageFilter, given: _Candidates, limit: int) -> MessagePage:
    """The lines wanted among some, newest first."""
    found: list[JournalEntry] = []
    for start in range(0, len(given.seqs), _PART):
        part = JournalEntry.objects.filter(seq__in=given.seqs[start : start + _PART])
        found += brief(_select(wanted, part).order_by("-seq"))
        if len(found) > limit:
            return _full(found, limit)
    return _stopped(found, given.seqs[-1]) if given.more else MessagePage(named_lines(found), None)


def _windowed(wanted: MessageFilter, bounds: _Bounds, limit: int) -> MessagePage:
    """The lines wanted among the last ones of the journal."""
    low = max(bounds.low, bounds.high - WINDOW)
    rows = _select(wanted, JournalEntry.objects.filter(seq__gte=low, seq__lt=bounds.high))
    found = list(brief(rows.order_by("-seq"))[: limit + 1])
    if len(found) > limit:
        return _full(found, limit)
    if low <= bounds.low:
        return MessagePage(named_lines(found), None)
    return _stopped(found, low)


def _full(found: list[JournalEntry], limit: int) -> MessagePage:
    return MessagePage(named_lines(found[:limit]), str(found[limit - 1].seq))


def _stopped(found: Iterable[JournalEntry], at: int) -> MessagePage:
    came = JournalEntry.objects.filter(seq=at).values_list("at", flat=True).first()
    return MessagePage(named_lines(found), str(at), None if came is None else moment(came))


def _select(wanted: MessageFilter, rows: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """The lines wanted among a few. Sums keep the planner from the index of the senders, which knows no order."""
    if wanted.sender is not None:
        rows = rows.alias(who=F("sender_id") + 0).filter(who=wanted.sender)
    if wanted.answer == "refused":
        rows = rows.filter(answer__in=REFUSED)
    elif wanted.answer is not None:
        rows = rows.filter(answer="" if wanted.answer == "none" else wanted.answer)
    if wanted.kind is None:
        rows = rows.exclude(kind="act")
    for name, column in (("kind", "kind"), ("event", "event"), ("control", "control_id")):
        value = getattr(wanted, name)
        if value is not None:
            rows = rows.filter(**{column: value})
    if wanted.rule is not None:
        lines = RefusedLine.objects.filter(group__endswith=f"-{wanted.rule}")
        rows = rows.filter(Exists(lines.filter(seq=OuterRef("seq"))))
    if wanted.since is not None:
        rows = rows.filter(at__gte=microseconds(wanted.since))
    if wanted.until is not None:
        rows = rows.filter(at__lt=microseconds(wanted.until))
    if wanted.domains is not None:
        rows = rows.filter(domain_id__in=wanted.domains)
    return rows
