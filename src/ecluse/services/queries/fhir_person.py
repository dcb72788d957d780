"""A stored identity as the FHIR builders are told it: what stands where in PID, PD1, NK1, ROL and ZFD.

Every matricule that stands where no INS belongs is masked, and an identifier that would have to be masked is left out.
Source: HL7 v2.5, 3.4 (PID, PD1, NK1), 15.4.7 (ROL), and the data types XAD, XTN, XCN; PAM France 2.11.1, ZFD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ecluse.protocols.fhir.facts import (
    FhirAddress,
    FhirContact,
    FhirIdentifier,
    FhirIdentity,
    FhirIns,
    FhirName,
    FhirPractitioner,
    FhirReliability,
    FhirTelecom,
    Version,
)
from ecluse.protocols.fhir.reading import codes
from ecluse.protocols.hl7 import unescape
from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity.model import Patient
from ecluse.services.queries.demographics import masked
from ecluse.services.queries.masking import hide_all, hide_identifier
from ecluse.services.queries.presentation import hl7_date, hl7_time, present
from ecluse.services.queries.standing import Standing

Components = Sequence[str]
Details = Mapping[str, tuple[tuple[str, ...], ...]]

_BIRTH_PLACE = "BDL"
_TRUSTED = frozenset({"VALI", "PROV"})


def identity(
    patient: Patient,
    standing: Standing,
    *,
    version: Version,
    domain: str,
    merged_into: str,
    replaces: tuple[str, ...],
) -> FhirIdentity:
    """An identity for the builders.

    :param standing: its trust, and the INS that may be shown.
    :param domain: OID of its identification domain, or empty.
    :param merged_into: survivor, when the reader may know of it; replaces: merged patients the reader may know of.
    """
    details = dict(masked(patient.details))
    shown = standing.ins
    return FhirIdentity(
        id=patient.id,
        version=version,
        domain=domain,
        reliability=_reliability(patient, standing, details),
        ins=FhirIns(shown.matricule, shown.oid) if shown else None,
        identifiers=tuple(_identifiers(patient)),
        names=tuple(map(_name, patient.names)),
        birth_date=hl7_date(patient.birth_date) or "",
        birth_date_corrected=patient.corrected_birth_date,
        birth_place=_birth_place(patient, details),
        sex=present(patient.sex) or "",
        addresses=tuple(_addresses(details.get("PID-11", ()))),
        telecoms=(
            *_telecoms(details.get("PID-13", ()), work=False),
            *_telecoms(details.get("PID-14", ()), work=True),
        ),
        language=_first(details, "PID-15"),
        marital_status=_first(details, "PID-16"),
        nationalities=tuple(filter(None, (_at(one, 1) for one in details.get("PID-26", ())))),
        deceased=patient.death,
        death_at=hl7_time(patient.death_at) or "",
        multiple_birth=_first(details, "PID-24"),
        birth_order=_first(details, "PID-25"),
        contacts=tuple(map(_contact, details.get("NK1", ()))),
        practitioners=tuple(_practitioners(details)),
        merged_into=merged_into,
        replaces=replaces,
    )


def _reliability(patient: Patient, standing: Standing, details: Details) -> FhirReliability:
    """ZFD is a picture: its last segment holds."""
    segment = details.get("ZFD", ((),))[-1]
    return FhirReliability(
        trust=standing.trust,
        attributes=tuple(code for code in hide_all(patient.statuses) if code not in _TRUSTED),
        method=_field(segment, 5),
        asked_on=hl7_date(_field(segment, 6)) or "",
        proof=_field(segment, 7),
    )


def _identifiers(patient: Patient) -> Iterator[FhirIdentifier]:
    for one in patient.identifiers:
        # A masked number designates nobody, or somebody else.
        if hide_identifier(one.value, one.type, one.oid) == one.value:
            authority = present(one.authority) or ""
            yield FhirIdentifier(one.value, one.type, authority, present(one.oid) or "")


def _name(one: Name) -> FhirName:
    """PID-5 of type L is the birth name, of type D the used name (PAM France 2.11.1, XPN-7)."""
    family, given, listed, prefix = (
        hide_all(present(part) or "") for part in (one.family, one.given, one.given_list, one.prefix)
    )
    if one.type == "L":
        return FhirName("official", family, given, listed, prefix)
    return FhirName("usual" if one.type == "D" else "", family, given, "", prefix)


def _birth_place(patient: Patient, details: Details) -> FhirAddress | None:
    code = present(patient.birth_place) or ""
    for one in details.get("PID-11", ()):
        if _at(one, 7) == _BIRTH_PLACE:
            return FhirAddress(
                city=_at(one, 3), state=_at(one, 4), country=_at(one, 6), type=_BIRTH_PLACE, insee=code
            )
    return FhirAddress(type=_BIRTH_PLACE, insee=code) if code else None


def _addresses(repetitions: Sequence[Components]) -> Iterator[FhirAddress]:
    for one in repetitions:
        if _at(one, 7) != _BIRTH_PLACE:
            yield FhirAddress(
                street=_at(one, 1).split("&")[0],
                complement=_at(one, 2),
                city=_at(one, 3),
                state=_at(one, 4),
                postal_code=_at(one, 5),
                country=_at(one, 6),
                type=_at(one, 7),
                insee=_at(one, 9),
            )


def _telecoms(repetitions: Sequence[Components], *, work: bool) -> Iterator[FhirTelecom]:
    """XTN-12 holds the number in France; XTN-1 is met."""
    for one in repetitions:
        yield FhirTelecom(_at(one, 12) or _at(one, 1), _at(one, 4), _at(one, 2), _at(one, 3), work)


def _contact(fields: Components) -> FhirContact:
    name = next(iter(_repetitions(fields, 2)), ())
    return FhirContact(
        family=hide_all(_at(name, 1).split("&")[0]),
        given=hide_all(_at(name, 2)),
        relationship=_coded(fields, 3),
        role=_coded(fields, 7),
        organization=hide_all(_coded(fields, 13)),
        addresses=tuple(_addresses(_repetitions(fields, 4))),
        telecoms=(
            *_telecoms(_repetitions(fields, 5), work=False),
            *_telecoms(_repetitions(fields, 6), work=True),
        ),
    )


def _practitioners(details: Details) -> Iterator[FhirPractitioner]:
    """The primary care provider (PD1-4), and the general practitioners of ROL with the ways to reach them (ROL-12)."""
    for one in details.get("PD1-4", ()):
        yield _practitioner(one, ())
    for fields in details.get("ROL", ()):
        if _coded(fields, 3) in codes("practitioner")["general"]:
            telecoms = tuple(_telecoms(_repetitions(fields, 12), work=True))
            for person in _repetitions(fields, 4):
                yield _practitioner(person, telecoms)


def _practitioner(person: Components, telecoms: tuple[FhirTelecom, ...]) -> FhirPractitioner:
    authority = [*_at(person, 9).split("&"), "", ""]
    number = _at(person, 1)
    return FhirPractitioner(
        identifier=FhirIdentifier(
            "" if "…" in number else number, _at(person, 13), authority[0], authority[1]
        ),
        family=hide_all(_at(person, 2).split("&")[0]),
        given=hide_all(_at(person, 3)),
        prefix=_at(person, 6),
        telecoms=telecoms,
    )


def _repetitions(fields: Components, number: int) -> tuple[tuple[str, ...], ...]:
    """Repetitions of a field (from 1) of a segment kept as ER7 text, each as components."""
    text = fields[number - 1] if len(fields) >= number else ""
    return tuple(tuple(unescape(component) for component in one.split("^")) for one in text.split("~") if one)


def _field(fields: Components, number: int) -> str:
    """First component of a field of a segment."""
    return _at(next(iter(_repetitions(fields, number)), ()), 1)


def _coded(fields: Components, number: int) -> str:
    return _field(fields, number).split("&")[0]


def _first(details: Details, location: str) -> str:
    """First component of the first repetition of a field."""
    return _at(next(iter(details.get(location, ())), ()), 1)


def _at(components: Components, number: int) -> str:
    """A component (from 1); empty when it is absent or erased."""
    return (present(components[number - 1]) or "") if len(components) >= number else ""
