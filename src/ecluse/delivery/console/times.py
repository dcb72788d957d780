"""The time zone of the pages: that of the first listener (`timezone`, Europe/Paris when nothing else is written)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ecluse.services.deployment_view import current
from ecluse.services.zones import DEFAULT_ZONE


def zone() -> ZoneInfo:
    """The zone in which people read times. Exports and the API stay in UTC."""
    return ZoneInfo(next((one.zone for one in current().listeners if one.zone), DEFAULT_ZONE))


def local(when: datetime) -> datetime:
    """A time in the zone of the pages; one that has no zone was typed there."""
    return when.replace(tzinfo=zone()) if when.tzinfo is None else when.astimezone(zone())


def local_now() -> datetime:
    """Now, in the zone of the pages."""
    return datetime.now(UTC).astimezone(zone())


def midnight(day: date, later: int = 0) -> datetime:
    """When a day begins in the zone of the pages.

    :param later: days after it.
    :raises OverflowError: no calendar has that day.
    """
    return datetime.combine(day + timedelta(days=later), datetime.min.time(), zone())
