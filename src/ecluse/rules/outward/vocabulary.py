"""The words of the announcements: their types, what they hold, and what is remembered of them (docs/evenements.md)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ecluse.rules.identity.model import Trust

CREATED = "patient.created"
UPDATED = "patient.updated"
MERGED = "patient.merged"
UNMERGED = "patient.unmerged"
QUALIFIED = "patient.qualified"
INS_CHANGED = "patient.ins-changed"
INS_REMOVED = "patient.ins-removed"
SUSPENDED = "patient.suspended"
LINKED = "patient.linked"
UNLINKED = "patient.unlinked"
CONSENT = "consent.recorded"
STAY_OPENED = "stay.opened"
STAY_MOVEMENT = "stay.movement"
STAY_CLOSED = "stay.closed"
STAY_CANCELLED = "stay.cancelled"
STAY_UPDATED = "stay.updated"
STAY_MOVED = "stay.moved"

TYPES: dict[str, int] = {
    CREATED: 1,
    UPDATED: 1,
    MERGED: 1,
    UNMERGED: 1,
    QUALIFIED: 1,
    INS_CHANGED: 1,
    INS_REMOVED: 1,
    SUSPENDED: 1,
    LINKED: 1,
    UNLINKED: 1,
    CONSENT: 1,
    STAY_OPENED: 1,
    STAY_MOVEMENT: 1,
    STAY_CLOSED: 1,
    STAY_CANCELLED: 1,
    STAY_UPDATED: 1,
    STAY_MOVED: 1,
}
"""Every type with the version of its data, in the order in which one change of one patient tells them."""


class Announcement(NamedTuple):
    """One thing told of a patient. other: id of the second patient it concerns, or empty; data: minimal content."""

    type: str
    other: str
    data: dict[str, Any]


class Told(NamedTuple):
    """What was told of a patient so far.

    version: number of its last announcement; ins: matching key of the INS last told usable, kept while it is told
    suspended, empty once told removed; usable: whether it was last told usable; merged_into: survivor last told.
    """

    version: int = 0
    ins: str = ""
    usable: bool = False
    merged_into: str = ""


class InsStanding(NamedTuple):
    """The INS of a patient now. ins: matching key of the one it holds, or empty; reason: why it may not be used, or
    empty.
    """

    trust: Trust
    ins: str
    reason: str


class Story(NamedTuple):
    """What to tell, in order, and what is told once it is."""

    announcements: tuple[Announcement, ...]
    told: Told
