"""MLLP framing without a socket: bytes of a connection in, events out; one message in, bytes of a frame out.

A frame is 0B, the message, 1C 0D (HL7 Minimal Lower Layer Protocol, release 1; IHE ITI TF-2, appendix C).
Real connections differ, and the decoder bends without losing a byte:

* **Bytes outside a frame** come out as `Noise`; line ends alone, which some senders add, are dropped.
* **End of a frame**: 1C followed by 0D. The 0D may be missing: 1C followed by 0B or 0A, or 1C as the last
  byte received so far (its sender is waiting for the answer), ends the frame too. 1C followed at once by any
  other byte is a character of the message.
* **0B inside a frame** is a character of the message (it is the line break of some word processors), unless
  `MSH` follows: then the sender began again, what came before was never finished, and both come out, the
  first as `Unfinished`; after a few such beginnings in one frame, those that follow come out together.
* **Too large**: as soon as a message passes the limit, one `Oversized` comes out, with the beginning of the
  message so that it can be refused by name. The rest is skipped without being kept; the caller may close the
  connection, or go on: the decoder resumes at the next frame.

The cost is linear in the number of bytes, however they are cut; memory never holds more than the limit.
"""

from __future__ import annotations

from typing import NamedTuple

START = b"\x0b"
END = b"\x1c\r"
HEAD = 4096
"""Bytes of an oversized message that are kept."""
RESTARTS = 8
"""Beginnings without an end that come out one by one from one frame; those that follow come out together."""

DEFAULT_LIMIT = 16 * 1024 * 1024

_FS = 0x1C
_CR = 0x0D
_AFTER_FS = b"\r\n\x0b"
_RESTART = b"\x0bMSH"


class Frame(NamedTuple):
    """A message, without its framing."""

    message: bytes


class Noise(NamedTuple):
    """Bytes that belong to no frame."""

    data: bytes


class Unfinished(NamedTuple):
    """A message whose end never came: its sender began another one or left. Never to be acknowledged."""

    data: bytes


class Oversized(NamedTuple):
    """A message over the limit. size: bytes seen so far; head: its first bytes; limit: bytes allowed."""

    size: int
    head: bytes
    limit: int


Event = Frame | Noise | Unfinished | Oversized


class UnframeableMessage(ValueError):
    """A message holds 1C 0D, which would end its frame too early."""


def encode(message: bytes) -> bytes:
    """The frame of a message.

    :raises UnframeableMessage: when the message holds the end of a frame.
    """
    if END in message:
        raise UnframeableMessage("the message holds 1C 0D, the end of an MLLP frame")
    return START + message + END


class Decoder:
    """Turns the bytes of one connection into events, in order.

    :param limit: largest message, in bytes, framing not counted.
    """

    __slots__ = ("_buffer", "_ended", "_inside", "_skipping", "limit")

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._inside = False
        self._skipping = False
        self._ended = False

    @property
    def inside(self) -> bool:
        """True between the beginning of a frame and its end: the sender still owes bytes."""
        return self._inside

    @property
    def buffered(self) -> int:
        """Bytes kept of the frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Event]:
        """Take the bytes of one read; return what they complete."""
        if not self._inside and _is_one_frame(data) and len(data) - 3 <= self.limit:
            self._ended = False
            return [Frame(data[1:-2])]
        events: list[Event] = []
        position = 0
        while position < len(data):
            step = self._read_inside if self._inside else self._read_outside
            position = step(data, position, events)
        return events

    def at_eof(self) -> list[Event]:
        """What remains when the connection ends; the decoder can then serve another connection."""
        left = bytes(self._buffer)
        self._buffer.clear()
        self._inside = self._skipping = self._ended = False
        return [Unfinished(left)] if left else []

    def _read_outside(self, data: bytes, position: int, events: list[Event]) -> int:
        """Look for the beginning of a frame; give the rest back as noise."""
        if self._ended and data[position] == _CR:
            position += 1
        self._ended = False
        start = data.find(START, position)
        noise = data[position:] if start < 0 else data[position:start]
        if noise.strip(b"\r\n"):
            events.append(Noise(noise))
        if start < 0:
            return len(data)
        self._inside = True
        return start + 1

    def _read_inside(self, data: bytes, position: int, events: list[Event]) -> int:
        """Take bytes of the message up to the end of the frame or of the data."""
        end = _find_end(data, position)
        stop = len(data) if end < 0 else end
        if not self._skipping:
            self._keep(data, position, stop, events)
        if end < 0:
            return stop
        if not self._skipping:
            self._complete(events)
        self._inside = self._skipping = False
        self._ended = True
        return end + 1

    def _keep(self, data: bytes, position: int, stop: int, events: list[Event]) -> None:
        size = len(self._buffer) + stop - position
        if size <= self.limit:
            self._buffer += memoryview(data)[position:stop]
            return
        head = bytes(self._buffer[:HEAD]) + data[position : min(stop, position + HEAD)]
        events.append(Oversized(size, head[:HEAD], self.limit))
        self._buffer.clear()
        self._skipping = True

    def _complete(self, events: list[Event]) -> None:
        """Hand over the message; if its sender began again on the way, hand over each beginning first."""
        message = bytes(self._buffer)
        self._buffer.clear()
        last = message.rfind(_RESTART)
        if last >= 0:
            first, *others = message[:last].split(_RESTART, RESTARTS)
            parts = [first, *(b"MSH" + other for other in others)]
            events += [Unfinished(part) for part in parts if part.strip(START)]
            message = message[last + len(START) :]
        events.append(Frame(message))


def _is_one_frame(data: bytes) -> bool:
    """The usual read: one whole frame and nothing else."""
    return (
        data.startswith(START)
        and data.find(_FS) == len(data) - 2
        and data[-1] == _CR
        and data.rfind(START) == 0
    )


def _find_end(data: bytes, position: int) -> int:
    """Index of the 1C that ends the frame, or -1."""
    while True:
        found = data.find(_FS, position)
        if found < 0 or found + 1 == len(data) or data[found + 1] in _AFTER_FS:
            return found
        position = found + 1
