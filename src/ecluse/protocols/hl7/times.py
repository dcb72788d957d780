"""HL7 times as instants, and the hours that the change of clocks makes doubtful.

A time without offset takes that of MSH-7 when it has one, else the local time of its sender, which the message does not
name: the caller gives it. Once a year such an hour comes twice (autumn) and once it does not exist (spring).

Source: HL7 v2.5, 2.A.22 (DTM) and 2.A.77 (TS): format, offset, local time of the sender; 2.15.9.7 (MSH-7: its offset is
the default of the whole message). Regulation of the hours: directive 2000/84/EC, and the IANA tz database elsewhere.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal, NamedTuple

Precision = Literal["year", "month", "day", "hour", "minute", "second", "fraction"]
Doubt = Literal["", "ambiguous", "missing"]
"""ambiguous: the clock shows this hour twice; missing: it never shows it."""

_TIME = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d+))?)?)?)?)?)?(?:([+-])(\d\d)(\d\d))?",
    re.ASCII,
)
_PRECISIONS: tuple[Precision, ...] = ("year", "month", "day", "hour", "minute", "second", "fraction")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY, _SECOND, _HOUR = timedelta(days=1), timedelta(seconds=1), timedelta(hours=1)


class Moment(NamedTuple):
    """An HL7 time. instant: microseconds since 1970 in UTC, None when the time has no hour; zone_given: it has its own
    offset. An ambiguous time is taken as the first of the two; a missing one as that of a clock not yet put forward.
    """

    instant: int | None
    precision: Precision
    zone_given: bool
    doubt: Doubt = ""


def read_time(text: str, zone: tzinfo) -> Moment | None:
    """Read `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]`.

    :param zone: of a time without offset; see `default_zone`.
    :returns: None for what is not a time of the calendar (empty, lunar dates, the 31st of June, 24:00).
    """
    found = _read(text, zone)
    return None if found is None else found[0]


def _read(text: str, zone: tzinfo) -> tuple[Moment, datetime] | None:
    """An HL7 time, also as the local time it is."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    parts = [one for one in found.groups()[:7] if one is not None]
    precision = _PRECISIONS[len(parts) - 1]
    given = found[8] is not None
    try:
        own = _offset(found[8], found[9], found[10]) if given else zone
        local = _local(parts).replace(tzinfo=own)
    except ValueError:
        return None
    if len(parts) < 4:
        return Moment(None, precision, given), local
    return Moment((local - _EPOCH) // timedelta(microseconds=1), precision, given, _doubt_of(local)), local


def _local(parts: list[str]) -> datetime:
    """:raises ValueError: when there is no such day or hour."""
    year, month, day, hour, minute, second = (
        *map(int, parts[:6]), *(0, 1, 1, 0, 0, 0)[len(parts) :]
    )  # fmt: skip
    fraction = int(parts[6][:6].ljust(6, "0")) if len(parts) == 7 else 0
    return datetime(year, month, day, hour, minute, second, fraction)


def _offset(sign: str, hours: str, minutes: str) -> timezone:
    """:raises ValueError: when no place has that offset."""
    if minutes > "59":
        raise ValueError(minutes)
    away = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-away if sign == "-" else away)


def _doubt_of(aware: datetime) -> Doubt:
    # PEP 495: the second reading (fold) of an hour has another offset only around a change.
    first, second = aware.replace(fold=0).utcoffset(), aware.replace(fold=1).utcoffset()
    if first is None or second is None or first == second:
        return ""
    return "ambiguous" if first > second else "missing"


def default_zone(sent_at: str, zone: tzinfo) -> tzinfo:
    """Zone of the times of a message that have no offset: that of MSH-7 when it gives one, else the sender's."""
    if "+" not in sent_at and "-" not in sent_at:
        return zone
    found = _TIME.fullmatch(sent_at)
    if found is None or found[8] is None:
        return zone
    try:
        return _offset(found[8], found[9], found[10])
    except ValueError:
        return zone


def doubt(text: str, zone: tzinfo) -> Doubt:
    """Whether an HL7 time falls in an hour that the clock shows twice or never; cheap for all others."""
    if text[:10] not in doubtful_hours(zone):
        return ""
    moment = read_time(text, zone)
    return "" if moment is None else moment.doubt


def with_offset(text: str, zone: tzinfo) -> str:
    """An HL7 time with the offset its zone had then; as received when it has one, is no time of day, or is doubtful."""
    if (
        len(text) in (12, 14)
        and text.isascii()
        and text.isdigit()
        and text[10:12] < "60"
        and text[12:] < "60"
    ):
        offset = _offset_of_hour(text[:10], zone)
        if offset:
            return text + offset
    return _with_offset(text, zone)


@lru_cache(maxsize=4096)
def _offset_of_hour(hour: str, zone: tzinfo) -> str:
    """The offset of every time in an hour (`YYYYMMDDHH`); empty when they have none, or not all the same."""
    first, last = (_with_offset(hour + rest, zone)[14:] for rest in ("0000", "5959"))
    return first if first == last else ""


def _with_offset(text: str, zone: tzinfo) -> str:
    found = _read(text, zone)
    if found is None or found[0].instant is None or found[0].zone_given or found[0].doubt:
        return text
    offset = found[1].strftime("%z")
    return text + offset if len(offset) == 5 else text  # solar time, before 1911, had seconds


def iso_time(text: str, zone: tzinfo) -> str | None:
    """An HL7 time in ISO 8601, as precise as received: `2026-11-20T08:30:00+01:00`, or `2026-11` without an hour.

    The offset is the one received, else that of the zone; a doubtful hour is given without. None when it is no time.
    """
    found = _read(text, zone)
    if found is None:
        return None
    moment, local = found
    digits = re.split(r"[+-]", text, maxsplit=1)[0]
    date = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
    if moment.instant is None:
        return date
    clock = ":".join((digits[8:10], digits[10:12] or "00", *([digits[12:]] if digits[12:] else [])))
    offset = "" if moment.doubt else local.strftime("%z")
    return f"{date}T{clock}{offset[:3]}:{offset[3:]}" if len(offset) == 5 else f"{date}T{clock}"


@lru_cache(maxsize=64)
def doubtful_hours(zone: tzinfo) -> frozenset[str]:
    """Hours (`YYYYMMDDHH`, 1970 to 2069) of which the clocks of a zone show some minutes twice or never."""
    hours: set[str] = set()
    day, last = datetime(1970, 1, 1, tzinfo=UTC), datetime(2069, 12, 31, tzinfo=UTC)
    before = _shift(day, zone)
    while day < last:
        after = _shift(day + _DAY, zone)
        if after != before:
            hours.update(_around(_change(day, zone), before, after))
        day, before = day + _DAY, after
    return frozenset(hours)


def _shift(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(start: datetime, zone: tzinfo) -> datetime:
    """The first second of the new offset, within a day of `start`."""
    before, length = _shift(start, zone), _DAY
    low, high = start, start + length
    while high - low > _SECOND:
        middle = low + ((high - low) // _SECOND // 2) * _SECOND
        low, high = (middle, high) if _shift(middle, zone) == before else (low, middle)
    return high


def _around(change: datetime, before: timedelta, after: timedelta) -> list[str]:
    """Hours of the wall clock between its two readings at a change."""
    first = (change + min(before, after)).replace(minute=0, second=0)
    last = change + max(before, after)
    count = -((first - last) // _HOUR)
    return [(first + rank * _HOUR).strftime("%Y%m%d%H") for rank in range(count)]
