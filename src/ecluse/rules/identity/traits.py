"""The five strict traits that make an INS with the matricule: read, compared, missing.

Source: Référentiel INS 2.1 (birth name, list of birth given names, birth date, sex, code of the birth place).
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.rules.identity.demographics import BIRTH_NAME
from ecluse.rules.identity.model import Patient

LOCATIONS = {
    "birth_name": "PID-5.1",
    "given_names": "PID-5.3",
    "birth_date": "PID-7",
    "sex": "PID-8",
    "birth_place": "PID-11.9",
}
"""Where each strict trait is expected in a message."""


class Traits(NamedTuple):
    """The strict traits of a patient as received; an unknown one is the empty string."""

    birth_name: str
    given_names: str
    birth_date: str
    sex: str
    birth_place: str


def traits(patient: Patient) -> Traits:
    """Strict traits of a patient: name of type L, its list of given names, date, sex, COG code."""
    family = given_list = ""
    for name in patient.names:
        if name.type == BIRTH_NAME:
            family, given_list = name.family, name.given_list
    return Traits(family, given_list, patient.birth_date, patient.sex, patient.birth_place)


def missing(patient: Patient) -> tuple[str, ...]:
    """Names of the strict traits that are absent, incomplete (date) or not of the INSi (sex other than M or F)."""
    values = traits(patient)
    found = [name for name, value in zip(Traits._fields, values, strict=True) if not value]
    if values.birth_date and not (len(values.birth_date) >= 8 and values.birth_date[:8].isdigit()):
        found.append("birth_date")
    if values.sex and values.sex not in ("M", "F"):
        found.append("sex")
    return tuple(found)


def _plain(value: str) -> str:
    return " ".join(value.split()).upper()


def contradict(one: Traits, other: Traits) -> bool:
    """True when a trait known on both sides differs; case, repeated blanks and the hour of birth are no difference."""
    if one == other:
        return False
    for position, (left, right) in enumerate(zip(one, other, strict=True)):
        if left != right and left and right:
            if position == 2:
                left, right = left[:8], right[:8]
            if _plain(left) != _plain(right):
                return True
    return False


def changed(before: Traits, after: Traits) -> bool:
    """True when a trait that was known is erased or becomes another; a trait that was missing may be completed."""
    if before == after:
        return False
    return contradict(before, after) or any(old and not new for old, new in zip(before, after, strict=True))
