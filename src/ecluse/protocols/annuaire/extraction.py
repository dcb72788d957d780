"""The file Personne_activite of the open extraction PS_LibreAcces: one line per activity of a professional.

UTF-8, separated by `|`, a header, no quoting, a separator at the end of each line. The header moves from one year to
the next (« d'exercice » or « exercice », capitals), and files before about 2020 end at column 52: columns are found by
their words. Source: documentation of the extraction, programs that read it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

SEPARATOR = "|"
_NAME = re.compile(r"Personne_activite_?(\d{12}|\d{8})?[^/]*\.(?:txt|csv)\Z", re.IGNORECASE)


class ExtractionRefused(Exception):
    """This is not the file Personne_activite. missing: the columns that it must have and has not, in their words."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(f"missing columns: {', '.join(missing)}")
        self.missing = missing


class Row(NamedTuple):
    """What is kept of a line; each text as it stands there, empty when absent.

    idnps: national identifier (8 and RPPS, 0 and ADELI); title: civilité d'exercice; profession: TRE_G15 or TRE_R94;
    category: C, E or M; mode: L, S or B; structure: its technical identifier; finess: of the site; finess_ej: of its
    entité juridique; idnst: former identifier of the structure.
    """

    kind: str
    number: str
    idnps: str
    title: str
    family: str
    given: str
    profession: str
    profession_name: str
    category: str
    know_how_type: str
    know_how: str
    know_how_name: str
    mode: str
    siret: str
    siren: str
    finess: str
    finess_ej: str
    structure: str
    structure_name: str
    sign: str
    postal_code: str
    city: str
    idnst: str
    sector: str
    sector_name: str
    role: str
    role_name: str
    genre: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells two activities apart: person, structure, mode, savoir-faire (columns 3, 24, 18, 16)."""
        return self.idnps, self.structure, self.mode, self.know_how


COLUMNS: dict[str, tuple[str, bool]] = {
    "kind": ("Type d’identifiant PP", True),
    "number": ("Identifiant PP", True),
    "idnps": ("Identification nationale PP", True),
    "title": ("Code civilité d’exercice", False),
    "family": ("Nom d’exercice", True),
    "given": ("Prénom d’exercice", True),
    "profession": ("Code profession", True),
    "profession_name": ("Libellé profession", False),
    "category": ("Code catégorie professionnelle", True),
    "know_how_type": ("Code type savoir-faire", False),
    "know_how": ("Code savoir-faire", True),
    "know_how_name": ("Libellé savoir-faire", False),
    "mode": ("Code mode exercice", True),
    "siret": ("Numéro SIRET site", False),
    "siren": ("Numéro SIREN site", False),
    "finess": ("Numéro FINESS site", True),
    "finess_ej": ("Numéro FINESS établissement juridique", True),
    "structure": ("Identifiant technique de la structure", True),
    "structure_name": ("Raison sociale site", True),
    "sign": ("Enseigne commerciale site", False),
    "postal_code": ("Code postal (coord. structure)", False),
    "city": ("Libellé commune (coord. structure)", False),
    "idnst": ("Ancien identifiant de la structure", False),
    "sector": ("Code secteur d’activité", False),
    "sector_name": ("Libellé secteur d’activité", False),
    "role": ("Code rôle", False),
    "role_name": ("Libellé rôle", False),
    "genre": ("Code genre activité", False),
}
"""Columns that are read: their words, and whether the file is refused without them."""


def _words(name: str) -> str:
    """The words of a header, however they are written: no capitals, accents, punctuation, nor elided article."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return " ".join(word for word in letters.split() if word not in ("d", "l"))


class Layout(NamedTuple):
    """Where the columns of a file are. width: columns of its header."""

    width: int
    pick: Callable[[list[str]], tuple[str, ...]]


def read_header(line: str) -> Layout:
    """Find the columns in the first line of a file.

    :raises ExtractionRefused: naming the required columns that are missing.
    """
    names = line.lstrip("\ufeff").rstrip("\r\n").split(SEPARATOR)
    if names and not names[-1].strip():
        names.pop()
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        places.setdefault(_words(name), place)
    found = {field: places.get(_words(name)) for field, (name, _) in COLUMNS.items()}
    missing = tuple(name for field, (name, needed) in COLUMNS.items() if needed and found[field] is None)
    if missing:
        raise ExtractionRefused(missing)
    # An absent column is read in an empty text put after the last one.
    return Layout(len(names), itemgetter(*(len(names) if at is None else at for at in found.values())))


def read_line(layout: Layout, line: str) -> Row | None:
    """One line; None when it has not the columns of the header, or designates nobody."""
    values = line.rstrip("\r\n").split(SEPARATOR)
    width = layout.width
    if len(values) == width + 1 and not values[-1]:
        pass
    elif len(values) == width:
        values.append("")
    else:
        return None
    row = Row._make(layout.pick(values))
    if not row.number or row.idnps != row.kind + row.number or "\x00" in line:
        return None
    return row


def is_activities(name: str) -> bool:
    """Whether a member of the ZIP is the file Personne_activite, by its name."""
    return _NAME.search(name) is not None


def published(name: str) -> str:
    """When a file was published, from its name: `AAAAMMJJhhmm` or `AAAAMMJJ`; empty when the name does not say it."""
    found = _NAME.search(name)
    return (found[1] or "") if found else ""
