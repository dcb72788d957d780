"""Keep the index of birth dates: the way into the search by traits (guide d'implémentation INS, EXI ID 17).

The writer does nothing for it. Whoever searches reads what the journal added since, and the worker does so every few
seconds, so that little is left to read: the index is as fresh as the store at every search.
"""

from __future__ import annotations

import re

import msgspec
from django.db import connection
from django.db.models import Max

from ecluse.rules.identity.model import Patient
from ecluse.store.access_turn import writing_at_once
from ecluse.store.bulk import execute, insert
from ecluse.store.models import Meta, PatientState, StoredEvent
from ecluse.store.models.access import PatientBirth

EVENTS_AT_ONCE = 2000
"""Stored events read in one go; each go is one short write transaction."""
GOES = 5
_POSITION = "births indexed"
_AFTER = "(name) DO UPDATE SET value = excluded.value"
_PARTS = 200
_DATE = re.compile(r"\d{8}|\d{6}|\d{4}")


_decode = msgspec.json.Decoder(Patient).decode


def birth_key(birth_date: str) -> str:
    """A birth date of HL7 (PID-7) as it is indexed: its 8, 6 or 4 digits, or empty."""
    match = _DATE.match(birth_date)
    return match[0] if match else ""


def catch_up(goes: int = GOES) -> bool:
    """Index what was stored since the last time. False when more is left than that many goes can do.

    :raises DatabaseError: the store does not answer, or cannot be written.
    """
    newest = StoredEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    position = _position()
    for _ in range(goes):
        if position >= newest:
            return True
        position = _go(position)
    return position >= newest


def _position() -> int:
    found = Meta.objects.filter(name=_POSITION).values_list("value", flat=True).first()
    return int(found or 0)


def _go(position: int) -> int:
    rows = StoredEvent.objects.filter(id__gt=position).order_by("id").values_list("id", "patient")
    events = list(rows[:EVENTS_AT_ONCE])
    patients = list({patient for _, patient in events if patient})
    births = [
        birth
        for start in range(0, len(patients), _PARTS)
        for birth in sorted(_new(patients[start : start + _PARTS]))
    ]
    last = events[-1][0]
    ready = [
        *insert(connection.vendor, "store_patientbirth", ("date", "patient"), births, "DO NOTHING"),
        *insert(connection.vendor, "store_meta", ("name", "value"), [(_POSITION, str(last))], _AFTER),
    ]
    with connection.wrap_database_errors, writing_at_once() as (raw, _):
        execute(raw, ready)
    return last


def _new(patients: list[str]) -> set[tuple[str, str]]:
    """Birth dates that the index does not have: most messages bring none, and the writer waits for what is written."""
    states = PatientState.objects.filter(id__in=patients).values_list("id", "state")
    births = {(birth_key(_decode(bytes(state)).birth_date), patient) for patient, state in states}
    births = {birth for birth in births if birth[0]}
    known = (
        PatientBirth.objects.filter(pk__in=sorted(births)).values_list("date", "patient") if births else ()
    )
    return births - set(known)
