"""What is known of a person beside the traits, in words that need no knowledge of HL7 where that is simple.

Source: HL7 v2.5, 3.4.2 (PID), 3.4.10 (PD1), 3.4.5 (NK1), 15.4.7 (ROL), and the data types XAD, XTN, XPN, XCN, CE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecluse.protocols.hl7 import unescape
from ecluse.rules.identity.model import Patient
from ecluse.services.queries.masking import hide_all, hide_components, hide_field
from ecluse.services.queries.presentation import hl7_time, present

Details = Mapping[str, tuple[tuple[str, ...], ...]]
Fields = Sequence[str]

_NAMED = ("PID-11", "PID-13", "PID-14", "PID-15", "PID-16", "PID-26", "PD1-4", "NK1", "ROL")
_SEGMENT = 3
"""Length of the name of a segment: a location that long holds fields, a longer one components."""


@dataclass(frozen=True, slots=True)
class Demographic:
    """One demographic element: its HL7 location and its repetitions, each as components (fields for a
    segment).
    """

    location: str
    values: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address (XAD). type: table 0190 of the profile, `H` home, `BDL` place of birth."""

    street: str | None
    complement: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    type: str | None


@dataclass(frozen=True, slots=True)
class Telecom:
    """A way to reach somebody (XTN). use: table 0201 (`PRN`…); equipment: table 0202 (`PH`, `CP`…)."""

    number: str | None
    email: str | None
    use: str | None
    equipment: str | None


@dataclass(frozen=True, slots=True)
class Doctor:
    """A professional around the patient. role: code of ROL-3, or `PD1-4` for the primary care provider."""

    role: str | None
    id: str | None
    family: str | None
    given: str | None
    telecoms: tuple[Telecom, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to reach (NK1). relationship: NK1-3; role: NK1-7 (person of trust, to warn…)."""

    family: str | None
    given: str | None
    relationship: str | None
    role: str | None
    addresses: tuple[Address, ...]
    telecoms: tuple[Telecom, ...]


@dataclass(frozen=True, slots=True)
class Demographics:
    """Everything demographic. death_at: ISO 8601, as precise as received; other: by HL7 location."""

    addresses: tuple[Address, ...]
    telecoms: tuple[Telecom, ...]
    language: str | None
    marital_status: str | None
    nationalities: tuple[str, ...]
    death_at: str | None
    doctors: tuple[Doctor, ...]
    contacts: tuple[Contact, ...]
    other: tuple[Demographic, ...]


def demographics(patient: Patient) -> Demographics:
    """Read the details of a patient; every matricule that stands there is masked."""
    details = dict(masked(patient.details))
    home = (*details.get("PID-13", ()), *details.get("PID-14", ()))
    return Demographics(
        addresses=tuple(map(_address, details.get("PID-11", ()))),
        telecoms=tuple(map(_telecom, home)),
        language=_code(details.get("PID-15", ())),
        marital_status=_code(details.get("PID-16", ())),
        nationalities=tuple(filter(None, (_at(one, 1) for one in details.get("PID-26", ())))),
        death_at=hl7_time(patient.death_at),
        doctors=tuple(_doctors(details)),
        contacts=tuple(map(_contact, details.get("NK1", ()))),
        other=tuple(
            Demographic(name, values) for name, values in sorted(details.items()) if name not in _NAMED
        ),
    )


def masked(details: Details) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """The details by location, without any matricule."""
    for name, values in details.items():
        if len(name) == _SEGMENT:
            yield name, tuple(tuple(map(hide_field, fields)) for fields in values)
        else:
            yield name, tuple(map(hide_components, values))


def _doctors(details: Details) -> Iterator[Doctor]:
    for one in details.get("PD1-4", ()):
        yield _doctor("PD1-4", one, ())
    for fields in details.get("ROL", ()):
        role = _code(_repetitions(fields, 3))
        telecoms = tuple(map(_telecom, _repetitions(fields, 12)))
        for person in _repetitions(fields, 4):
            yield _doctor(role, person, telecoms)


def _doctor(role: str | None, person: Fields, telecoms: tuple[Telecom, ...]) -> Doctor:
    return Doctor(role, _at(person, 1), hide_all(_at(person, 2)), hide_all(_at(person, 3)), telecoms)


def _contact(fields: Fields) -> Contact:
    name = next(iter(_repetitions(fields, 2)), ())
    return Contact(
        family=hide_all(_at(name, 1)),
        given=hide_all(_at(name, 2)),
        relationship=_code(_repetitions(fields, 3)),
        role=_code(_repetitions(fields, 7)),
        addresses=tuple(map(_address, _repetitions(fields, 4))),
        telecoms=tuple(map(_telecom, (*_repetitions(fields, 5), *_repetitions(fields, 6)))),
    )


def _address(one: Fields) -> Address:
    return Address(_at(one, 1), _at(one, 2), _at(one, 3), _at(one, 5), _at(one, 6), _at(one, 7))


def _telecom(one: Fields) -> Telecom:
    return Telecom(_at(one, 12) or _at(one, 1), _at(one, 4), _at(one, 2), _at(one, 3))


def _repetitions(fields: Fields, number: int) -> tuple[tuple[str, ...], ...]:
    """Repetitions of a field (from 1) of a segment, as components; a subcomponent counts for its component."""
    text = fields[number - 1] if len(fields) >= number else ""
    return tuple(
        tuple(unescape(component.split("&")[0]) for component in one.split("^"))
        for one in text.split("~")
        if one
    )


def _code(repetitions: Sequence[Fields]) -> str | None:
    return _at(repetitions[0], 1) if repetitions else None


def _at(components: Fields, number: int) -> str | None:
    """A component (from 1), or None when it is absent or erased."""
    return present(components[number - 1]) if len(components) >= number else None
