"""The words of the pages about a patient, from `data/patient_words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.services.queries.documents import Sentence


class Remedy(NamedTuple):
    """What to do, and the page where: `survivor`, `suspects`, `senders`, `message`, or empty."""

    page: str
    said: Sentence


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("ecluse.services").joinpath("data/patient_words.toml").read_text("utf-8"))


def word(table: str, name: str) -> Sentence:
    """A word of a table; the name itself when the table has none for it."""
    found = _tables()[table].get(name)
    return Sentence(found["fr"], found["en"]) if found is not None else Sentence(name, name)


def remedy(reason: str) -> Remedy | None:
    """What to do when an INS may not be used for that reason."""
    found = _tables()["remedies"].get(reason)
    return None if found is None else Remedy(found["page"], Sentence(found["fr"], found["en"]))


def remedies() -> frozenset[str]:
    """The reasons that have a remedy."""
    return frozenset(_tables()["remedies"])
