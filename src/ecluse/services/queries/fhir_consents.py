"""What patients said of the DMP, for FHIR: for each subject and each stay the choice that holds, and its version.

Source: PAM France 2.11.1, ZFA-9 to ZFA-12; fields 4 to 8 are obsolete and never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from ecluse.protocols.fhir.facts import FhirConsent, Version
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.services.queries.presentation import hl7_time, moment, present
from ecluse.store.models import StoredEvent

_decode = msgspec.json.Decoder(dict[str, Any]).decode

Subject = Literal["feeding", "consultation"]
_FIELDS: tuple[tuple[Subject, int], ...] = (("feeding", 9), ("consultation", 11))


class _Said(NamedTuple):
    choice: str
    date: str


def consents(patient: str) -> tuple[FhirConsent, ...]:
    """The choices of a patient: those that hold for the patient, then those of each stay, in the order first told."""
    found: dict[tuple[str, Subject], FhirConsent] = {}
    said: dict[tuple[str, Subject], _Said] = {}
    rows = StoredEvent.objects.filter(patient=patient, type=CONSENT).order_by("id").values_list("at", "data")
    for at, data in rows:
        for stay, subject, now in _choices(_decode(bytes(data))):
            key = (stay, subject)
            if said.get(key, _Said("", "")) != now:
                said[key] = now
                number = found[key].version.number + 1 if key in found else 1
                found[key] = _consent(patient, stay, subject, now, Version(number, moment(at)))
    return tuple(sorted(found.values(), key=lambda one: (one.stay, one.id)))


def patient_of(consent: str) -> str:
    """The patient that the id of a consent names."""
    return consent.partition(".")[0]


def _choices(data: dict[str, Any]) -> Iterator[tuple[str, Subject, _Said]]:
    """Stay, subject and choice: what holds for the patient, and what was collected for a stay."""
    pictures = [("", data["fields"])]
    if data.get("stay") and data.get("stay_fields"):
        pictures.append((data["stay"], data["stay_fields"]))
    for stay, fields in pictures:
        padded = [*fields, *[""] * 12]
        for subject, number in _FIELDS:
            choice = (present(padded[number - 1]) or "").split("^")[0]
            yield stay, subject, _Said(choice, present(padded[number]) or "")


def _consent(patient: str, stay: str, subject: Subject, said: _Said, version: Version) -> FhirConsent:
    id_ = ".".join(part for part in (patient, subject, stay) if part)
    return FhirConsent(id_, version, patient, subject, said.choice, hl7_time(said.date) or "", stay)
