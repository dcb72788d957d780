"""Procedures as people see them: each establishment's way with its next steps, its people, its documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec

from ecluse.rules.certificates.procedure_model import Card, Event, Person
from ecluse.rules.certificates.procedure_model import Procedure as Way
from ecluse.rules.certificates.procedure_steps import Step, next_steps
from ecluse.services.certificates.ways import read_event, way_of
from ecluse.services.queries.presentation import moment
from ecluse.store.errors import UnreadableStoreError
from ecluse.store.models.certificates import Procedure, ProcedureDocument, ProcedureStep


@dataclass(frozen=True, slots=True)
class TrackDocument:
    """One of the two certificates of a procedure. state: `A_COMMANDER`… `REVOQUE`; serving: last day, or None."""

    product: str
    state: str
    serving: date | None
    ordered_on: date | None
    service_name: str


@dataclass(frozen=True, slots=True)
class ProcedureDocumentRow:
    """A document attached. sha256: for `documents.read_document`; on: its date, or empty."""

    sha256: str
    name: str
    form: str
    size: int
    on: str
    added: str
    added_by: str


@dataclass(frozen=True, slots=True)
class StepDocument:
    """A step that was taken."""

    number: int
    event: Event
    note: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class WayDocument:
    """A procedure. state: of the contract and people, `ILLISIBLE` when its steps cannot be read again; next: what to do
    now; ready: both certificates serve; revision: to give back with the next step.
    """

    id: str
    establishment: int
    establishment_name: str
    name: str
    state: str
    level: str
    ready: bool
    revision: int
    opened: str
    closed: str | None
    people: tuple[Person, ...]
    tracks: tuple[TrackDocument, ...]
    next: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class WayView:
    """A procedure with all that happened on it."""

    document: WayDocument
    steps: tuple[StepDocument, ...]
    documents: tuple[ProcedureDocumentRow, ...]
    cards: tuple[Card, ...]


def procedures(today: date, *, closed: bool = False) -> tuple[WayDocument, ...]:
    """Procedures by establishment. closed: those that are no longer followed too."""
    rows = Procedure.objects.select_related("establishment").order_by("establishment__name", "opened")
    return tuple(_document(row, today) for row in (rows if closed else rows.filter(closed=None)))


def procedure(id_: str, today: date) -> WayView | None:
    """A procedure by its id; None when it is unknown."""
    row = Procedure.objects.select_related("establishment").filter(id=id_).first()
    if row is None:
        return None
    document = _document(row, today)
    steps = ProcedureStep.objects.filter(procedure=row).order_by("number")
    documents = ProcedureDocument.objects.filter(procedure=row).order_by("added", "id")
    return WayView(
        document,
        tuple(
            StepDocument(
                one.number,
                read_event(msgspec.json.decode(bytes(one.event))),
                one.note,
                moment(one.at),
                one.by,
            )
            for one in steps
        ),
        tuple(
            ProcedureDocumentRow(
                one.sha256, one.name, one.form, one.size, one.on, moment(one.added), one.added_by
            )
            for one in documents
        ),
        tuple(one.card for one in document.people if one.card is not None),
    )


def _document(row: Procedure, today: date) -> WayDocument:
    try:
        way: Way | None = way_of(row)
    except UnreadableStoreError:
        way = None
    return WayDocument(
        id=row.id,
        establishment=row.establishment_id,
        establishment_name=row.establishment.name,
        name=row.name,
        state=way.state if way else "ILLISIBLE",
        level=way.level if way else "",
        ready=bool(way and way.ready_for_roc(today)),
        revision=row.revision,
        opened=moment(row.opened),
        closed=None if row.closed is None else moment(row.closed),
        people=way.people if way else (),
        tracks=tuple(
            TrackDocument(
                one.product,
                one.state(today),
                one.serving,
                one.order.on if one.order else None,
                one.service_name,
            )
            for one in (way.tracks if way else ())
        ),
        next=next_steps(way, today) if way and row.closed is None else (),
    )
