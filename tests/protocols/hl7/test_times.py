"""HL7 times: read as python-hl7 and the C library read them, and doubtful exactly when the clock repeats or jumps."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import hl7
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import times
from ecluse.protocols.hl7.times import default_zone, doubt, iso_time, read_time, with_offset

PARIS, REUNION, MIQUELON = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion"), ZoneInfo("America/Miquelon")
ZONES = ("Europe/Paris", "America/Guadeloupe", "America/Miquelon", "Pacific/Noumea", "Africa/Casablanca",
         "Australia/Lord_Howe", "America/Nuuk")  # fmt: skip
FIRST, LAST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2036, 12, 31, tzinfo=UTC)


def micros(text: str) -> int:
    """An ISO 8601 time as microseconds since 1970."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@cache
def packaged(zone: str) -> ZoneInfo:
    """A zone of the package `tzdata`, whatever edition this machine has."""
    with files("tzdata").joinpath("zoneinfo", zone).open("rb") as file:
        return ZoneInfo.from_file(file, key=zone)


@pytest.fixture(scope="module")
def c_library() -> Iterator[None]:
    """The clock of the C library, which reads the zones of the package `tzdata` by itself."""
    former = {name: os.environ.get(name) for name in ("TZ", "TZDIR")}
    os.environ["TZDIR"] = str(files("tzdata").joinpath("zoneinfo"))
    yield
    for name, value in former.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    time.tzset()


def wall(instant: int, zone: str) -> str:
    """What the clock of a zone shows, by the C library: YYYYMMDDHHMMSS."""
    if os.environ.get("TZ") != zone:
        os.environ["TZ"] = zone
        time.tzset()
    return time.strftime("%Y%m%d%H%M%S", time.localtime(instant))


def instants_of(text: str, zone: str) -> list[int]:
    """Every second of UTC at which the clock of a zone shows a local time."""
    naive = int(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    quarters = range(-15 * 4, 15 * 4 + 1)
    return [naive + 900 * one for one in quarters if wall(naive + 900 * one, zone) == text]


@pytest.mark.usefixtures("c_library")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=st.sampled_from(ZONES), day=st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)))
def test_local_times_are_those_of_the_c_library(zone: str, day: datetime) -> None:
    _compare(day.strftime("%Y%m%d%H%M%S"), zone)


@pytest.mark.usefixtures("c_library")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(zone=st.sampled_from(ZONES), year=st.integers(1980, 2036), data=st.data())
def test_times_around_a_change_are_those_of_the_c_library(zone: str, year: int, data: st.DataObject) -> None:
    changes = _changes(zone, year)
    if changes:
        around = data.draw(st.sampled_from(changes)) + data.draw(st.integers(-3 * 60, 3 * 60)) * 60
        _compare(wall(around, zone), zone)
        _compare(wall(around, zone)[:8] + "023000", zone)


def _changes(zone: str, year: int) -> list[int]:
    """Days (as instants) of a year in which the C library changes its offset."""
    start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    days = [start + 86_400 * day for day in range(366)]
    wall(start, zone)
    shifts = [time.localtime(day).tm_gmtoff for day in days]
    return [_first(day) for day, one, next_ in zip(days, shifts, shifts[1:], strict=False) if one != next_]


def _first(day: int) -> int:
    before = time.localtime(day).tm_gmtoff
    return next(
        day + 900 * quarter
        for quarter in range(97)
        if time.localtime(day + 900 * quarter).tm_gmtoff != before
    )


def _compare(text: str, zone: str) -> None:
    expected = instants_of(text, zone)
    moment = read_time(text, packaged(zone))
    assert moment is not None and moment.instant is not None
    assert moment.doubt == {0: "missing", 1: "", 2: "ambiguous"}[len(expected)], (text, zone)
    assert doubt(text, packaged(zone)) == moment.doubt
    if expected:
        assert moment.instant == expected[0] * 1_000_000


@settings(max_examples=200)
@given(
    when=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    shape=st.sampled_from(["%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S.%f"]),
    # python-hl7 loses the sign of -0030; whole hours west of Greenwich are enough.
    minutes=st.integers(0, 14 * 60) | st.integers(-12, -1).map(lambda hours: 60 * hours),
)
def test_offsets_are_those_python_hl7_reads(when: datetime, shape: str, minutes: int) -> None:
    away = timezone(timedelta(minutes=minutes))
    text = when.replace(tzinfo=away).strftime(f"{shape}%z")
    moment = read_time(text, PARIS)
    assert moment is not None and moment.zone_given and moment.doubt == ""
    assert moment.instant == (hl7.parse_datetime(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@given(text=st.text(alphabet="0123456789+-.Z T\n٣", max_size=24))
def test_any_text_is_a_time_or_is_not(text: str) -> None:
    moment = read_time(text, PARIS)
    if "1970" <= text[:4] <= "2069":
        assert doubt(text, PARIS) == ("" if moment is None else moment.doubt)
    assert (iso_time(text, PARIS) is None) == (moment is None)
    again = read_time(with_offset(text, PARIS), REUNION)
    if moment is not None and moment.instant is not None and not moment.doubt and text[:4] >= "1950":
        assert again is not None and (again.instant, again.zone_given) == (moment.instant, True)


@pytest.mark.parametrize(
    ("text", "precision", "instant"),
    [
        ("2026", "year", None),
        ("202611", "month", None),
        ("20261118", "day", None),
        ("20261118+0100", "day", None),
        ("2026111808", "hour", "2026-11-18T07:00:00Z"),
        ("202611180815", "minute", "2026-11-18T07:15:00Z"),
        ("20260718081500", "second", "2026-07-18T06:15:00Z"),
        ("20261118081500.1234", "fraction", "2026-11-18T07:15:00.123400Z"),
        ("20261118081500-0000", "second", "2026-11-18T08:15:00Z"),
        ("202611180815+0545", "minute", "2026-11-18T02:30:00Z"),
    ],
)
def test_every_precision(text: str, precision: str, instant: str | None) -> None:
    moment = read_time(text, PARIS)
    assert moment is not None
    assert (moment.precision, moment.instant) == (precision, None if instant is None else micros(instant))


@pytest.mark.parametrize(
    "text",
    ["", '""', "hier", "202", "20261", "20261301", "20260631", "202611182400", "202611180860", "20261118081560",
     "20261118081500.", "20261118081500+01", "20261118081500+0160", "20261118081500+2400", "2026111808150٣",
     "20261118081500\n", " 20261118", "00000101"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    assert read_time(text, PARIS) is None and iso_time(text, PARIS) is None
    assert with_offset(text, PARIS) == text and doubt(text, PARIS) == ""


def test_a_doubtful_hour_is_read_as_the_first_or_as_winter_time() -> None:
    autumn, spring = read_time("20261025023000", PARIS), read_time("20260329023000", PARIS)
    assert autumn is not None and (autumn.instant, autumn.doubt) == (
        micros("2026-10-25T00:30:00Z"),
        "ambiguous",
    )
    assert spring is not None and (spring.instant, spring.doubt) == (
        micros("2026-03-29T01:30:00Z"),
        "missing",
    )
    assert iso_time("20261025023000", PARIS) == "2026-10-25T02:30:00"
    assert with_offset("20260329023000", PARIS) == "20260329023000"


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        (PARIS, "20261025015959", ""),
        (PARIS, "20261025020000", "ambiguous"),
        (PARIS, "20261025025959", "ambiguous"),
        (PARIS, "20261025030000", ""),
        (PARIS, "20261025023000+0100", ""),
        (PARIS, "20260329015959", ""),
        (PARIS, "20260329020000", "missing"),
        (PARIS, "20260329030000", ""),
        (PARIS, "2026102502", "ambiguous"),
        (PARIS, "20261025", ""),
        (REUNION, "20261025023000", ""),
        (MIQUELON, "20261101013000", "ambiguous"),
        (MIQUELON, "20260308023000", "missing"),
        (ZoneInfo("Australia/Lord_Howe"), "20260405013000", "ambiguous"),
        (ZoneInfo("Australia/Lord_Howe"), "20260405012959", ""),
    ],
)
def test_doubtful_hours(zone: ZoneInfo, text: str, expected: str) -> None:
    assert doubt(text, zone) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", "2026"),
        ("20261118", "2026-11-18"),
        ("2026111808", "2026-11-18T08:00+04:00"),
        ("202611180815", "2026-11-18T08:15+04:00"),
        ("20261118081500.5", "2026-11-18T08:15:00.5+04:00"),
        ("20261118081500-0330", "2026-11-18T08:15:00-03:30"),
    ],
)
def test_times_for_readers(text: str, expected: str) -> None:
    assert iso_time(text, REUNION) == expected


def test_the_offset_of_msh_7_is_the_zone_of_the_message() -> None:
    moment = read_time("20261118081500", default_zone("20261118081600-0300", PARIS))
    assert moment is not None and moment.instant == micros("2026-11-18T11:15:00Z")
    for sent_at in ("20261118081600", "", "hier-soir", "20261118081600+9900"):
        assert default_zone(sent_at, PARIS) is PARIS


def test_ordinary_times_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    doubt("20261118081500", PARIS)
    monkeypatch.setattr(times, "read_time", None)
    assert doubt("20261118081500", PARIS) == ""
    with pytest.raises(TypeError):
        doubt("20261025023000", PARIS)


def test_every_minute_around_a_change_has_its_own_offset() -> None:
    """What is remembered of an hour never speaks for a part of it."""
    for zone, day in (
        (PARIS, "20261025"),
        (PARIS, "20260329"),
        (ZoneInfo("Australia/Lord_Howe"), "20260405"),
    ):
        for minute in range(0, 6 * 60, 10):
            text = f"{day}{minute // 60:02d}{minute % 60:02d}"
            doubted = doubt(text, zone)
            for one in (text, f"{text}00"):
                kept = with_offset(one, zone)
                assert (kept == one) == bool(doubted)
                if not doubted:
                    before, after = read_time(one, zone), read_time(kept, REUNION)
                    assert before is not None and after is not None and before.instant == after.instant


@pytest.mark.parametrize(
    "text", ["202613010000", "202611312400", "202611010060", "20261101000060", "²02611010000"]
)
def test_what_is_no_time_of_day_stays_as_received(text: str) -> None:
    assert with_offset(text, PARIS) == text
