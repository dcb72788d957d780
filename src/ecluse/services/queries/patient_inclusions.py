"""Which inclusion lists follow a patient: devices and services outside of these lists see nobody of it."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.services.access import Reach
from ecluse.services.queries.presentation import moment
from ecluse.store.models import PatientState
from ecluse.store.models.access import Inclusion, InclusionList


@dataclass(frozen=True, slots=True)
class ListedPatient:
    """An inclusion list of the domain of the patient. included: None when the list never named it; since: when it was
    included or excluded; purge: what was delivered is to be purged.
    """

    id: str
    name: str
    included: bool | None
    since: str | None
    purge: bool


def patient_inclusions(reach: Reach, patient: str) -> tuple[ListedPatient, ...]:
    """The lists that may name a patient, those that follow it first."""
    domain = PatientState.objects.filter(id=patient).values_list("domain_id", flat=True).first()
    if domain is None or patient not in reach.placed({patient: domain}):
        return ()
    lists = InclusionList.objects.filter(domain_id=domain).order_by("name")
    said = {one.list_id: one for one in Inclusion.objects.filter(patient=patient, list__in=lists)}
    found = [_listed(one, said.get(one.id)) for one in lists]
    return tuple(sorted(found, key=lambda one: (not one.included, one.included is None, one.name)))


def _listed(one: InclusionList, said: Inclusion | None) -> ListedPatient:
    if said is None:
        return ListedPatient(one.id, one.name, None, None, False)
    return ListedPatient(one.id, one.name, said.included, moment(said.since), said.purge)
