"""The five strict traits that make an INS with the matricule: read, compared, missing.

Source: Référentiel INS 2.1 (birth name, list of birth given names, birth date, sex, code of the birth place).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.names import BIRTH_NAME

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


def of(names: Iterable[Name], birth_date: str, sex: str, birth_place: str) -> Traits:
    """Strict traits from values as received: the name of type L gives the birth name and the given names."""
    for name in names:
        if name.type == BIRTH_NAME:
            return Traits(name.family, name.given_list, birth_date, sex, birth_place)
    return Traits("", "", birth_date, sex, birth_place)


def traits(patient: Patient) -> Traits:
    """Strict traits of a patient."""
    return of(patient.names, patient.birth_date, patient.sex, patient.birth_place)


def after(patient: Patient | None, data: Mapping[str, Any]) -> Traits:
    """Strict traits once the data of `patient.created` or `patient.updated` is folded."""
    get = data.get
    if patient is None:
        return of(get("names", ()), get("birth_date", ""), get("sex", ""), get("birth_place", ""))
    return of(
        get("names", patient.names),
        get("birth_date", patient.birth_date),
        get("sex", patient.sex),
        get("birth_place", patient.birth_place),
    )


def missing(values: Traits) -> tuple[str, ...]:
    """Names of the strict traits that are absent, incomplete (date) or not of the INSi (sex other than M or F)."""
    date = values.birth_date
    if values.sex in ("M", "F") and len(date) >= 8 and date[:8].isdigit() and all(values):
        return ()
    found = [name for name, value in zip(Traits._fields, values, strict=True) if not value]
    if date and not (len(date) >= 8 and date[:8].isdigit()):
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


def touched(before: Traits, after: Traits) -> bool:
    """True when a trait is erased, becomes another, or is completed."""
    if before == after:
        return False
    return contradict(before, after) or any(bool(a) != bool(b) for a, b in zip(before, after, strict=True))
