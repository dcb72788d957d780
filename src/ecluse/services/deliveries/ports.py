"""What the deliverer needs of a feed and of a way to send: the same engine serves webhooks and relays."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from ecluse.rules.delivery import Outcome


class Parcel(NamedTuple):
    """One thing to deliver. position: place in the feed; keys: what keeps its order; patients: ids, for the record of
    what was shared; content: what the way of sending understands."""

    position: int
    keys: tuple[str, ...]
    patients: tuple[str, ...]
    content: Any


class Page(NamedTuple):
    """What follows a position: parcels for this subscriber, and how far the feed was read."""

    parcels: tuple[Parcel, ...]
    position: int


class Feed(Protocol):
    """Where the parcels of one subscriber come from. Read on the thread of the database."""

    def after(self, position: int, limit: int) -> Page:
        """What follows a position."""
        ...

    def at(self, position: int) -> Parcel | None:
        """The parcel of a position; None when it is not kept any more, or not for this subscriber any more."""
        ...


class Sent(NamedTuple):
    """How an attempt ended. alive: whether the destination answered, None when it was not asked; gone: it wants nothing
    any more; ins: see `Delivered`."""

    outcome: Outcome
    alive: bool | None
    gone: bool = False
    ins: str = ""


class Way(Protocol):
    """How parcels travel to one subscriber."""

    async def send(self, parcel: Parcel, now: int) -> Sent:
        """Try once. Never raises for what the destination does."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
