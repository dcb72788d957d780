"""The numbers of the national directories (RPPS, ADELI, FINESS, SIREN, SIRET): their form, their key, and why not."""

from ecluse.rules.annuaire.luhn import luhn_key, luhn_valid
from ecluse.rules.annuaire.numbers import (
    FinessLetters,
    adeli_well_formed,
    finess_valid,
    normalise,
    rpps_fictive,
    rpps_valid,
    siren_valid,
    siret_valid,
)
from ecluse.rules.annuaire.people import NationalNumber, read_person, read_structure, rpps_of
from ecluse.rules.annuaire.problems import (
    Problem,
    adeli_problem,
    finess_problem,
    rpps_problem,
    siren_problem,
    siret_problem,
)

__all__ = [
    "FinessLetters",
    "NationalNumber",
    "Problem",
    "adeli_problem",
    "adeli_well_formed",
    "finess_problem",
    "finess_valid",
    "luhn_key",
    "luhn_valid",
    "normalise",
    "read_person",
    "read_structure",
    "rpps_fictive",
    "rpps_of",
    "rpps_problem",
    "rpps_valid",
    "siren_problem",
    "siren_valid",
    "siret_problem",
    "siret_valid",
]
