"""One patient at a glance: the identity, why it is trusted that far, what to do, and who it may be mixed up with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.traits import missing, traits
from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.documents import PatientDocument, Sentence
from ecluse.services.queries.merges import absorbed
from ecluse.services.queries.patient_words import remedy, word
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.presentation import moment, searchable
from ecluse.services.queries.within import within
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import PatientState, Sender, StoredEvent
from ecluse.store.models.reviews import SuspectMember

_decode = msgspec.json.Decoder(Patient).decode


@dataclass(frozen=True, slots=True)
class Why:
    """Why a patient is trusted that far. remedy: what to do, or None; page: where (see `patient_words.Remedy`)."""

    said: Sentence
    remedy: Sentence | None
    page: str


@dataclass(frozen=True, slots=True)
class SuspectLine:
    """A group that the patient is in: `collision`, `duplicate` or `traits`; looked: whether a person looked at it."""

    id: int
    kind: str
    looked: bool


@dataclass(frozen=True, slots=True)
class PatientCard:
    """A patient for the page about it.

    version: number of its versions; absorbed: patients merged into it, within reach; updated: last change (ISO 8601,
    UTC); line: journal line that brought it.
    """

    document: PatientDocument
    version: int
    why: Why
    absorbed: tuple[PatientDocument, ...]
    suspects: tuple[SuspectLine, ...]
    updated: str
    line: str


def card(reader: PatientReader, reach: Reach, patient: str) -> PatientCard | None:
    """The card of a patient; None when there is none, or it is out of reach. The caller writes the access trail."""
    if not searchable(patient) or not visible(reach, [patient]):
        return None
    document = reader.get(patient, history=False)
    row = PatientState.objects.filter(id=patient).first()
    if document is None or row is None:
        return None
    kept = _decode(bytes(row.state))
    merged = absorbed(patient)
    last = StoredEvent.objects.filter(patient=patient).order_by("-id").values_list("id", "at").first() or (
        0,
        0,
    )
    return PatientCard(
        document=within(document, reach),
        version=row.version,
        why=_why(document, kept),
        absorbed=reader.brief(merged if reach.everywhere else visible(reach, merged)),
        suspects=_suspects(patient),
        updated=moment(last[1]),
        line=str(last[0] // EVENT_SPAN),
    )


def _suspects(patient: str) -> tuple[SuspectLine, ...]:
    rows = SuspectMember.objects.filter(patient=patient).select_related("group").order_by("group_id")
    return tuple(SuspectLine(one.group.id, one.group.kind, bool(one.group.looked)) for one in rows)


def _why(document: PatientDocument, kept: Patient) -> Why:
    if document.ins_reason is None:
        return Why(_qualified(kept), None, "")
    code = document.ins_reason.code
    said = Sentence(document.ins_reason.fr, document.ins_reason.en)
    if code == "missing-traits":
        said = _lacking(missing(traits(kept)))
    found = remedy(code)
    return Why(said, found.said if found else None, found.page if found else "")


def _qualified(kept: Patient) -> Sentence:
    """Référentiel INS 2.1: VALI, the INS, its five traits, sent by somebody a person confirmed."""
    names = _senders({kept.ins.sender, *kept.ins.also}) if kept.ins is not None else ""
    return Sentence(
        f"{names or 'Un émetteur'}, confirmé par une personne, a transmis cet INS avec le statut VALI"
        "\N{NO-BREAK SPACE}; les cinq traits stricts sont présents.",
        f"{names or 'A sender'}, confirmed by a person, sent this INS with status VALI; the five strict traits are "
        "present.",
    )


def _senders(ids: Collection[str]) -> str:
    known = [int(one) for one in ids if one.isdigit()]
    rows = Sender.objects.filter(id__in=known, status="confirmed").order_by("id")
    return ", ".join(" / ".join(filter(None, (row.application, row.facility))) for row in rows[:3])


def _lacking(names: Collection[str]) -> Sentence:
    told = [word("trait", one) for one in dict.fromkeys(names)]
    return Sentence(
        f"Il manque à l’identité\N{NO-BREAK SPACE}: {', '.join(one.fr for one in told)}.",
        f"The identity lacks: {', '.join(one.en for one in told)}.",
    )
