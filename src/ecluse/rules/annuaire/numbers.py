"""Whether a number of a national directory is written as it must be; whether it was given is for the directory to say.

Sources: FAQ of the RPPS (11 digits, key of Luhn over all); FINESS (9 characters, key of Luhn, the letter of Corsica
counted 1 or 2: inferred, hence `FinessLetters`); SIRENE (key of Luhn; establishments of La Poste excepted).
"""

from __future__ import annotations

import re
from typing import Literal

from ecluse.rules.annuaire.luhn import luhn_valid

FinessLetters = Literal["one-two", "unchecked"]
"""How the key of a FINESS number with a letter is checked: `one-two`: A counts 1 and B counts 2; `unchecked`: not at
all. The rule could not be read in an official text; all numbers seen follow it, so it is the default."""

FICTIVE = "99700"
"""First digits of the RPPS that the agency gives for tests."""
LA_POSTE = "356000000"
LA_POSTE_HEAD_OFFICE = "35600000000048"
"""The one establishment of La Poste whose SIRET follows Luhn."""

_RPPS = re.compile(r"\d{11}", re.ASCII)
_FINESS = re.compile(r"\d[\dAB]\d{7}", re.ASCII)
"""The department first: 2A or 2B in Corsica, and letters in the structures of test (0B0152872)."""
_ADELI = re.compile(r"\d[\dAB]\d{7}", re.ASCII)
_SIREN = re.compile(r"\d{9}", re.ASCII)
_SIRET = re.compile(r"\d{14}", re.ASCII)
_LETTERS = str.maketrans("AB", "12")


def normalise(text: str) -> str:
    """A number as it is compared and kept: in capitals, without blanks nor the points and dashes between its parts."""
    return re.sub(r"[\s.\-]+", "", text).upper()


def rpps_valid(text: str) -> bool:
    """True for eleven digits whose last one is the key of Luhn."""
    return _RPPS.fullmatch(text) is not None and _given(text) and luhn_valid(text)


def rpps_fictive(text: str) -> bool:
    """True for an RPPS that the agency gives for tests (99700…): nobody holds it."""
    return text.startswith(FICTIVE)


def finess_valid(text: str, letters: FinessLetters = "one-two") -> bool:
    """True for nine characters whose last one is the key; entités juridiques and géographiques share the form."""
    if _FINESS.fullmatch(text) is None or not _given(text):
        return False
    return (letters == "unchecked" and not text.isdigit()) or luhn_valid(text.translate(_LETTERS))


def adeli_well_formed(text: str) -> bool:
    """True for nine characters of the form of ADELI. Its key is not checked: no source that could be read says it."""
    return _ADELI.fullmatch(text) is not None and _given(text)


def siren_valid(text: str) -> bool:
    """True for nine digits whose last one is the key of Luhn."""
    return _SIREN.fullmatch(text) is not None and _given(text) and luhn_valid(text)


def siret_valid(text: str) -> bool:
    """True for fourteen digits: a SIREN, then five digits, with the key of Luhn.

    The digits of an establishment of La Poste add up to a multiple of 5 instead (its head office aside).
    """
    if _SIRET.fullmatch(text) is None or not siren_valid(text[:9]):
        return False
    if text.startswith(LA_POSTE) and text != LA_POSTE_HEAD_OFFICE:
        return sum(map(int, text)) % 5 == 0
    return luhn_valid(text)


def _given(text: str) -> bool:
    """False for zeros only: they have a right key and were given to nobody."""
    return text.strip("0") != ""
