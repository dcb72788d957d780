"""Every version of a patient, newest first: what brought it, what it changed, and the level of trust after it.

A version is what one journal line made of the patient. Levels are deduced with the senders as they are trusted now,
because that is what the present level depends on too. Matricules are told by their first digits only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

import msgspec

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.model import Event, Patient, Trust
from ecluse.rules.stay import vocabulary as stays
from ecluse.services.queries.demographics import masked
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.history import Author, authors
from ecluse.services.queries.history_words import masked as masked_ins
from ecluse.services.queries.history_words import told, vocabulary
from ecluse.services.queries.masking import hide_all
from ecluse.services.queries.patient_words import word
from ecluse.services.queries.patients import consent_document, identifier_document, traits_document
from ecluse.services.queries.presentation import hl7_date, hl7_time, moment, present, searchable
from ecluse.services.queries.standing import Standings
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import JournalEntry, PatientState, StoredEvent

Tone = Literal["ok", "warn", "bad", "info", "none"]

_TELLING: tuple[tuple[str, Tone], ...] = (
    (words.CREATED, "info"),
    (words.MERGED, "warn"),
    (words.UNMERGED, "warn"),
    (words.INS_WITHDRAWN, "bad"),
    (words.COLLISION_FLAGGED, "bad"),
    (words.INS_SUSPENDED, "warn"),
    (words.INS_DROPPED, "warn"),
    (words.INS_ADOPTED, "ok"),
    (words.INS_RESTORED, "ok"),
    (words.COLLISION_CLEARED, "ok"),
    (words.DUPLICATE_FLAGGED, "warn"),
    (words.DUPLICATE_CLEARED, "ok"),
    (words.STATUS, "info"),
    (words.IDENTIFIERS, "info"),
    (words.UPDATED, "info"),
)
"""The event that names a version, the most telling first; what comes after these tells little."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after, as readers may see it; None: there was, or is, none."""

    what: Sentence
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What one journal line made of a patient.

    number: version of the patient after it; line: number of the journal line; event: HL7 event or act; said: everything
    that happened, in sentences; trust: level after it; trust_changed: whether it was another one before.
    """

    number: int
    at: str
    line: str
    event: str
    application: str | None
    facility: str | None
    operator: str | None
    title: Sentence
    tone: Tone
    said: tuple[Sentence, ...]
    changes: tuple[Change, ...]
    trust: Trust
    trust_changed: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Versions, newest first; next: journal line before which the following ones come, or None."""

    versions: tuple[Version, ...]
    next: str | None


class _Row(NamedTuple):
    id: int
    type: str
    version: int
    at: int
    data: dict[str, Any]

    @property
    def line(self) -> int:
        return self.id // EVENT_SPAN


class _Step(NamedTuple):
    """The events of one line, what they say, and the patient before and after them."""

    rows: list[_Row]
    said: list[Sentence]
    before: Patient | None
    after: Patient


def timeline(patient: str, standings: Standings, *, before: int | None = None, limit: int = 30) -> Timeline:
    """The versions of a patient.

    :param standings: deduces the levels of trust; before: `next` of the page before, None: from the newest.
    """
    row = PatientState.objects.filter(id=patient).first() if searchable(patient) else None
    if row is None:
        return Timeline((), None)
    steps = [one for one in _steps(patient) if before is None or one.rows[0].line < before]
    page = steps[-limit:]
    lines = {one.rows[0].line for one in page}
    who = authors(lines)
    events = dict(JournalEntry.objects.filter(seq__in=sorted(lines)).values_list("seq", "event"))
    found = []
    for step in page:
        line = step.rows[0].line
        former = standings.judge(step.before, row.domain_id)[0] if step.before is not None else None
        level = standings.judge(step.after, row.domain_id)[0]
        found.append(_version(step, who.get(line, Author()), events.get(line, ""), level, former))
    more = str(page[0].rows[0].line) if len(steps) > limit else None
    return Timeline(tuple(reversed(found)), more)


def _steps(patient: str) -> Iterator[_Step]:
    stored = StoredEvent.objects.filter(patient=patient).order_by("id")
    rows = (
        _Row(*one[:4], _decode(bytes(one[4])))
        for one in stored.values_list("id", "type", "version", "at", "data")
    )
    held: list[str] = []
    state: Patient | None = None
    for _, group in groupby(rows, lambda one: one.line):
        mine = list(group)
        said = [told(one.type, one.data, patient, held) for one in mine]
        former = state
        own = [
            Event(one.type, one.version, patient, one.data)
            for one in mine
            if not one.type.startswith(stays.PREFIX)
        ]
        state = fold_all(state, own) if own else state
        if state is not None:
            yield _Step(mine, said, former, state)


def _version(step: _Step, author: Author, event: str, level: Trust, former: Trust | None) -> Version:
    kind, tone = _named({one.type for one in step.rows})
    title = vocabulary()["events"].get(kind, Sentence(kind, kind)) if kind else step.said[0]
    return Version(
        number=step.after.version,
        at=moment(step.rows[0].at),
        line=str(step.rows[0].line),
        event=event,
        application=author.application,
        facility=author.facility,
        operator=author.operator,
        title=title,
        tone=tone,
        said=tuple(step.said),
        changes=tuple(_changes(step.before, step.after)),
        trust=level,
        trust_changed=level != former,
    )


def _named(kinds: set[str]) -> tuple[str, Tone]:
    for kind, tone in _TELLING:
        if kind in kinds:
            return kind, tone
    return "", "none"


def _changes(before: Patient | None, after: Patient) -> Iterator[Change]:
    """Values that differ, those of the traits first."""
    if before is not None and before is after:
        return
    former, now = _values(before) if before is not None else {}, _values(after)
    for name in dict.fromkeys((*now, *former)):
        if former.get(name) != now.get(name):
            yield Change(word("fields", name), former.get(name), now.get(name))


def _values(patient: Patient) -> dict[str, str]:
    """Everything a version may change, by field or HL7 location, as readers may see it; what is absent is left out."""
    traits = traits_document(patient)
    consent = consent_document(patient.consent)
    values: dict[str, str | None] = {
        **{name: getattr(traits, name) for name in traits.__dataclass_fields__},
        "statuses": hide_all(" + ".join(patient.statuses)),
        "identifiers": ", ".join(_identifiers(patient)),
        "ins": masked_ins(patient.ins.matricule) if patient.ins else None,
        "death": present(patient.death),
        "death_at": hl7_time(patient.death_at),
        "corrected_birth_date": present(patient.corrected_birth_date),
        "identity_unknown": present(patient.identity_unknown),
        "feeding": consent.feeding if consent else None,
        "consultation": consent.consultation if consent else None,
        **dict(_details(patient.details)),
    }
    values["birth_date"] = hl7_date(patient.birth_date)
    return {name: value for name, value in values.items() if value}


def _identifiers(patient: Patient) -> Iterator[str]:
    for one in map(identifier_document, patient.identifiers):
        yield f"{one.value} ({one.authority.name or one.authority.oid or one.type})"


def _details(details: Mapping[str, tuple[tuple[str, ...], ...]]) -> Iterator[tuple[str, str]]:
    for location, repetitions in masked(details):
        told_ = (_joined(one) for one in repetitions)
        yield location, "\N{NO-BREAK SPACE}; ".join(filter(None, told_))


def _joined(components: Iterable[str]) -> str:
    return ", ".join(one.replace("^", " ").strip() for one in components if present(one))
