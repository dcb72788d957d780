"""Formats of the simple HL7 data types: as patterns for the fast checks, as predicates for the explanations.

Every pattern accepts only what its predicate accepts (a property test holds them together). Source: HL7 v2.5, 2.A
(DT, TM, DTM, NM, SI), PAM France data types 1.8.1 (TS).
"""

from __future__ import annotations

import re
from calendar import monthrange

TEXT = r"[^|^~&\\\x00-\x1f\x7f]"
"""A character of a clean text: no delimiter, no escape, no control character."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_DAY = (
    r"(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
    r"|02(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:[0-5][0-9](?:\.[0-9]{1,4}|)|)|)"
_ZONE = r"(?:[+-](?:0[0-9]|1[0-4])[0-5][0-9]|)"
PATTERNS = {
    "DT": rf"[0-9]{{4}}(?:{_DAY}|0[1-9]|1[0-2]|)",
    "TM": _CLOCK + _ZONE,
    "DTM": rf"[0-9]{{4}}(?:{_DAY}(?:{_CLOCK}|)|0[1-9]|1[0-2]|){_ZONE}",
    "NM": r"[0-9]++(?:\.[0-9]++|)",
    "SI": r"[0-9]{1,4}+",
}
"""Patterns of non-empty clean values; February 29 is left to the predicates."""

_TIME = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})"
    r"(?P<clock>[0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:\.[0-9]{1,4})?)?)?)?)?)?(?P<zone>[+-][0-9]{4})?\Z"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)\Z")


def is_time(text: str) -> bool:
    """DTM: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ], on a day that exists."""
    match = _TIME.match(text)
    if match is None:
        return False
    year, month, day, clock, zone = match.group("year", "month", "day", "clock", "zone")
    if month and not 1 <= int(month) <= 12:
        return False
    if day and not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        return False
    return _is_clock(clock or "") and (not zone or (int(zone[1:3]) <= 14 and int(zone[3:]) <= 59))


def is_date(text: str) -> bool:
    """DT: YYYY[MM[DD]], on a day that exists."""
    return len(text) <= 8 and text.isdigit() and is_time(text)


def is_clock(text: str) -> bool:
    """TM: HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]."""
    return is_time("20000101" + text) and len(text) >= 2 and text[0] not in "+-"


def is_number(text: str) -> bool:
    """NM: an optional sign, digits, an optional decimal point."""
    return _NUMBER.match(text) is not None


def is_sequence(text: str) -> bool:
    """SI: up to four digits."""
    return text.isascii() and text.isdigit() and len(text) <= 4


def _is_clock(text: str) -> bool:
    digits = text[:6]
    pairs = [int(digits[start : start + 2]) for start in range(0, len(digits), 2)]
    return all(pair <= most for pair, most in zip(pairs, (23, 59, 59), strict=False))


PREDICATES = {
    "DT": is_date,
    "TM": is_clock,
    "DTM": is_time,
    "TS": is_time,
    "NM": is_number,
    "SI": is_sequence,
}
EXPECTED = {
    "DT": "AAAAMMJJ",
    "TM": "HHMM[SS]",
    "DTM": "AAAAMMJJ[HHMM[SS]][+/-ZZZZ]",
    "TS": "AAAAMMJJ[HHMM[SS]][+/-ZZZZ]",
    "NM": "9[.9]",
    "SI": "1",
}
"""How each format is shown to a person (A: year, M: month or minute, J: day, H: hour, S: second, Z: zone)."""
