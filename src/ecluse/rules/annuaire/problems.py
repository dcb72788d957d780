"""What is wrong with a number of a directory, in words for whoever typed it; the texts are in `data/problems.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from ecluse.rules.annuaire.numbers import (
    FinessLetters,
    adeli_well_formed,
    finess_valid,
    rpps_fictive,
    rpps_valid,
    siren_valid,
    siret_valid,
)

Environment = Literal["test", "production"]
Severity = Literal["error", "warning"]


class Problem(NamedTuple):
    """One thing wrong with a number. code: `rpps-key`…; an error forbids the number, a warning only tells."""

    code: str
    severity: Severity
    text_fr: str
    text_en: str
    source: str


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("data/problems.toml").read_text("utf-8")
    return tomllib.loads(text)


def _problem(code: str, severity: Severity = "error") -> Problem:
    body = _catalogue()[code]
    return Problem(code, severity, body["text_fr"], body["text_en"], body["source"])


def rpps_problem(text: str, environment: Environment) -> Problem | None:
    """What is wrong with a normalised RPPS; None when nothing is.

    Outside production a wrong key only warns: examples that circulate have one. In production a fictive number is an
    error: nobody holds it.
    """
    if len(text) != 11 or not _digits(text):
        return _problem("rpps-form")
    if not rpps_valid(text):
        return _problem("rpps-key", "error" if environment == "production" else "warning")
    if environment == "production" and rpps_fictive(text):
        return _problem("rpps-fictive")
    return None


def finess_problem(text: str, letters: FinessLetters = "one-two") -> Problem | None:
    """What is wrong with a normalised FINESS number; None when nothing is."""
    if not adeli_well_formed(text):  # the same form
        return _problem("finess-form")
    return None if finess_valid(text, letters) else _problem("finess-key")


def adeli_problem(text: str) -> Problem | None:
    """What is wrong with a normalised ADELI number; None when nothing is."""
    return None if adeli_well_formed(text) else _problem("adeli-form")


def siren_problem(text: str) -> Problem | None:
    """What is wrong with a normalised SIREN; None when nothing is."""
    if len(text) != 9 or not _digits(text):
        return _problem("siren-form")
    return None if siren_valid(text) else _problem("siren-key")


def siret_problem(text: str) -> Problem | None:
    """What is wrong with a normalised SIRET; None when nothing is."""
    if len(text) != 14 or not _digits(text):
        return _problem("siret-form")
    return None if siret_valid(text) else _problem("siret-key")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
