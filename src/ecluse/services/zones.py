"""Time zones by their names: the one of HL7 times that come without an offset, for a listener or for a sender.

Names are those of the IANA database (RFC 6557), read from the machine or from the package `tzdata`.
"""

from __future__ import annotations

import logging
from functools import cache
from zoneinfo import ZoneInfo

log = logging.getLogger(__name__)

DEFAULT_ZONE = "Europe/Paris"

FRENCH_ZONES = (
    ("Europe/Paris", "France métropolitaine", "mainland France"),
    ("America/Guadeloupe", "Guadeloupe", "Guadeloupe"),
    ("America/Martinique", "Martinique", "Martinique"),
    ("America/Cayenne", "Guyane", "French Guiana"),
    ("Indian/Reunion", "La Réunion", "Réunion"),
    ("Indian/Mayotte", "Mayotte", "Mayotte"),
    ("America/Miquelon", "Saint-Pierre-et-Miquelon", "Saint Pierre and Miquelon"),
    ("America/St_Barthelemy", "Saint-Barthélemy", "Saint Barthélemy"),
    ("America/Marigot", "Saint-Martin", "Saint Martin"),
    ("Pacific/Noumea", "Nouvelle-Calédonie", "New Caledonia"),
    ("Pacific/Wallis", "Wallis-et-Futuna", "Wallis and Futuna"),
    ("Pacific/Tahiti", "Polynésie française, îles de la Société", "French Polynesia, Society Islands"),
    ("Pacific/Marquesas", "Polynésie française, îles Marquises", "French Polynesia, Marquesas"),
    ("Pacific/Gambier", "Polynésie française, îles Gambier", "French Polynesia, Gambier"),
)
"""Zones of the French territories: IANA name, then the territory in French and English.

Source: IANA tz database, zone1970.tab and zone.tab (territories FR, GP, MQ, GF, RE, YT, PM, BL, MF, NC, WF, PF).
"""


def is_zone(name: str) -> bool:
    """Whether a name is that of a zone: `Europe/Paris` is, `+01:00`, `CET` and `europe/paris` are not."""
    if name.startswith(("posix/", "right/")):  # other ways to count seconds, in the files of some machines
        return False
    return ("/" in name or name == "UTC") and _read(name) is not None


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of a name that was accepted once. One that this machine no longer knows is read as the default zone."""
    found = _read(name)
    if found is None:
        log.error("time zone %s is not known to this machine; %s is used instead", name, DEFAULT_ZONE)
        return ZoneInfo(DEFAULT_ZONE)
    return found


def _read(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not a key, a folder of the database, not in the database
        return None
