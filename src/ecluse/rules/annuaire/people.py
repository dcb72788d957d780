"""National identifiers as HL7, PSC and the directory write them: a digit for the kind, then the number.

Source: Annuaire Santé (IDNPS: 8 and RPPS, 0 and ADELI; IDNST: 1 FINESS, 2 SIREN, 3 SIRET, 4 RPPS-rang, 0 ADELI).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ecluse.rules.annuaire.numbers import (
    adeli_well_formed,
    finess_valid,
    rpps_valid,
    siren_valid,
    siret_valid,
)

Kind = Literal["rpps", "adeli", "finess", "siren", "siret", "rpps-rang"]


class NationalNumber(NamedTuple):
    """A number, and the directory that it is of."""

    kind: Kind
    number: str


def read_person(idnps: str) -> NationalNumber | None:
    """Who an IDNPS designates; None when it is not one, or is that of an employee (3 to 6), who has no RPPS."""
    if idnps[:1] == "8" and rpps_valid(idnps[1:]):
        return NationalNumber("rpps", idnps[1:])
    if idnps[:1] == "0" and adeli_well_formed(idnps[1:]):
        return NationalNumber("adeli", idnps[1:])
    return None


def read_structure(idnst: str) -> NationalNumber | None:
    """Which structure an IDNST designates; None when it is not one."""
    kind, number = idnst[:1], idnst[1:]
    if kind == "1" and finess_valid(number):
        return NationalNumber("finess", number)
    if kind == "2" and siren_valid(number):
        return NationalNumber("siren", number)
    if kind == "3" and siret_valid(number):
        return NationalNumber("siret", number)
    if kind == "4" and number.isascii() and number.isdigit():
        return NationalNumber("rpps-rang", number)
    if kind == "0" and adeli_well_formed(number):
        return NationalNumber("adeli", number)
    return None


def rpps_of(text: str) -> str | None:
    """The RPPS in a text that is one, or an IDNPS made of one (8 and eleven digits); None otherwise."""
    if rpps_valid(text):
        return text
    person = read_person(text)
    return person.number if person is not None and person.kind == "rpps" else None
