"""Patients by traits, as the INS guide wants an existing record searched for: birth date first, then letters of a name.

Source: guide d'implémentation de l'INS dans les logiciels, EXI ID 17 (search for an existing record): at most the first
three letters of the name or of the first name, in fields apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.names import folded
from ecluse.services.index_births import birth_key, catch_up
from ecluse.services.queries.presentation import searchable
from ecluse.store.models import PatientState
from ecluse.store.models.access import PatientBirth

MOST_LETTERS = 3
_decode = msgspec.json.Decoder(Patient).decode


class IndexNotReady(Exception):
    """The index of birth dates is being filled: a search now could miss somebody."""


def by_birth(birth_date: str, name: str = "", first_name: str = "") -> list[str]:
    """Ids of the patients born that day, in their order; merged ones too.

    :param birth_date: AAAA-MM-JJ, AAAA-MM or AAAA, as precise as it was received; name: first letters of the birth name
        or of the used name; first_name: of a given name or of the used one. At most `MOST_LETTERS` of each count.
    :raises IndexNotReady: too much was stored since the index was last brought up to date.
    """
    key = birth_key(birth_date.replace("-", ""))
    if not key or not searchable(name, first_name):
        return []
    if not catch_up():
        raise IndexNotReady
    ids = PatientBirth.objects.filter(date=key).values("patient")
    rows = PatientState.objects.filter(id__in=ids).values_list("state", flat=True)
    wanted = (folded(name)[:MOST_LETTERS], folded(first_name)[:MOST_LETTERS])
    return sorted(patient.id for patient in map(_decode, rows) if _fits(patient, key, *wanted))


def _fits(patient: Patient, key: str, name: str, first_name: str) -> bool:
    """The index holds former dates too: the date is looked at again."""
    if birth_key(patient.birth_date) != key:
        return False
    families = (folded(one.family) for one in patient.names)
    return _begins(name, families) and _begins(first_name, _givens(patient))


def _givens(patient: Patient) -> Iterator[str]:
    for one in patient.names:
        yield folded(one.given)
        yield from folded(one.given_list).split()


def _begins(letters: str, names: Iterator[str]) -> bool:
    return not letters or any(name.startswith(letters) for name in names)
