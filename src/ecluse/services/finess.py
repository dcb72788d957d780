"""Whether a FINESS number is written as it must be, for those who type one."""

from __future__ import annotations

from typing import NamedTuple

from ecluse.rules.annuaire import finess_problem, normalise
from ecluse.services.directory.settings import used


class Finess(NamedTuple):
    """A number as it is kept; text: what is wrong with it, in French and English, empty when nothing is."""

    number: str
    text_fr: str
    text_en: str


def read_finess(given: str) -> Finess:
    """A number as somebody typed it: nine characters, key of Luhn (référentiel FINESS)."""
    number = normalise(given)
    problem = finess_problem(number, used().finess_letters)
    return Finess(number, "", "") if problem is None else Finess(number, problem.text_fr, problem.text_en)
