"""The rooms of the console that a visitor may enter, in the order of the bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.services.accounts.visitor import Visitor


class Room(NamedTuple):
    """An entry of the bar. right: what one needs to see it, empty for everybody; waits: a key of `COUNTS`; sign: drawn
    alone at the right end of the bar when the entry is `aside`."""

    label: str
    address: str
    right: str
    sign: str
    waits: str = ""
    aside: bool = False


ROOMS = (
    Room(gettext_noop("Accueil"), "/", "status.read", "house"),
    Room(gettext_noop("Flux"), "/flux/", "messages.read", "activity"),
    Room(gettext_noop("Rejets"), "/rejets/", "messages.read", "octagon-x", "refusals"),
    Room(gettext_noop("Patients"), "/patients/", "patients.read", "users-round"),
    Room(gettext_noop("Consentements"), "/consentements/", "patients.read", "clipboard-check"),
    Room(gettext_noop("Certificats"), "/certificats/", "certificates.read", "shield-check"),
    Room(gettext_noop("Démarches"), "/demarches/", "certificates.read", "workflow"),
    Room(gettext_noop("Journal"), "/journal/", "audit.read", "scroll-text"),
    Room(gettext_noop("Réglages"), "/reglages/", "settings.read", "settings", aside=True),
    Room(gettext_noop("Aide"), "/aide/", "", "circle-help", aside=True),
)


COUNTS: dict[str, Callable[[Visitor], int]] = {}
"""How many things wait in a room, for a visitor: every page asks, so one read of a small table at most. An
area adds its own when its addresses are read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the bar shows it. here: the page shown is in this room; count: what waits there, 0 for nothing."""

    label: str
    address: str
    sign: str
    here: bool
    count: int
    aside: bool


def entries(visitor: Visitor, path: str) -> tuple[Entry, ...]:
    """The rooms that exist and that a visitor may enter.

    :param path: address of the page shown.
    """
    return tuple(
        Entry(
            _(room.label),
            room.address,
            room.sign,
            _within(path, room.address),
            COUNTS[room.waits](visitor) if room.waits in COUNTS else 0,
            room.aside,
        )
        for room in ROOMS
        if (not room.right or visitor.may(room.right)) and exists(room.address)
    )


def _within(path: str, address: str) -> bool:
    return path == address if address == "/" else path.startswith(address)


@cache
def exists(address: str) -> bool:
    """Whether a page answers at this address: a room that is not built is not shown."""
    try:
        resolve(address)
    except Resolver404:
        return False
    return True
