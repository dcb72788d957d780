"""JSON of a provider read with suspicion: objects only, each member once, numbers that are numbers."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

_LATEST = 253_402_300_800
"""Seconds since 1970 of the year 10000: a later moment is no moment."""


def read_object(text: bytes | str) -> dict[str, Any]:
    """The members of a JSON object.

    :raises ValueError: for anything else, for a member given twice, for NaN, for nesting without end.
    """
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def word(value: object, longest: int = 2048) -> str:
    """A text that is there, printable and not too long; else an empty text."""
    return value if isinstance(value, str) and len(value) <= longest and value.isprintable() else ""


def words(value: object, most: int = 100) -> tuple[str, ...]:
    """The texts of a list, or nothing."""
    return tuple(text for one in value[:most] if (text := word(one))) if isinstance(value, list) else ()


def moment(value: object) -> int | None:
    """A NumericDate (RFC 7519, 2): seconds since 1970, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and 0 <= value < _LATEST else None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
