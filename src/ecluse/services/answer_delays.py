"""How long senders wait for their acknowledgement: measured by the listeners, minute by minute, for the pages.

A delay runs from the bytes that end a message to the answer given to the connection, durable writing included. The last
hour is kept as counts on a logarithmic scale, in one small file beside the sockets: it survives a restart, it is not
worth a place in the store, and losing it loses no message.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

MINUTES = 60
PRECISION = 8
"""Steps of the scale for a doubling: a percentile is told within 5 %."""

_decode = msgspec.json.Decoder(dict[int, dict[int, int]]).decode


@dataclass(frozen=True, slots=True)
class Delay:
    """Delays of one minute, in milliseconds. minute: since 1970; None where nothing was answered."""

    minute: int
    median: float | None = None
    p95: float | None = None
    p99: float | None = None


def file_of(writer: Path) -> Path:
    """Where the delays are kept, given the socket of the writer."""
    return writer.with_name("delays.json")


class Delays:
    """Delays of the last hour, for one process that adds to them and saves them.

    :param file: where they are kept, and what it holds is taken up; None: nowhere.
    :param clock: seconds since 1970.
    """

    def __init__(self, file: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._counts: dict[int, Counter[int]] = {
            minute: Counter(counts) for minute, counts in (_read(file) if file is not None else {}).items()
        }
        self._changed = False

    def add(self, seconds: float) -> None:
        """Count one answer, whose message waited that long."""
        minute = int(self._clock() // 60)
        counts = self._counts.get(minute)
        if counts is None:
            counts = self._counts[minute] = Counter()
        counts[_step(seconds)] += 1
        self._changed = True

    def save(self) -> None:
        """Write what changed, older minutes left out. A disk that refuses loses these numbers alone."""
        if not self._changed or self._file is None:
            return
        newest = max(self._counts)
        self._counts = {one: counts for one, counts in self._counts.items() if one > newest - MINUTES}
        beside = self._file.with_suffix(".new")
        with suppress(OSError):
            beside.write_bytes(msgspec.json.encode(self._counts))
            beside.replace(self._file)
            self._changed = False


def delays(writer: Path, minutes: Iterable[int]) -> tuple[Delay, ...]:
    """Delays of these minutes, as last saved.

    :param writer: socket of the writer; minutes: since 1970.
    """
    kept = _read(file_of(writer))
    return tuple(_delay(one, kept.get(one, {})) for one in minutes)


def _read(file: Path) -> dict[int, dict[int, int]]:
    """What was saved; nothing when it is not there or cannot be read."""
    try:
        return _decode(file.read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}


def _step(seconds: float) -> int:
    return round(PRECISION * math.log2(max(seconds, 1e-6) * 1e6))


def _delay(minute: int, counts: dict[int, int]) -> Delay:
    if not counts:
        return Delay(minute)
    return Delay(minute, *(_percentile(counts, part) for part in (0.5, 0.95, 0.99)))


def _percentile(counts: dict[int, int], part: float) -> float:
    """The delay that this part of the answers did not pass, in milliseconds."""
    left = math.ceil(part * sum(counts.values()))
    for step in sorted(counts):
        left -= counts[step]
        if left <= 0:
            return float(2 ** (step / PRECISION) / 1000)
    raise AssertionError("a part is at most 1")
