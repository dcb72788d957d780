"""Extracts of invented people, line by line, and the numbers they need."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from ecluse.rules.annuaire import luhn_key

COLUMNS = tuple(
    files("ecluse.services.directory")
    .joinpath("data/PS_LibreAcces_Personne_activite_fictif.txt")
    .read_text("utf-8")
    .split("\n", 1)[0]
    .rstrip("|")
    .split("|")
)
HEADER = "|".join(COLUMNS) + "|"
_PLACES = {
    "kind": 1, "number": 2, "idnps": 3, "title": 4, "family": 8, "given": 9, "profession": 10, "profession_name": 11,
    "category": 12, "know_how": 16, "know_how_name": 17, "mode": 18, "finess": 22, "finess_ej": 23, "structure": 24,
    "structure_name": 25, "postal_code": 36, "city": 38, "sector": 49, "role": 53, "genre": 55,
}  # fmt: skip
"""Columns by their numbers in the documentation of the extraction."""
_USUAL = {
    "kind": "8", "family": "MARTEL", "given": "CLAIRE", "profession": "10", "profession_name": "Médecin",
    "category": "C", "know_how": "SM26", "know_how_name": "Médecine générale", "mode": "S", "finess": "0B0100012",
    "finess_ej": "0B0100004", "structure": "F0B0100012", "structure_name": "CH DE VALMONT", "postal_code": "00000",
    "city": "VALMONT", "sector": "SA01", "role": "FON-AU", "genre": "GENR01",
}  # fmt: skip


def rpps(rank: int) -> str:
    """A fictive RPPS with its key."""
    body = f"99700{rank:05d}"
    return body + luhn_key(body)


def line(**values: str) -> str:
    """A line of the extraction, with its separator at the end."""
    known = {**_USUAL, **values}
    known.setdefault("idnps", known["kind"] + known["number"])
    cells = [""] * len(COLUMNS)
    for name, value in known.items():
        cells[_PLACES[name] - 1] = value
    return "|".join(cells) + "|"


def extract(lines: Iterable[str]) -> bytes:
    """The bytes of a file."""
    return "\n".join([HEADER, *lines, ""]).encode()
