"""What acts of the journal and lines of the access trail are called, and the families under which they are searched."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["acts", "accesses"]
Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """An act or an access in words. group: its family."""

    name: str
    group: str
    fr: str
    en: str

    def within(self, language: str) -> str:
        """In a language."""
        return self.en if language == "en" else self.fr


@cache
def words(kind: Kind) -> dict[str, Words]:
    """All that have words, by name."""
    return {name: Words(name, **body) for name, body in _data()[kind].items()}


@cache
def groups() -> dict[str, tuple[str, str]]:
    """Families by name: French and English."""
    return {name: (body["fr"], body["en"]) for name, body in _data()["groups"].items()}


def told(kind: Kind, name: str, language: str) -> str:
    """What an act or an access is called; its name when this release has no words for it."""
    found = words(kind).get(name)
    return name if found is None else found.within(language)


def given(name: str, language: str) -> str:
    """What an argument of an act is called; its name when this release has no words for it."""
    found = _data()["given"].get(name)
    return name if found is None else found["en" if language == "en" else "fr"]


def members(kind: Kind, group: str) -> tuple[str, ...]:
    """The names in a family; a name alone is its own family."""
    return tuple(one.name for one in words(kind).values() if one.group == group) or (group,)


@cache
def _data() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("ecluse.services").joinpath("data/audit.toml").read_text("utf-8"))
