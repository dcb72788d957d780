"""Memory for messages whose end has not come: bounded for the whole process, without holding up small messages."""

from __future__ import annotations

import logging
from typing import Protocol

log = logging.getLogger(__name__)

SMALL = 256 * 1024
"""A message that has not reached this size is never made to wait for the others."""
CROWDED = 32 * 1024 * 1024
"""Bytes from which large messages are received one after the other."""
FULL = 64 * 1024 * 1024
"""Bytes that the messages whose turn has not come may hold: beyond, the largest is given up."""


class Holder(Protocol):
    """A connection, as far as its unfinished message is concerned."""

    @property
    def unfinished(self) -> int:
        """Bytes kept of a message whose end has not come."""
        ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def give_up(self) -> None:
        """Forget the message and close the connection."""
        ...


class Room:
    """The account of unfinished messages."""

    def __init__(self) -> None:
        self.bytes = 0
        self.crowded = False
        self._holders: dict[Holder, int] = {}
        self._large: dict[Holder, None] = {}

    def waits(self, holder: Holder) -> bool:
        """Whether a connection must not be read: others finish their large message first."""
        return self.crowded and holder in self._large and holder is not self._first

    def changed(self, holder: Holder) -> None:
        """A connection was read, or is gone: what its unfinished message holds has changed."""
        now = holder.unfinished
        self.bytes += now - self._holders.pop(holder, 0)
        if now:
            self._holders[holder] = now
        if now > SMALL:
            self._large.setdefault(holder)
        elif holder in self._large:
            del self._large[holder]
            if self.crowded and (first := self._first) is not None:
                first.resume()
        self._arrange(holder)

    @property
    def _first(self) -> Holder | None:
        """The connection whose large message is the oldest."""
        return next(iter(self._large), None)

    def _arrange(self, holder: Holder) -> None:
        if self.bytes > CROWDED:
            if not self.crowded:
                self.crowded = True
                log.warning("many large messages at once: they are received one after the other")
                for one in self._large:
                    if self.waits(one):
                        one.pause()
            elif self.waits(holder):
                holder.pause()
            while self._others() > FULL:
                self._give_up_largest()
        elif self.crowded and self.bytes < CROWDED // 2:
            self.crowded = False
            for one in list(self._large):
                one.resume()
        elif self.waits(holder):
            holder.pause()

    def _others(self) -> int:
        """Bytes of everybody but the one whose turn it is, who may have all that one message may have."""
        return self.bytes - (self._holders[self._first] if self._first is not None else 0)

    def _give_up_largest(self) -> None:
        first = self._first
        largest = max((one for one in self._holders if one is not first), key=self._holders.__getitem__)
        self.bytes -= self._holders.pop(largest)
        self._large.pop(largest, None)
        largest.give_up()
