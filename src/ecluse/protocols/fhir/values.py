"""Primitive values of FHIR made of texts that anybody may have sent: what cannot be one is left out.

Source: HL7 FHIR R4, 2.24.0.1 (primitive types and their regular expressions).
"""

from __future__ import annotations

import re
from datetime import date as day_of

from ecluse.protocols.fhir import Resource

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_SPACES = re.compile(r"\s+")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){1,40}", re.ASCII)
_CODE = re.compile(r"[^\s]+(?: [^\s]+)*")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_TIME = re.compile(
    r"T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)", re.ASCII
)
_LONGEST = 1_000
"""Characters of a text: far more than a name or an address, and nothing for a reader to choke on."""


def text(value: str | None) -> str | None:
    """A text on one line without control character, or None when nothing is left of it."""
    if not value:
        return None
    clean = _SPACES.sub(" ", _CONTROL.sub(" ", value)).strip()
    return clean[:_LONGEST].rstrip() or None


def code(value: str | None) -> str | None:
    """A code: a text without blanks at its ends nor two in a row."""
    found = text(value)
    return found if found and _CODE.fullmatch(found) else None


def resource_id(value: str) -> str | None:
    """The id of a resource, or None when the text cannot be one."""
    return value if _ID.fullmatch(value) else None


def oid_uri(oid: str | None) -> str | None:
    """`urn:oid:` of an OID, or None when the text is not an OID."""
    found = (oid or "").strip()
    return f"urn:oid:{found}" if _OID.fullmatch(found) else None


def date(value: str | None) -> str | None:
    """A date of the calendar, as precise as it was received and can be: `1950-02-31` is February 1950.

    :param value: AAAA, AAAA-MM or AAAA-MM-JJ, followed by anything.
    """
    match = _DATE.match(value or "")
    if match is None or match[1] == "0000":
        return None
    year, month, day = match.groups()
    if month is None or not 1 <= int(month) <= 12:
        return year
    if day is None or not _exists(int(year), int(month), int(day)):
        return f"{year}-{month}"
    return f"{year}-{month}-{day}"


def date_time(value: str | None) -> str | None:
    """A time with its zone; without a zone only its date, because FHIR wants one with every hour."""
    day = date(value)
    if day is None or value is None or len(day) < 10:
        return day
    match = _TIME.fullmatch(value[10:])
    return day if match is None else f"{day}T{match[1]}:{match[2]}:{match[3] or '00'}{match[4]}"


def without_empty(element: Resource) -> Resource:
    """The element without what is absent: None, empty texts, empty lists and empty elements."""
    return {name: value for name, value in element.items() if value not in (None, "", [], {})}


def _exists(year: int, month: int, day: int) -> bool:
    try:
        day_of(year, month, day)
    except ValueError:
        return False
    return True
