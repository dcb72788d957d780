"""Whom TLS refused, listener by listener and reason by reason, for the metrics and the pages.

Counted by the listener process in one small file beside the sockets, like the delays: it survives a restart, it is not
worth a place in the store, and losing it loses no message. It also keeps where the lists of revocation of the clients
are, for the worker that fetches them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ecluse.services.listening.refused import Refused

LATEST = 20
"""Refusals shown one by one."""
_ADDRESSES = 200
"""Addresses of lists kept: a hospital's clients come from a few authorities."""


class Told(msgspec.Struct, frozen=True):
    """One refusal as it is shown. at: µs since 1970; times: refusals alike since, this one included."""

    at: int
    listener: str
    peer: str
    check: str
    text_fr: str
    text_en: str
    fingerprint: str
    subject: str
    times: int = 1


class Tallies(msgspec.Struct):
    """refused: connections by listener and check; doubtful: admitted although their revocation could not be known, by
    listener; doubted: when the last of those was (µs since 1970), for the alarms; latest: the last refusals, newest
    first; addresses: of the lists that the clients' certificates name.
    """

    refused: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    doubtful: dict[str, int] = msgspec.field(default_factory=dict)
    doubted: dict[str, int] = msgspec.field(default_factory=dict)
    latest: list[Told] = msgspec.field(default_factory=list)
    addresses: list[str] = msgspec.field(default_factory=list)


def file_of(writer: Path) -> Path:
    """Where the counts are kept, given the socket of the writer."""
    return writer.with_name("tls.json")


def tallies(writer: Path) -> Tallies:
    """The counts as last saved; empty when there are none."""
    return _read(file_of(writer))


@dataclass
class Tally:
    """Counts for one process that adds to them and saves them.

    :param file: where they are kept, and what it holds is taken up; None: nowhere.
    :param clock: µs since 1970.
    """

    file: Path | None = None
    clock: Callable[[], int] = lambda: time.time_ns() // 1000
    counted: Tallies = field(default_factory=Tallies)
    _changed: bool = False

    def __post_init__(self) -> None:
        if self.file is not None:
            self.counted = _read(self.file)

    def refuse(self, listener: str, peer: str, why: Refused) -> None:
        """Count a client that was refused."""
        by_check = self.counted.refused.setdefault(listener, {})
        by_check[why.check] = by_check.get(why.check, 0) + 1
        told = Told(
            self.clock(), listener, peer, why.check, why.text_fr, why.text_en, why.fingerprint, why.subject
        )
        latest = self.counted.latest
        for place, one in enumerate(latest):
            if _alike(one, told):
                told = msgspec.structs.replace(told, times=one.times + 1)
                del latest[place]
                break
        latest.insert(0, told)
        del latest[LATEST:]
        self._changed = True

    def doubt(self, listener: str) -> None:
        """Count a client admitted although its revocation could not be known."""
        self.counted.doubtful[listener] = self.counted.doubtful.get(listener, 0) + 1
        self.counted.doubted[listener] = self.clock()
        self._changed = True

    def watch(self, addresses: tuple[str, ...]) -> None:
        """Have the lists of a client's authorities fetched from now on."""
        for one in addresses:
            if one not in self.counted.addresses and len(self.counted.addresses) < _ADDRESSES:
                self.counted.addresses.append(one)
                self._changed = True

    def save(self) -> None:
        """Write what changed. A disk that refuses loses these numbers alone."""
        if not self._changed or self.file is None:
            return
        beside = self.file.with_suffix(".new")
        with suppress(OSError):
            beside.write_bytes(msgspec.json.encode(self.counted))
            beside.replace(self.file)
            self._changed = False


def _alike(one: Told, other: Told) -> bool:
    return (one.listener, one.peer, one.check, one.fingerprint) == (
        other.listener,
        other.peer,
        other.check,
        other.fingerprint,
    )


def _read(file: Path) -> Tallies:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Tallies)
    except (OSError, msgspec.DecodeError):
        return Tallies()
