"""The calendar of what ends, for the agenda of a team: RFC 5545, one event per end, with a reminder at each step.

A feed is read again by whoever subscribed to it: an event keeps its UID, and moves when its end does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from ecluse.services.certificates.crls import moment_of
from ecluse.services.certificates.ends import End, ends
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.typography import french

CONTENT_TYPE = "text/calendar; charset=utf-8"
_OCTETS = 75
"""Longest line (RFC 5545 §3.1), its end not counted."""


def calendar_feed(settings: CertificateSettings, now: int, language: Literal["fr", "en"] = "fr") -> str:
    """The calendar (RFC 5545), lines ended by CRLF. Lists of revocation are left out: they change every day.

    :param now: µs since 1970.
    """
    return calendar_of((one for one in ends(settings) if one.kind != "crl"), now, language)


def calendar_of(shown: Iterable[End], now: int, language: Literal["fr", "en"] = "fr") -> str:
    """The calendar of some ends alone: those that a person may see."""
    return "".join(
        f"{part}\r\n" for line in _calendar(shown, moment_of(now), language) for part in fold(line)
    )


def _calendar(shown: Iterable[End], now: datetime, language: str) -> Iterator[str]:
    name = "Écluse : échéances" if language == "fr" else "Écluse: what ends"
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ecluse//Certificates//FR", "CALSCALE:GREGORIAN")
    yield f"X-WR-CALNAME:{escape(name)}"
    yield "REFRESH-INTERVAL;VALUE=DURATION:PT12H"
    for one in shown:
        yield from _event(one, now, language)
    yield "END:VCALENDAR"


def _event(one: End, now: datetime, language: str) -> Iterator[str]:
    title = french(f"{one.name_fr} prend fin") if language == "fr" else f"{one.name_en} ends"
    text = french(one.do_fr) if language == "fr" else one.do_en
    end = moment_of(one.ends)
    yield "BEGIN:VEVENT"
    yield f"UID:{escape(one.about)}@ecluse"
    yield f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART:{end:%Y%m%dT%H%M%SZ}"
    yield f"SUMMARY:{escape(title)}"
    yield f"DESCRIPTION:{escape(text)}"
    yield f"CATEGORIES:{one.kind.upper()}"
    yield "TRANSP:TRANSPARENT"
    for days in one.days:
        yield from (
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:-P{days}D",
            f"DESCRIPTION:{escape(title)}",
            "END:VALARM",
        )
    yield "END:VEVENT"


def escape(text: str) -> str:
    """A text value (RFC 5545 §3.3.11)."""
    for sign, written in (
        ("\\", "\\\\"),
        (";", "\\;"),
        (",", "\\,"),
        ("\r\n", "\\n"),
        ("\n", "\\n"),
        ("\r", "\\n"),
    ):
        text = text.replace(sign, written)
    return "".join(char for char in text if char.isprintable() or char == "\N{NO-BREAK SPACE}")


def fold(line: str) -> Iterator[str]:
    """A line in parts of at most 75 octets, those after the first with a blank before them; no character is cut."""
    part, size = "", 0
    for char in line:
        width = len(char.encode("utf-8"))
        if size + width > _OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + char, size + width
    yield part
