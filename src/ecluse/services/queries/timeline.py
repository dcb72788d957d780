"""Every version of a patient, newest first: what brought it, what it changed, and the level of trust after it.

A version is what one journal line made of the patient. Levels are deduced with the senders as they are trusted now,
because that is what the present level depends on too. Matricules are told by their first digits only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

import msgspec

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.model import Event, Patient, Trust
from ecluse.rules.stay import vocabulary as stays
from ecluse.services.access import Reach
from ecluse.services.queries.demographics import Address, Contact, Doctor, demographics
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.history import Author, authors
from ecluse.services.queries.history_words import masked as masked_ins
from ecluse.services.queries.history_words import told, vocabulary
from ecluse.services.queries.masking import hide_all
from ecluse.services.queries.patient_words import word
from ecluse.services.queries.patients import consent_document, identifier_document, traits_document
from ecluse.services.queries.presentation import hl7_date, hl7_time, moment, present, searchable
from ecluse.services.queries.standing import Standings
from ecluse.services.queries.within import sentence_within
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

_SHOWN = frozenset({words.CREATED, words.UPDATED, words.STATUS, words.IDENTIFIERS, words.CONSENT})
"""Events that the changes of a version tell better than their sentence."""

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

    number: version of the patient after it; line: number of the journal line; event: HL7 event or act; said: what
    happened besides the title and the changes, in sentences; trust: level after it; trust_changed: whether it was
    another one before.
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
    said: Sequence[Sentence]
    before: Patient | None
    after: Patient


def timeline(
    patient: str, standings: Standings, reach: Reach, *, before: int | None = None, limit: int = 30
) -> Timeline:
    """The versions of a patient, without the ids of patients out of reach.

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
        told_within = tuple(sentence_within(reach, one) for one in step.said)
        step = step._replace(said=told_within)
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
    changes = tuple(_changes(step.before, step.after))
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
        said=tuple(_more(step, title, bool(changes))),
        changes=changes,
        trust=level,
        trust_changed=level != former,
    )


def _more(step: _Step, title: Sentence, changed: bool) -> Iterator[Sentence]:
    """What the title and the changes do not tell already."""
    for row, sentence in zip(step.rows, step.said, strict=True):
        if sentence != title and not (changed and row.type in _SHOWN):
            yield Sentence(_after(title.fr, sentence.fr), _after(title.en, sentence.en))


def _after(title: str, text: str) -> str:
    """What a sentence adds to a title that it repeats."""
    return text[len(title) :].lstrip("\N{NO-BREAK SPACE}: ") if text.startswith(title) else text


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
        **dict(_details(patient)),
    }
    values["birth_date"] = hl7_date(patient.birth_date)
    return {name: value for name, value in values.items() if value}


def _identifiers(patient: Patient) -> Iterator[str]:
    for one in map(identifier_document, patient.identifiers):
        yield f"{one.value} ({one.authority.name or one.authority.oid or one.type})"


def _details(patient: Patient) -> Iterator[tuple[str, str]]:
    """Demographics in words, by the HL7 location that brings them."""
    more = demographics(patient)
    homes = (one for one in more.addresses if one.type != "BDL")
    places = (", ".join(filter(None, (one.street, one.complement, _city(one), one.country))) for one in homes)
    yield "PID-11", _joined(places)
    yield "PID-13", _joined(one.number or one.email for one in more.telecoms)
    yield "PID-15", more.language or ""
    yield "PID-16", more.marital_status or ""
    yield "PID-26", _joined(more.nationalities)
    yield "PD1-4", _joined(_person(one) for one in more.doctors if one.role == "PD1-4")
    yield "ROL", _joined(_person(one, one.role) for one in more.doctors if one.role != "PD1-4")
    yield (
        "NK1",
        _joined(
            _person(one, one.relationship, *(each.number or each.email for each in one.telecoms))
            for one in more.contacts
        ),
    )
    for other in more.other:
        yield other.location, _joined(", ".join(filter(present, each)) for each in other.values)


def _city(one: Address) -> str:
    return " ".join(filter(None, (one.postal_code, one.city)))


def _person(one: Doctor | Contact, *told: str | None) -> str:
    return ", ".join(filter(None, (" ".join(filter(None, (one.family, one.given))), *told)))


def _joined(texts: Iterable[str | None]) -> str:
    return "\N{NO-BREAK SPACE}; ".join(filter(None, texts))
