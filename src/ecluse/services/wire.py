"""How the processes of one gateway talk: packets on a Unix socket, a kind, a length, and MessagePack inside.

The socket lives in the data folder (mode 0700); both ends are this same release, so the format has no version.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ecluse.services.answer import Answer
from ecluse.services.read_frame import Received

BATCH = b"B"
"""Frames from a listener, answered by a batch of answers."""
ACT = b"A"
"""An operator's act, answered by its result."""

_HEAD = 5
_encode = msgspec.msgpack.Encoder().encode
_received = msgspec.msgpack.Decoder(list[Received])
_answers = msgspec.msgpack.Decoder(list[Answer])


_LONGEST = 100
"""Characters of a Unix socket's path that every Linux accepts (the limit is 108, the ending zero included)."""


def reachable(path: Path) -> str:
    """A path by which a Unix socket can be bound or reached, however deep the data folder lies."""
    if len(os.fsencode(path)) <= _LONGEST:
        return str(path)
    folder = _folders.get(path.parent)
    if folder is None:
        folder = _folders[path.parent] = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{path.name}"


_folders: dict[Path, int] = {}


class Act(NamedTuple):
    """An operator's act: who asks, its name (`sender.confirm`) and its arguments.

    once: what tells one request from all others, or empty; the writer does an act of that id once.
    """

    operator: str
    name: str
    arguments: dict[str, Any]
    once: str = ""


class ActResult(NamedTuple):
    """What became of an act: whether it was done, the journal line, a sentence in French and English, and data.

    The data is what the one who asked needs back (an id made on the way), in JSON types. again: it had been done
    already, and this is its result.
    """

    done: bool
    seq: int
    text_fr: str
    text_en: str
    data: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    again: bool = False


_act = msgspec.msgpack.Decoder(Act)
_result = msgspec.msgpack.Decoder(ActResult)


def packet(kind: bytes, value: object) -> bytes:
    """One packet."""
    body = _encode(value)
    return kind + len(body).to_bytes(4, "big") + body


class Packets:
    """Takes bytes as they come, gives whole packets."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Kinds and bodies of the packets now complete."""
        buffer = self._buffer
        if not buffer and len(data) >= _HEAD and int.from_bytes(data[1:_HEAD], "big") == len(data) - _HEAD:
            return [(data[:1], data[_HEAD:])]  # the usual read: one whole packet
        buffer += data
        found = []
        start = 0
        while len(buffer) - start >= _HEAD:
            end = start + _HEAD + int.from_bytes(buffer[start + 1 : start + _HEAD], "big")
            if end > len(buffer):
                break
            found.append((bytes(buffer[start : start + 1]), bytes(buffer[start + _HEAD : end])))
            start = end
        if start:
            del buffer[:start]
        return found


def read_batch(body: bytes) -> list[Received]:
    """Frames of a batch."""
    return _received.decode(body)


def read_answers(body: bytes) -> list[Answer]:
    """Answers to a batch."""
    return _answers.decode(body)


def read_act(body: bytes) -> Act:
    """An act."""
    return _act.decode(body)


def read_result(body: bytes) -> ActResult:
    """The result of an act."""
    return _result.decode(body)
