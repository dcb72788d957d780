"""What a message changes in the demographics: absent leaves unchanged, `""` erases, down to the component.

Names are kept by type (XPN-7), addresses by type (XAD-7), telecoms by use and equipment (XTN-2, XTN-3); within a
group the components merge when one repetition meets one repetition, otherwise the message's group replaces the kept
one. Other fields are replaced as a whole, because their components belong together (a code and its label, a doctor's
number and name); segments (NK1, ROL, AL1, OBX, ZFD) are a picture, replaced when present.
Source: HL7 v2.5, 2.5.3; PAM France 2.11.1, PID-5, PID-11, PID-13.
"""

from __future__ import annotations

from typing import Any

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import PersonFacts, Repetition
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.names import components, merge_names

Repetitions = tuple[Repetition, ...]

GROUPED: dict[str, tuple[int, ...]] = {"PID-6": (7,), "PID-11": (7,), "PID-13": (2, 3), "PID-14": (2, 3)}
"""Components (from 1) that tell the repetitions of a field apart."""

_ERASED: Repetitions = ((NULL,),)


def changes(patient: Patient | None, person: PersonFacts) -> dict[str, Any]:
    """Data of `patient.created` (patient is None) or `patient.updated`: only what differs from what is kept."""
    data: dict[str, Any] = {}
    kept = patient or _NOBODY
    names = kept.names
    if person.names and person.names != names:
        merged = merge_names(names, person.names)
        if merged != names:
            data["names"] = merged
    _scalars(kept, person, data)
    details = _details(kept, person)
    if details:
        data["details"] = details
    return data


def _scalars(kept: Patient, person: PersonFacts, data: dict[str, Any]) -> None:
    birth_place = person.birth_place
    if person.details.get("PID-11") == _ERASED:
        birth_place = NULL
    if person.birth_date and person.birth_date != kept.birth_date:
        _set(data, "birth_date", kept.birth_date, person.birth_date)
    if person.sex and person.sex != kept.sex:
        _set(data, "sex", kept.sex, person.sex)
    if birth_place and birth_place != kept.birth_place:
        _set(data, "birth_place", kept.birth_place, birth_place)
    if person.death_at and person.death_at != kept.death_at:
        _set(data, "death_at", kept.death_at, person.death_at)
    if person.death and person.death != kept.death:
        _set(data, "death", kept.death, person.death)
    if person.identity_unknown and person.identity_unknown != kept.identity_unknown:
        _set(data, "identity_unknown", kept.identity_unknown, person.identity_unknown)
    if person.corrected_birth_date and person.corrected_birth_date != kept.corrected_birth_date:
        _set(data, "corrected_birth_date", kept.corrected_birth_date, person.corrected_birth_date)


def _set(data: dict[str, Any], name: str, old: str, new: str) -> None:
    value = "" if new == NULL else new
    if value != old:
        data[name] = value


def _details(kept: Patient, person: PersonFacts) -> dict[str, Repetitions]:
    found: dict[str, Repetitions] = {}
    for location, repetitions in person.details.items():
        old = kept.details.get(location, ())
        if repetitions == old:
            continue
        if "-" not in location:
            new = repetitions
        elif repetitions == _ERASED:
            new = ()
        elif location in GROUPED:
            new = _merge_groups(old, repetitions, GROUPED[location])
        else:
            new = _cleaned(repetitions)
        if new != old:
            found[location] = new
    return found


def _trimmed(components: list[str]) -> Repetition:
    while components and not components[-1]:
        components.pop()
    return tuple(components)


def _cleaned(repetitions: Repetitions) -> Repetitions:
    """Repetitions without their nulls; those that become empty disappear."""
    for repetition in repetitions:
        if NULL in repetition:
            break
    else:
        return repetitions
    cleaned = [_trimmed(["" if value == NULL else value for value in one]) for one in repetitions]
    return tuple([repetition for repetition in cleaned if repetition])


def _merge_groups(old: Repetitions, new: Repetitions, by: tuple[int, ...]) -> Repetitions:
    if not old:
        return tuple([repetition for repetition in _cleaned(new) if _says_more(repetition, by)])
    groups = _group(old, by)
    for name, repetitions in _group(new, by).items():
        before = groups.get(name)
        if before == repetitions:
            continue
        if before is not None and len(before) == 1 and len(repetitions) == 1:
            repetitions = [_trimmed(components(before[0], repetitions[0]))]
        groups[name] = [one for one in _cleaned(tuple(repetitions)) if _says_more(one, by)]
    return tuple([repetition for group in groups.values() for repetition in group])


def _group(repetitions: Repetitions, by: tuple[int, ...]) -> dict[tuple[str, str], list[Repetition]]:
    groups: dict[tuple[str, str], list[Repetition]] = {}
    first, last = by[0] - 1, by[-1] - 1
    for repetition in repetitions:
        size = len(repetition)
        name = (repetition[first] if first < size else "", repetition[last] if last < size else "")
        groups.setdefault(name, []).append(repetition)
    return groups


def _says_more(repetition: Repetition, by: tuple[int, ...]) -> bool:
    """True when a repetition has a value besides those that only classify it."""
    size = len(repetition)
    said = size - repetition.count("")
    for number in by:
        if number <= size and repetition[number - 1]:
            said -= 1
    return said > 0


_NOBODY = Patient(id="")
