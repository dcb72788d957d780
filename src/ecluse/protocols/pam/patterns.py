"""Compiles the profile into one regular expression per segment: the fast path of the validation.

A pattern is matched against the text of a segment followed by enough field separators, so that every field is there.
It accepts only clean values, in a single pass without backtracking over content; what it refuses may still be right
and is looked at by `explain`. Built for the delimiters `|^~\\&`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ecluse.protocols.pam.formats import PATTERNS, TEXT
from ecluse.protocols.pam.profile import CODED, Component, Field, Profile, Table

FILLED = r"(?=[\^ ]*+[^|^~& ])"
"""Look-ahead: the repetition has at least one component that is not empty."""

FREQUENT_COUNTRIES = ("BEL", "CHE", "DEU", "DZA", "ESP", "GBR", "ITA", "LUX", "MAR", "PRT", "TUN", "USA")
"""Countries that the fast checks accept besides FRA; the others are looked up by the explanations."""

_LONG_TABLE = 60

_FIRST_CODES = ("FRA", "PI", "INS", "PH", "CP", "PRN", "H", "BDL", "L", "D", "ISO", "VALI", "PROV", "UC")
"""Codes tried first, because they are the most frequent in an identity feed. Order changes speed only."""


_USUAL = {
    "MSH": {3, 4, 5, 6, 7, 9, 10, 11, 12, 17, 18, 19},
    "EVN": {2, 6},
    "PID": {1, 3, 5, 7, 8, 11, 13, 15, 16, 26, 31, 32, 33},
    "PD1": {2, 12},
    "ROL": {2, 3, 4},
    "NK1": {1, 2, 3, 4, 5, 7, 33},
    "ZFA": {1, 2, 9, 10, 11, 12},
    "ZFD": {3, 4, 5, 6, 7},
}
"""Fields usually filled in an identity feed: runs of the others are first tried as empty. Changes speed only."""

_XTN = (
    r"\^(?:NET\^(?:Internet|)\^(?=[^|^~&\\\x00-\x1f\x7f@]+@)[^|^~&\\\x00-\x1f\x7f]{0,199}+"
    r"|(?:PRN|ORN|WPN|VHN|ASN|EMR|BPN|)\^(?:PH|CP|FX|BP|MD|TDD|)(?:\^{9}\+?[0-9]{1,198}+|))"
)
"""A clean XTN: number in component 12 or e-mail in component 4 with NET (see `checks.identity.telecoms`)."""


class SegmentCheck(NamedTuple):
    """Fast check of a segment: `match(text + padding)` is true when every field is clean."""

    match: Callable[[str], re.Match[str] | None]
    padding: str


def segment_checks(profile: Profile) -> dict[str, SegmentCheck]:
    """The fast check of every segment of a profile."""
    return {
        name: SegmentCheck(
            re.compile(segment_pattern(name, profile, {}) + r"\Z", re.ASCII).match, "|" * (len(fields) + 1)
        )
        for name, fields in profile.segments.items()
    }


def segment_pattern(name: str, profile: Profile, own: Mapping[str, str]) -> str:
    """Pattern of a segment followed by field separators.

    :param own: patterns that replace those of the profile, by location (`PID-3`).
    """
    fields = profile.segments[name]
    head, rest = (r"MSH\|\^~\\&", fields[2:]) if name == "MSH" else (name, fields)
    usual = _USUAL.get(name, set())
    pattern, run, length = head, "", 0
    for field in rest:
        location = f"{name}-{field.n}"
        # Atomic: a field once read is not read again in another way, whatever fails further on. Without it the time
        # doubles with every empty field before a faulty one.
        one = rf"\|(?>{own[location] if location in own else field_pattern(field, profile)})"
        if field.n in usual or field.usage == "R" or location in own:
            pattern += _empty_or(run, length) + one
            run, length = "", 0
        else:
            run, length = run + one, length + 1
    return pattern + _empty_or(run, length) + r"\|*+"


def _empty_or(run: str, length: int) -> str:
    """A run of fields, first tried as empty. A field separator always follows, thanks to the padding."""
    if length < 2:
        return run
    return "(?>" + r"\|" * length + rf"(?=\|)|{run})"


def field_pattern(field: Field, profile: Profile) -> str:
    """Pattern of one field, with all its repetitions."""
    if field.usage == "X":
        return ""
    repetition = repetition_pattern(field, profile)
    if field.maximum == 1:
        if field.usage == "R":
            return FILLED + repetition
        return repetition if re.match(repetition, "|") else f"(?:{repetition}|)"
    more = "*+" if field.maximum is None else f"{{0,{field.maximum - 1}}}+"
    pattern = f"{FILLED}{repetition}(?:~{FILLED}{repetition}){more}"
    return pattern if field.usage == "R" else f"(?:{pattern}|)"


def repetition_pattern(field: Field, profile: Profile) -> str:
    """Pattern of one repetition of a field."""
    if not field.parts:
        return _simple(field.type, field.length, field.table, profile)
    if field.type == "XTN" and field.length == 250:
        return _XTN
    limit = ""
    if field.length is not None and _longest(field.parts, profile) > field.length:
        limit = rf"(?=[^|~]{{0,{field.length}}}+(?:[|~]|\Z))"
    return limit + _components(field.parts, profile)


def _components(parts: tuple[Component, ...], profile: Profile) -> str:
    """Components in order, the last ones optional: nested alternatives, so that each `^` is met once."""
    used = list(parts)
    while used and used[-1].usage == "X":
        used.pop()
    pattern = r"\^*+" if len(used) < len(parts) else ""
    for part in reversed(used):
        own = _part(part, profile)
        if part.n == 1:
            pattern = own + pattern
        elif any(later.usage == "R" for later in used if later.n >= part.n):
            pattern = rf"\^{own}{pattern}"
        else:
            pattern = rf"(?:\^{own}{pattern}|)"
    return pattern


def _part(part: Component, profile: Profile) -> str:
    if part.usage == "X":
        return ""
    required = r"(?=[^|^~& ])" if part.usage == "R" else ""
    if part.type == "HD":
        return required + _universal_identifier(profile.types["HD"], profile)
    inner = profile.types.get(part.type)
    if inner:
        length = (
            part.length if inner[0].length is None else min(inner[0].length, part.length or inner[0].length)
        )
        return required + _simple(inner[0].type, length, part.table or inner[0].table, profile)
    return required + _simple(part.type, part.length, part.table, profile)


def _universal_identifier(parts: tuple[Component, ...], profile: Profile) -> str:
    first, second, third = (_simple(part.type, part.length, part.table, profile) for part in parts)
    return rf"(?:(?=[^|^~& ]){first}(?:&{second}(?:&{third}|)|)|)"


def _simple(type_: str, length: int | None, table_id: str | None, profile: Profile) -> str:
    """Pattern of a simple value, possibly empty."""
    most = "" if length is None else length
    if type_ in PATTERNS:
        return f"(?:{PATTERNS[type_]}|)" if type_ in ("DT", "SI") else _limited(PATTERNS[type_], length)
    table = profile.tables.get(table_id or "")
    if type_ in CODED and table is not None and table.kind != "open":
        return _codes(table, length)
    if type_ == "varies" or (type_ not in CODED and type_ not in ("ST", "TX", "FT", "DTM")):
        return rf"[^|~\\\x00-\x1f\x7f]{{0,{most}}}+"
    return rf"{TEXT}{{0,{most}}}+"


def _limited(pattern: str, length: int | None) -> str:
    if length is None or length >= 24:
        return f"(?:{pattern}|)"
    return rf"(?:(?=[^|^~&]{{0,{length}}}+(?:[|^~&]|\Z)){pattern}|)"


def _codes(table: Table, length: int | None) -> str:
    """The codes of a table, sorted for speed and so that no code hides a longer one; or nothing."""
    codes = [code for code in table.codes if length is None or len(code) <= length]
    if len(codes) > _LONG_TABLE:
        codes = [code for code in codes if code in _FIRST_CODES or code in FREQUENT_COUNTRIES]
    codes.sort(
        key=lambda code: (_FIRST_CODES.index(code) if code in _FIRST_CODES else len(_FIRST_CODES), code)
    )
    ended = r"(?=[|^~&])"
    return "(?:" + "".join(re.escape(code) + ended + "|" for code in codes) + ")"


def _longest(parts: tuple[Component, ...], profile: Profile) -> int:
    """Most characters that the components allow together."""
    total = len(parts)
    for part in parts:
        if part.usage != "X":
            inner = profile.types.get(part.type)
            lengths = (
                [p.length or 10_000 for p in inner]
                if inner and part.type == "HD"
                else [part.length or 10_000]
            )
            total += sum(lengths) + len(lengths)
    return total
