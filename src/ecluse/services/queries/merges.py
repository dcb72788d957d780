"""Who was merged into whom (A40): found from the patients themselves, whatever their number in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ecluse.rules.identity.vocabulary import MERGED
from ecluse.store.models import PatientState, StoredEvent

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_PARTS = 400
"""Values per IN list."""


def survivor(patient: str) -> str:
    """The patient that one ended in, itself when it was never merged."""
    seen = {patient}
    while True:
        into = PatientState.objects.filter(id=patient).values_list("merged_into", flat=True).first()
        if not into or into in seen:
            return patient
        seen.add(into)
        patient = into


def absorbed(patient: str) -> list[str]:
    """Patients merged into one, directly or not, by the merges its events tell: the state of each confirms it."""
    found: list[str] = []
    wanted = {patient}
    while wanted:
        rows = StoredEvent.objects.filter(patient__in=wanted, type=MERGED).values_list("data", flat=True)
        merged = {_decode(bytes(data)).get("merged") for data in rows} - {patient, *found}
        states = PatientState.objects.filter(id__in=merged, merged_into__in=wanted)
        wanted = set(states.values_list("id", flat=True))
        found += sorted(wanted)
    return found


def merged_into(patients: Iterable[str]) -> dict[str, str]:
    """Survivor of each patient that was merged into one of these, and still is: an event tells the merge."""
    found: dict[str, str] = {}
    for part in _parts(patients):
        told = StoredEvent.objects.filter(patient__in=part, type=MERGED).values_list("patient", "data")
        merged = {_decode(bytes(data)).get("merged"): survivor for survivor, data in told}
        for some in _parts(one for one in merged if isinstance(one, str)):
            states = PatientState.objects.filter(id__in=some).values_list("id", "merged_into")
            found.update((one, into) for one, into in states if into and into == merged[one])
    return found


def _parts(patients: Iterable[str]) -> Iterator[list[str]]:
    ids = list(patients)
    for start in range(0, len(ids), _PARTS):
        yield ids[start : start + _PARTS]
