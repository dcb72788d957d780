"""The words that the console explains, each with who says so."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Term:
    """A word. id: its anchor; fr, en: as it is written; text: what it means; source: who says so."""

    id: str
    fr: str
    en: str
    text_fr: str
    text_en: str
    source: str


@cache
def terms(language: str) -> tuple[Term, ...]:
    """All words, in the alphabetical order of a language."""
    text = files("ecluse.services").joinpath("data/glossary.toml").read_text("utf-8")
    found = [Term(name, **body) for name, body in tomllib.loads(text).items()]
    return tuple(sorted(found, key=lambda one: _key(one.en if language == "en" else one.fr)))


def letter(term: Term, language: str) -> str:
    """The letter under which a word is listed."""
    return _key(term.en if language == "en" else term.fr)[0].upper()


def _key(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
    return "".join(one for one in bare if not unicodedata.combining(one)).casefold()
