"""Whom a journal line shows to its reader, for the access trail: those it changed, and those it only names."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.services.queries.carriers import carriers
from ecluse.services.queries.decoded import decoded
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.patients import ins_holders
from ecluse.store.models import Domain, PatientState

_PLACES = ("PID-3", "MRG-1")
"""Fields of an identity feed that carry identifiers of patients (PAM France 2.11)."""
_MOST = 50
"""Identifiers looked for; a message that lists more is no message about a person."""


def shown_patients(document: JournalDocument) -> tuple[str, ...]:
    """Ids of the patients that a line shows.

    A message that changed nobody (refused, received twice) still shows whom its identifiers name here, and an act whom
    it was asked for.
    """
    found = dict.fromkeys(one.patient for one in document.events if one.patient)
    if not found:
        asked = document.details.get("arguments") or {}
        patients = asked.get("patients")
        named = {asked.get("patient"), *(patients if isinstance(patients, list) else ())}
        named |= set(_carriers(document.line.seq))
        rows = PatientState.objects.filter(id__in=[one for one in named if isinstance(one, str)])
        if document.domain is not None:
            rows = rows.filter(domain_id__in=Domain.objects.filter(name=document.domain).values("id"))
        found = dict.fromkeys(rows.order_by("id").values_list("id", flat=True))
    return tuple(found)


def _carriers(seq: int) -> Iterator[str]:
    """Ids of the patients with an identifier or an INS that the message of a line carries."""
    message = decoded(seq)
    fields = [] if message is None else [one for segment in message.segments for one in segment.fields]
    listed = [each for one in fields if one.location in _PLACES for each in one.repetitions]
    for components in listed[:_MOST]:
        value = components[0][0]
        authority = components[3] if len(components) > 3 else ()
        names = {one for one in authority[:2] if one}
        for name in names:
            yield from carriers(value, name)
        if not names:
            yield from carriers(value)
        if len(authority) > 1:
            yield from ins_holders(value, authority[1])
