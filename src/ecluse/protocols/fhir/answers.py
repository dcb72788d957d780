"""What this server says when it cannot answer as asked; the sentences are data (`data/outcomes.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Answer(NamedTuple):
    """An HTTP status, the code of issue-type, and the sentence in French and in English."""

    status: int
    type: str
    text_fr: str
    text_en: str


@cache
def answers() -> dict[str, Answer]:
    """Every answer, by its stable code."""
    data = tomllib.loads(files(__package__).joinpath("data/outcomes.toml").read_text("utf-8"))
    return {code: Answer(**body) for code, body in data.items()}
