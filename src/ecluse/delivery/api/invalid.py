"""What does not fit in a request, said in both languages, at the places of what the client sent."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from ecluse.delivery.api import problems
from ecluse.delivery.api.problems import Problem

_PROBLEMS = {"search_unclear": "search-unclear", "three_letters": "three-letters"}
"""Errors of our own checks that are problems by themselves."""
_BOUNDS = ("expected", "max_length", "min_length", "pattern", "ge", "gt", "le", "lt")
_LONGEST = 100


def unfit(request: HttpRequest, error: Any) -> HttpResponse:
    """422: where and why, without the values received."""
    for one in error.errors:
        if one["type"] in _PROBLEMS:
            return problems.answer(Problem(_PROBLEMS[one["type"]]))
    body = _body(request)
    found = [told(_where(one["loc"], body), str(one["type"]), one.get("ctx") or {}) for one in error.errors]
    fr = ", ".join(dict.fromkeys(one["where"] or "le corps entier" for one in found))[:300]
    en = ", ".join(dict.fromkeys(one["where"] or "the whole body" for one in found))[:300]
    problem = Problem(
        "validation", f"Ne conviennent pas\u00a0: {fr}.", f"Do not fit: {en}.", errors=found[:50]
    )
    return problems.answer(problem)


def told(where: str, kind: str, bounds: Mapping[str, Any] | None = None) -> dict[str, str]:
    """One member of `errors`.

    :param where: JSON pointer (RFC 6901) in the body, empty: the body itself; `query.NAME` and `path.NAME` elsewhere.
    :param kind: type of the error, in the words of pydantic.
    :param bounds: what the check says of itself.
    """
    texts = _texts()
    name = where.replace("/", ".").rpartition(".")[2]
    sentence = texts["type"].get(kind, texts["type"]["other"])
    if kind == "string_pattern_mismatch":
        sentence = texts["field"].get(name, sentence)
    values = {one: str((bounds or {}).get(one, "?")) for one in _BOUNDS}
    fr, en = (sentence[language].format_map(values)[:300] for language in ("fr", "en"))
    what = en if get_language() == "en" else fr
    return {"where": where, "type": kind, "what": what, "what_fr": fr, "what_en": en}


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("ecluse.delivery.api").joinpath("data/invalid.toml").read_text("utf-8"))


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body) if request.body else None
    except (ValueError, RecursionError):
        return None


def _where(place: Sequence[str | int], body: Any) -> str:
    """Where an error is, in what the client sent: the names of our own forms, which pydantic adds, are left out."""
    if place[0] != "body":
        return ".".join(map(str, place))[:_LONGEST]
    pointer, here, steps = "", body, place[2:]
    for rank, step in enumerate(steps):
        held = isinstance(here, dict) and step in here
        if isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here):
            held = True
        if held:
            here = here[step]
        elif rank < len(steps) - 1 or not isinstance(here, dict):
            continue  # the name of a form, or of one of the forms that were possible
        pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return pointer[:_LONGEST]
