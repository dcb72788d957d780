"""The consents a patient gave and the stays it gained or lost, from the events: read when an account moves (A44)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from ecluse.rules.identity.model import Event
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay.vocabulary import MOVED
from ecluse.store.ledger_statements import Statements

Pasts = Mapping[str, tuple[Event, ...]]
"""By patient, in the order of arrival; those who said nothing are absent."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def past_consents(
    raw: Any, sql: Statements, pending: Iterable[tuple[Any, ...]], patients: Collection[str]
) -> Pasts:
    """Events of consents and of moved stays of these patients.

    :param raw: connection of the driver; pending: rows of events not written yet, see `Ledger.append`.
    """
    rows = list(raw.execute(sql.past_consents(len(patients)), tuple(patients))) if patients else []
    rows += [(row[2], row[3], row[6]) for row in pending if row[2] in patients and row[3] in (CONSENT, MOVED)]
    found: dict[str, list[Event]] = {}
    for patient, type_, data in rows:
        found.setdefault(patient, []).append(Event(type_, 1, patient, _decode(bytes(data))))
    return {patient: tuple(events) for patient, events in found.items()}
