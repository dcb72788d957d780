"""The journal as people read it: lines listed newest first, and everything kept of one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from django.db.models import Q, QuerySet

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7.charset import decode
from ecluse.services.queries.presentation import mask, microseconds, moment, searchable
from ecluse.services.queries.purges import PurgeDocument, purge_of
from ecluse.services.rulebook import describe, rules
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import Domain, JournalEntry, RawMessage, Sender, StoredEvent

_findings = msgspec.json.Decoder(list[Finding])


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; None: any.

    sender: id, MSH-3, or `MSH-3/MSH-4`; answer: `AA`, `AE`, `AR` or empty for lines not answered, or several of
    them; kind: see `JournalEntry`; event: `A28`; since, until: first instant included, last excluded (without
    zone: UTC).
    """

    sender: int | str | None = None
    answer: str | tuple[str, ...] | None = None
    kind: str | None = None
    event: str | None = None
    patient: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SenderName:
    """A sender as the journal names it."""

    id: int
    application: str
    facility: str


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of the journal. at: ISO 8601 in UTC; code: table 0357 of a refusal, or null."""

    seq: int
    at: str
    kind: str
    sender: SenderName | None
    control_id: str
    event: str
    answer: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Lines, newest first; `next` is the cursor of the following page, or null."""

    lines: tuple[JournalLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FindingDocument:
    """A finding with its sentences and the clause of its source."""

    rule: str
    severity: str
    location: str
    fr: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Effect:
    """An identity event that a line produced; matricules in `data` are masked."""

    type: str
    patient: str
    version: int
    data: Any


@dataclass(frozen=True, slots=True)
class JournalDocument:
    """Everything kept of a line.

    domain: null when no sender could be told; listener, peer, charset, profile: how it came and was read;
    digest: the chained digest, in hexadecimal; text: the message as decoded, segments ended by line feeds;
    answered: the acknowledgement sent, likewise; both null once the bytes were purged; purged: by which purge.
    """

    line: JournalLine
    domain: str | None
    details: dict[str, Any]
    digest: str
    size: int | None
    text: str | None
    answered: str | None
    findings: tuple[FindingDocument, ...]
    events: tuple[Effect, ...]
    purged: PurgeDocument | None = None


def page(wanted: Filter | None = None, after: str | None = None, limit: int = 50) -> JournalPage:
    """Lines of the journal, newest first.

    :param after: `next` of the page before; None: the newest lines.
    """
    rows = _select(wanted or Filter())
    if after is not None:
        rows = rows.filter(seq__lt=int(after))
    found = list(brief(rows.order_by("-seq"))[: limit + 1])
    lines = named_lines(found[:limit])
    return JournalPage(lines, str(lines[-1].seq) if len(found) > limit else None)


def brief(rows: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """Rows without the columns that a list does not show."""
    return rows.defer("details", "content", "result", "digest")


def named_lines(rows: Iterable[JournalEntry]) -> tuple[JournalLine, ...]:
    """Rows as lines of a list, in their order, with the names of their senders."""
    found = list(rows)
    names = _names(found)
    return tuple(_line(row, names) for row in found)


def show(seq: int) -> JournalDocument | None:
    """Everything kept of one line, or None when there is no such line."""
    row = JournalEntry.objects.filter(seq=seq).first()
    if row is None:
        return None
    raw = RawMessage.objects.filter(seq=seq).first()
    domain = Domain.objects.filter(id=row.domain_id).values_list("name", flat=True).first()
    events = StoredEvent.objects.filter(id__range=(seq * EVENT_SPAN, (seq + 1) * EVENT_SPAN - 1)).order_by(
        "id"
    )
    return JournalDocument(
        line=_line(row, _names([row])),
        domain=domain,
        details=msgspec.json.decode(bytes(row.details), type=dict[str, Any]),
        digest=bytes(row.digest).hex(),
        size=None if raw is None else len(raw.received),
        text=None if raw is None else _text(bytes(raw.received)),
        answered=None if raw is None else _text(bytes(raw.answered)),
        findings=() if raw is None else tuple(map(_finding, _findings.decode(bytes(raw.findings)))),
        events=tuple(
            Effect(one.type, one.patient, one.version, _masked(msgspec.json.decode(bytes(one.data))))
            for one in events
        ),
        purged=purge_of(seq, row.kind) if raw is None else None,
    )


def received(seq: int) -> bytes | None:
    """The exact bytes of a line, for an export; None when there is no such line or they were purged."""
    found = RawMessage.objects.filter(seq=seq).values_list("received", flat=True).first()
    return None if found is None else bytes(found)


def sentence(finding: Finding, language: Literal["fr", "en"]) -> str:
    """The sentence of a finding, or its rule alone when this version no longer knows the rule."""
    return describe(finding, language) if finding.rule in rules() else finding.rule


def _select(wanted: Filter) -> QuerySet[JournalEntry]:
    rows = JournalEntry.objects.all()
    if wanted.sender is not None:
        rows = rows.filter(sender_id__in=_sender_ids(wanted.sender))
    if wanted.patient is not None:
        ids = StoredEvent.objects.filter(patient=wanted.patient).values_list("id", flat=True)
        rows = rows.filter(seq__in={one // EVENT_SPAN for one in ids})
    if wanted.answer is not None:
        rows = rows.filter(answer__in=(wanted.answer,) if isinstance(wanted.answer, str) else wanted.answer)
    for name in ("kind", "event"):
        value = getattr(wanted, name)
        if value is not None:
            rows = rows.filter(**{name: value})
    if wanted.since is not None:
        rows = rows.filter(at__gte=microseconds(wanted.since))
    if wanted.until is not None:
        rows = rows.filter(at__lt=microseconds(wanted.until))
    return rows


def _sender_ids(sender: int | str) -> list[int]:
    if isinstance(sender, int):
        return [sender]
    if not searchable(sender):
        return []
    application, _, facility = sender.partition("/")
    search = Q(application=sender) | (Q(application=application, facility=facility) if facility else Q())
    if sender.isascii() and sender.isdigit() and len(sender) < 10:
        search |= Q(id=int(sender))
    return list(Sender.objects.filter(search).values_list("id", flat=True))


def _names(lines: Iterable[JournalEntry]) -> dict[int, SenderName]:
    ids = {line.sender_id for line in lines if line.sender_id is not None}
    rows = Sender.objects.filter(id__in=ids).values_list("id", "application", "facility")
    return {row[0]: SenderName(*row) for row in rows}


def _line(row: JournalEntry, names: dict[int, SenderName]) -> JournalLine:
    return JournalLine(
        seq=row.seq,
        at=moment(row.at),
        kind=row.kind,
        sender=None if row.sender_id is None else names.get(row.sender_id, SenderName(row.sender_id, "", "")),
        control_id=row.control_id,
        event=row.event,
        answer=row.answer or None,
        code=row.code or None,
    )


def _finding(finding: Finding) -> FindingDocument:
    rule = rules().get(finding.rule)
    return FindingDocument(
        rule=finding.rule,
        severity=finding.severity,
        location=finding.location,
        fr=sentence(finding, "fr"),
        en=sentence(finding, "en"),
        source=rule.source if rule is not None else "",
    )


def _text(raw: bytes) -> str:
    text, _ = decode(raw)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if isinstance(value, dict):
        return {name: _masked(one) for name, one in value.items()}
    return value
