"""What may go wrong when something is asked over HTTP, by stable code (RFC 9457), in French and in English."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class ProblemType(NamedTuple):
    """A kind of problem. status: of HTTP; title: what happened; action: what to do."""

    code: str
    status: int
    title_fr: str
    title_en: str
    action_fr: str
    action_en: str


@cache
def problem_types() -> dict[str, ProblemType]:
    """Every kind of problem, by code."""
    text = files("ecluse.services").joinpath("data/problems.toml").read_text("utf-8")
    return {code: ProblemType(code, **values) for code, values in tomllib.loads(text).items()}
