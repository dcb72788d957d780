"""What patients said of the DMP, for FHIR: for each subject, and for each stay, the choice that holds.

The id of a consent is that of its owner, the patient or the stay it was collected for, and its subject. Source: PAM
France 2.11.1, ZFA-9 to ZFA-12; fields 4 to 8 are obsolete and never read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from ecluse.protocols.fhir.facts import FhirConsent, Version
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.services.access import Reach
from ecluse.services.queries import stays
from ecluse.services.queries.access import visible
from ecluse.services.queries.documents import ConsentDocument
from ecluse.services.queries.fhir_stays import last_changes, owners
from ecluse.services.queries.presentation import hl7_time, moment, present
from ecluse.services.queries.stay_documents import StayDocument
from ecluse.store.models import StoredEvent

_decode = msgspec.json.Decoder(dict[str, Any]).decode

Subject = Literal["feeding", "consultation"]
_FIELDS: tuple[tuple[Subject, int], ...] = (("feeding", 9), ("consultation", 11))


class _Said(NamedTuple):
    choice: str
    date: str


def of_patient(reach: Reach, patient: str) -> tuple[FhirConsent, ...]:
    """The choices of a patient within reach: those that hold for it, then those of each of its stays."""
    if not visible(reach, [patient]):
        return ()
    return (*_general(patient), *_of_stays(reach, stays.of_patient(patient)))


def by_ids(reach: Reach, ids: Collection[str]) -> tuple[FhirConsent, ...]:
    """Those of these choices whose patient is within reach. Each patient is read once."""
    wanted = {one.rpartition(".")[0] for one in ids} - {""}
    of_stays = {one.id: one.patient for one in stays.get_all(wanted)}
    patients = visible(reach, {of_stays.get(owner, owner) for owner in wanted})
    told = (one for patient in sorted(patients) for one in of_patient(reach, patient))
    return tuple(one for one in told if one.id in ids)


def _general(patient: str) -> tuple[FhirConsent, ...]:
    """A new version each time that a choice or its date changed."""
    found: dict[Subject, FhirConsent] = {}
    said: dict[Subject, _Said] = {}
    rows = StoredEvent.objects.filter(patient=patient, type=CONSENT).order_by("id").values_list("at", "data")
    for at, data in rows:
        for subject, now in _choices(_decode(bytes(data))["fields"]):
            if said.get(subject, _Said("", "")) != now:
                said[subject] = now
                number = found[subject].version.number + 1 if subject in found else 1
                found[subject] = FhirConsent(
                    f"{patient}.{subject}",
                    Version(number, moment(at)),
                    patient,
                    subject,
                    now.choice,
                    hl7_time(now.date) or "",
                )
    return tuple(found[subject] for subject, _ in _FIELDS if subject in found)


def _choices(fields: Sequence[str]) -> Iterator[tuple[Subject, _Said]]:
    padded = [*fields, *[""] * 12]
    for subject, number in _FIELDS:
        choice = (present(padded[number - 1]) or "").split("^")[0]
        yield subject, _Said(choice, present(padded[number]) or "")


def _of_stays(reach: Reach, documents: Sequence[StayDocument]) -> Iterator[FhirConsent]:
    """The version is that of the stay, which a consent collected for it changes."""
    patients = owners(reach, documents)
    told = [(one, one.dmp_consent) for one in documents if one.dmp_consent is not None and one.id in patients]
    times = last_changes([one.id for one, _ in told])
    for stay, choices in told:
        version = Version(stay.version, moment(times.get(stay.id, 0)))
        for subject, _ in _FIELDS:
            choice, date = _choice(choices, subject)
            yield FhirConsent(
                f"{stay.id}.{subject}", version, patients[stay.id], subject, choice, date, stay.id
            )


def _choice(choices: ConsentDocument, subject: Subject) -> tuple[str, str]:
    if subject == "feeding":
        return choices.feeding or "", choices.feeding_date or ""
    return choices.consultation or "", choices.consultation_date or ""
