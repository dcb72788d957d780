"""How stored values are written for readers: dates and times, and matricules that may not be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DIGITS = re.compile(r"\d+")
_MATRICULE = re.compile(
    r"(?<![0-9A-Za-z.])([1-478][0-9]{2})([0-9]{2})(2[AB]|[0-9]{2})([0-9]{6})([0-9]{2})?(?![0-9A-Za-z]|\.[0-9])"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NULL = '""'
"""The explicit null of HL7."""


def moment(microseconds: int) -> str:
    """A stored time (microseconds since 1970) as ISO 8601 in UTC, to the millisecond:
    `2026-11-20T08:30:00.123Z`.
    """
    return (
        (_EPOCH + timedelta(microseconds=microseconds))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def microseconds(when: datetime) -> int:
    """A time as it is stored. A time without zone is taken as UTC."""
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def present(value: str) -> str | None:
    """A value, or None when it is absent or erased."""
    return value if value and value != NULL else None


def hl7_date(value: str) -> str | None:
    """A date of HL7 as AAAA-MM-JJ, AAAA-MM or AAAA, as precise as it was received.

    Nothing is corrected: the 31st of a 30-day month, a month 00 or 13 (a lunar date) stay as they are, and
    characters that are not a date are given as received (HL7 v2.5, 2.A.22 DT).
    """
    if present(value) is None:
        return None
    digits = _DIGITS.match(value)
    if digits is None or len(digits[0]) not in (4, 6, 8, 10, 12, 14):
        return value
    day = digits[0][:8]
    return "-".join(part for part in (day[:4], day[4:6], day[6:8]) if part)


def hl7_time(value: str) -> str | None:
    """A time stamp of HL7 as ISO 8601, with the hour and the zone only when received (2.A.77 TS)."""
    date = hl7_date(value)
    digits = _DIGITS.match(value)
    if date is None or digits is None or len(digits[0]) < 10 or date == value:
        return date
    clock = digits[0][8:14]
    hour = ":".join(clock[start : start + 2] for start in range(0, len(clock), 2))
    if len(clock) == 2:
        hour += ":00"
    zone = re.search(r"([+-]\d\d)(\d\d)$", value)
    return f"{date}T{hour}{f'{zone[1]}:{zone[2]}' if zone else ''}"


def searchable(*texts: str | None) -> bool:
    """False when a text cannot be in any column: a null character, or bytes that were no characters."""
    return all(text is None or ("\x00" not in text and not _SURROGATES.search(text)) for text in texts)


def mask(text: str) -> str:
    """The text with every matricule reduced to its first and its last two characters."""
    return _MATRICULE.sub(lambda found: f"{found[1][0]}…{(found[5] or found[4])[-2:]}", text)
