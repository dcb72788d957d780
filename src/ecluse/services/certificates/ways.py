"""Procedures as the rules know them: the steps kept here, read into events and folded."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from ecluse.rules.certificates.procedure import replay
from ecluse.rules.certificates.procedure_model import Card, Document, Event, Refused
from ecluse.rules.certificates.procedure_model import Procedure as Way
from ecluse.store.errors import UnreadableStoreError
from ecluse.store.models.certificates import Procedure, ProcedureStep

_LONGEST = 300


class NotAnEvent(ValueError):
    """What was given is no step; the message names the field."""


class _Card(msgspec.Struct, frozen=True):
    kind: str
    number: str
    until: date
    nominative: bool = True


class _Document(msgspec.Struct, frozen=True):
    form: str
    reference: str = ""


class _Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of `procedure_model.Event`, by name."""

    name: str
    on: date
    by: str = ""
    person: str = ""
    product: str = ""
    card: _Card | None = None
    way: str = ""
    service_name: str = ""
    until: date | None = None
    usages: tuple[str, ...] = ()
    ready: bool = False
    cause: str = ""
    editor: bool = False
    documents: tuple[_Document, ...] = ()


def read_event(told: Any) -> Event:
    """A step from JSON types.

    :raises NotAnEvent: a field is missing, unknown, too long or of another form.
    """
    try:
        found = msgspec.convert(told, _Event)
    except msgspec.ValidationError as error:
        raise NotAnEvent(str(error)) from None
    fields = msgspec.structs.asdict(found)
    texts = [one for one in (*fields.values(), *found.usages) if isinstance(one, str)]
    if any(len(one) > _LONGEST or not one.isprintable() for one in texts):
        raise NotAnEvent("text")
    card = None if found.card is None else Card(**msgspec.structs.asdict(found.card))
    documents = tuple(Document(one.form, one.reference) for one in found.documents)
    return Event(**{**fields, "card": card, "documents": documents})


def write_event(event: Event) -> bytes:
    """A step as it is kept."""
    told: dict[str, Any] = {
        **event._asdict(),
        "card": None if event.card is None else event.card._asdict(),
        "documents": [one._asdict() for one in event.documents],
    }
    return msgspec.json.encode(msgspec.convert(told, _Event))


def events_of(procedure: str) -> tuple[Event, ...]:
    """The steps of a procedure, in their order."""
    rows = ProcedureStep.objects.filter(procedure_id=procedure).order_by("number")
    return tuple(read_event(msgspec.json.decode(bytes(row))) for row in rows.values_list("event", flat=True))


def way_of(row: Procedure) -> Way:
    """A procedure folded from its steps.

    :raises UnreadableStoreError: its steps do not follow one another (rules that changed, a store that was altered).
    """
    found = replay(row.establishment.name, events_of(row.id))
    if isinstance(found, Refused):
        raise UnreadableStoreError(
            f"La démarche {row.id} ne se relit pas : {found.text_fr}",
            f"The procedure {row.id} cannot be read again: {found.text_en}",
        )
    return found
