"""What to tell of a stay: each stored event of a stay says by itself what begins, ends or comes to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecluse.rules.identity.model import Event
from ecluse.rules.outward import vocabulary as words
from ecluse.rules.outward.vocabulary import Announcement
from ecluse.rules.stay import vocabulary as stored

_MOVEMENTS = {stored.INSERTED: "inserted", stored.UPDATED: "updated", stored.CANCELLED: "cancelled"}
_ENDS = {"discharged": words.STAY_CLOSED, "cancelled": words.STAY_CANCELLED}
"""Statuses in which a stay is over, and what tells it."""
_NUMBERS = ("visit", "account", "preadmit")


def tell_stay(event: Event) -> Iterator[Announcement]:
    """The announcements of one stored event of a stay.

    A movement is told, then the end of the stay when it has just ended, or its reopening. A stay moved to another
    patient (A44) is told twice, of the patient it leaves and of the one it goes to.
    """
    data = event.data
    stay: dict[str, Any] = {"stay": data["stay"]}
    if event.type == stored.OPENED:
        yield Announcement(words.STAY_OPENED, "", stay)
    elif event.type in _MOVEMENTS:
        status, was = data.get("status", ""), data.get("was", "")
        number = data["n"] if "n" in data else data["movement"]["n"]
        movement = {"movement": number, "change": _MOVEMENTS[event.type], "status": status}
        yield Announcement(words.STAY_MOVEMENT, "", {**stay, **movement})
        if status in _ENDS and status != was:
            yield Announcement(_ENDS[status], "", stay)
        elif was in _ENDS and status != was:
            yield Announcement(words.STAY_UPDATED, "", {**stay, "changed": ["status"]})
    elif event.type == stored.RENUMBERED:
        changed = [name for name in _NUMBERS if name in data]
        yield Announcement(words.STAY_UPDATED, "", {**stay, "changed": changed})
    elif event.type == stored.MOVED:
        other = data["to"] if event.patient == data["from"] else data["from"]
        yield Announcement(words.STAY_MOVED, other, {**stay, "from": data["from"], "to": data["to"]})
