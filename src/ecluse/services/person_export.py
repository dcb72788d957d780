"""Everything kept on one person, for the person (GDPR, article 15): nothing is masked here, and nowhere else.

A person may have several identities: those that were merged into one another are told together.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from django.db.models import Q

from ecluse.protocols.hl7.charset import decode
from ecluse.rules.identity.model import Patient
from ecluse.services.person_refusals import naming
from ecluse.services.queries.documents import DomainDocument
from ecluse.services.queries.merges import absorbed
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.purges import PurgeDocument, purge_of
from ecluse.services.queries.simulation import simulated
from ecluse.services.queries.subscribers import shared_with
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import Domain, JournalEntry, Meta, PatientState, RawMessage, Sender, StoredEvent
from ecluse.store.models.access import AccessLine
from ecluse.store.models.outbox import OutwardEvent
from ecluse.store.models.stays import StayState

FORMAT = 1
_patient = msgspec.json.Decoder(Patient).decode
_json = msgspec.json.Decoder().decode
_PART = 500
"""Values of one query."""


@dataclass(frozen=True, slots=True)
class EventDocument:
    """Something that changed an identity or a stay. line: number in the journal; data: as it was stored."""

    at: str
    line: int
    type: str
    version: int
    data: Any


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """One identity of the person. state: every field of its current state, under the names of the program; stays: the
    current state of each of its stays.
    """

    id: str
    domain: DomainDocument | None
    merged_into: str | None
    state: dict[str, Any]
    stays: tuple[Any, ...]
    events: tuple[EventDocument, ...]


@dataclass(frozen=True, slots=True)
class SenderDocument:
    """An application that sent something on the person (MSH-3, MSH-4)."""

    application: str
    facility: str


@dataclass(frozen=True, slots=True)
class LineDocument:
    """A line of the journal that concerns the person, as it came.

    why: `changed` (it changed an identity), `repeated` (the same message again) or `refused` (it names one of the
    identifiers and was not integrated); by: who did an act, or null; details: how it came, or what was asked;
    received, answered: the text as decoded, and `received_base64` the exact bytes; null once purged.
    """

    line: int
    at: str
    why: str
    kind: str
    event: str
    control_id: str
    sender: SenderDocument | None
    by: str | None
    answer: str | None
    details: Any
    received: str | None
    received_base64: str | None
    answered: str | None
    findings: Any
    purged: PurgeDocument | None


@dataclass(frozen=True, slots=True)
class AccessDocument:
    """Somebody was shown this person by the API."""

    at: str
    caller: str
    name: str
    on_behalf_of: str | None
    action: str
    patient: str


@dataclass(frozen=True, slots=True)
class ToldDocument:
    """An event of the feed that names one of the identities, while it is kept. cursor: its number; line: of the
    journal; other: second identity it concerns, or null; version: number among those of its patient.
    """

    at: str
    cursor: int
    line: int
    type: str
    version: int
    patient: str
    other: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class SharingDocument:
    """A subscriber that an identity was shared with, in sum (see `queries.subscribers.SharedWith`)."""

    patient: str
    subscriber: str
    deliveries: int
    ins_sent: int
    withheld: int
    given_up: int
    first: str
    last: str
    last_ins: str | None


@dataclass(frozen=True, slots=True)
class PersonDocument:
    """Everything kept on a person. made_at: ISO 8601 in UTC; asked: the identity the export was asked for;
    simulation: true when a demonstration filled this store with invented people.
    """

    format: int
    made_at: str
    installation: str
    environment: str
    simulation: bool
    asked: str
    identities: tuple[IdentityDocument, ...]
    senders: tuple[SenderDocument, ...]
    messages: tuple[LineDocument, ...]
    accesses: tuple[AccessDocument, ...]
    events: tuple[ToldDocument, ...]
    shared: tuple[SharingDocument, ...]


def person_export(patient: str, now: int) -> PersonDocument | None:
    """Everything kept on the person of an identity; None when there is no such identity.

    :param patient: id of the identity in the store; now: µs since 1970.
    """
    states = identities(patient)
    if not states:
        return None
    facts = dict(Meta.objects.values_list("name", "value"))
    messages = tuple(_messages(list(states), [_patient(bytes(one.state)) for one in states.values()]))
    senders = {one.sender: None for one in messages if one.sender is not None}
    return PersonDocument(
        format=FORMAT,
        made_at=moment(now),
        installation=facts.get("installation", ""),
        environment=facts.get("environment", ""),
        simulation=simulated(),
        asked=patient,
        identities=tuple(_identity(one) for one in states.values()),
        senders=tuple(senders),
        messages=messages,
        accesses=tuple(_accesses(list(states))),
        events=tuple(_told(list(states))),
        shared=tuple(_shared(states)),
    )


def identities(patient: str) -> dict[str, PatientState]:
    """The identity asked for, those merged into it and those it was merged into, and so on."""
    found: dict[str, PatientState] = {}
    wanted = {patient}
    while wanted:
        rows = list(PatientState.objects.filter(id__in=sorted(wanted)))
        found.update((row.id, row) for row in rows)
        merged = {one for row in rows for one in absorbed(row.id)}
        wanted = {*merged, *(row.merged_into for row in rows if row.merged_into)} - set(found)
    return dict(sorted(found.items(), key=lambda one: one[0] != patient))


def _identity(row: PatientState) -> IdentityDocument:
    domain = Domain.objects.filter(id=row.domain_id).first()
    return IdentityDocument(
        id=row.id,
        domain=DomainDocument(domain.name, domain.oid or None) if domain is not None else None,
        merged_into=row.merged_into or None,
        state=_named(_patient(bytes(row.state))),
        stays=tuple(
            _json(bytes(one.state)) for one in StayState.objects.filter(patient=row.id).order_by("id")
        ),
        events=tuple(
            EventDocument(moment(one.at), one.id // EVENT_SPAN, one.type, one.version, _json(bytes(one.data)))
            for one in StoredEvent.objects.filter(patient=row.id).order_by("id")
        ),
    )


def _named(value: Any) -> Any:
    """A value in JSON types, with the names of its fields: it is read by people who do not have the program."""
    names = getattr(value, "_fields", None)
    if names is not None:
        return {name: _named(one) for name, one in zip(names, value, strict=True)}
    if isinstance(value, tuple):
        return [_named(one) for one in value]
    return {name: _named(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def _messages(ids: list[str], states: list[Patient]) -> Iterator[LineDocument]:
    """The lines that concern these identities, in the order of the journal."""
    changed = {
        one // EVENT_SPAN for one in StoredEvent.objects.filter(patient__in=ids).values_list("id", flat=True)
    }
    why = dict.fromkeys(changed, "changed")
    for line in _repeated(sorted(changed)):
        why.setdefault(line, "repeated")
    for line in naming(states):
        why.setdefault(line, "refused")
    for part in _parts(sorted(why)):
        raws = {one.seq: one for one in RawMessage.objects.filter(seq__in=part)}
        rows = list(JournalEntry.objects.filter(seq__in=part).order_by("seq"))
        known = {row.sender_id for row in rows if row.sender_id is not None}
        senders = {
            one.id: SenderDocument(one.application, one.facility)
            for one in Sender.objects.filter(id__in=known)
        }
        for row in rows:
            yield _line(row, raws.get(row.seq), senders.get(row.sender_id or 0), why[row.seq])


def _repeated(lines: list[int]) -> Iterator[int]:
    """Lines of the same messages, sent again: same sender, same MSH-10, same bytes."""
    for part in _parts(lines):
        rows = JournalEntry.objects.filter(seq__in=part, sender_id__isnull=False).exclude(control_id="")
        for sender, control, content in rows.values_list("sender_id", "control_id", "content"):
            again = JournalEntry.objects.filter(sender_id=sender, control_id=control, kind="duplicate")
            yield from (
                seq for seq, other in again.values_list("seq", "content") if bytes(other) == bytes(content)
            )


def _line(row: JournalEntry, raw: RawMessage | None, sender: SenderDocument | None, why: str) -> LineDocument:
    details = _json(bytes(row.details))
    return LineDocument(
        line=row.seq,
        at=moment(row.at),
        why=why,
        kind=row.kind,
        event=row.event,
        control_id=row.control_id,
        sender=sender,
        by=details.get("operator"),
        answer=row.answer or None,
        details=details,
        received=None if raw is None else _text(bytes(raw.received)),
        received_base64=None if raw is None else base64.b64encode(bytes(raw.received)).decode(),
        answered=None if raw is None else _text(bytes(raw.answered)),
        findings=None if raw is None else _json(bytes(raw.findings)),
        purged=purge_of(row.seq, row.kind) if raw is None else None,
    )


def _accesses(ids: list[str]) -> Iterator[AccessDocument]:
    for one in AccessLine.objects.filter(patient__in=ids).order_by("id"):
        yield AccessDocument(
            moment(one.at), one.caller, one.name, one.on_behalf_of or None, one.action, one.patient
        )


def _told(ids: list[str]) -> Iterator[ToldDocument]:
    rows = OutwardEvent.objects.filter(Q(patient__in=ids) | Q(other__in=ids)).order_by("cursor")
    for one in rows.iterator():
        yield ToldDocument(
            moment(one.at), one.cursor, one.line, one.type, one.version, one.patient, one.other or None,
            _json(bytes(one.data)),
        )  # fmt: skip


def _shared(ids: Iterable[str]) -> Iterator[SharingDocument]:
    for patient in ids:
        for one in shared_with(patient):
            yield SharingDocument(patient, **{field.name: getattr(one, field.name) for field in fields(one)})


def _text(raw: bytes) -> str:
    return decode(raw)[0].replace("\r\n", "\n").replace("\r", "\n")


def _parts(lines: list[int]) -> Iterable[list[int]]:
    return (lines[start : start + _PART] for start in range(0, len(lines), _PART))
