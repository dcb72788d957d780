"""The entries of a revocation list, left as bytes and found by serial number.

Source: RFC 5280 §5.1.2.6 and §5.3.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509 import extensions as ext
from ecluse.protocols.x509.errors import malformed
from ecluse.protocols.x509.general_names import GeneralName

REASON_CODE, INVALIDITY_DATE, CERTIFICATE_ISSUER = "2.5.29.21", "2.5.29.24", "2.5.29.29"
_UNDERSTOOD = frozenset({REASON_CODE, INVALIDITY_DATE, CERTIFICATE_ISSUER})
CODES = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
"""Words of CRLReason (RFC 5280 §5.3.1)."""
_REMEMBERED = 10_000  # sets of extensions kept while a list is read: ordinary lists hold a dozen


class RevokedEntry(NamedTuple):
    """One revoked certificate.

    date: of the revocation, aware, UTC. reason: word of CRLReason, `unspecified` when the entry gives none.
    issuer: names of the certificate's issuer in an indirect list; empty when it is the issuer of the list.
    """

    serial: int
    date: datetime
    reason: str
    issuer: tuple[GeneralName, ...]


class _Facts(NamedTuple):
    """What the extensions of an entry say."""

    reason: str
    issuer: tuple[GeneralName, ...] | None
    unknown_critical: frozenset[str]


_NO_FACTS = _Facts("unspecified", None, frozenset())


@dataclass(frozen=True, eq=False)
class Entries:
    """The entries of a list, in its bytes.

    starts: offset of each. turns, issuers: from which offset on another issuer of certificates counts (indirect list).
    """

    source: bytes
    starts: array[int]
    turns: tuple[int, ...]
    issuers: tuple[tuple[GeneralName, ...], ...]
    unknown_critical: frozenset[str]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[RevokedEntry]:
        return (self._entry(start) for start in self.starts)

    def find(self, serial: int) -> tuple[RevokedEntry, ...]:
        """The entries with this serial number, in order: at most one, or one per issuer in an indirect list."""
        if not self.starts:
            return ()
        pattern, found = der.write_integer(serial), []
        at = self.source.find(pattern, self.starts[0])
        while at >= 0:
            start = self.starts[max(bisect_right(self.starts, at) - 1, 0)]
            if der.Reader(self.source, start).take().body == at:
                found.append(self._entry(start))
            at = self.source.find(pattern, at + 1)
        return tuple(found)

    def _entry(self, start: int) -> RevokedEntry:
        reader = der.Reader(self.source, start).take().reader()
        serial, date = der.integer(reader.take()), der.instant(reader.take())
        facts = _facts(reader.take().der) if reader.more() else _NO_FACTS
        turn = bisect_right(self.turns, start)
        return RevokedEntry(serial, date, facts.reason, self.issuers[turn - 1] if turn else ())


NO_ENTRIES = Entries(b"", array("I"), (), (), frozenset())


def _facts(encoded: bytes) -> _Facts:
    """What the extensions of an entry say. Raises `Unreadable`."""
    extensions = ext.read_extensions(der.only(encoded, der.SEQUENCE))
    by_oid = {one.oid: one.value for one in extensions}
    reason, issuer = by_oid.get(REASON_CODE), by_oid.get(CERTIFICATE_ISSUER)
    code = 0 if reason is None else der.integer(der.only(reason, der.ENUMERATED))
    if code not in CODES:
        raise malformed("CRLReason")
    return _Facts(
        CODES[code],
        None if issuer is None else ext.general_names(issuer),
        frozenset(one.oid for one in extensions if one.critical and one.oid not in _UNDERSTOOD),
    )


def read_entries(revoked: der.Element) -> Entries:
    """Checks every entry of the SEQUENCE and notes where each begins. Raises `Unreadable`.

    Lists repeat themselves: days, hours and sets of extensions are checked once each.
    """
    source, reader = revoked.source, revoked.reader()
    starts, turns, issuers = array("I"), [], []
    instants: set[bytes] = set()
    seen: dict[bytes, _Facts] = {b"": _NO_FACTS}
    unknown: frozenset[str] = frozenset()
    while reader.more():
        start = reader.at
        starts.append(start)
        if end := _end_of_plain(source, start, reader.end, instants):
            reader.at = end
            continue
        facts = _check_entry(source, reader.take(der.SEQUENCE), instants, seen)
        if facts is not _NO_FACTS:
            unknown |= facts.unknown_critical
            if facts.issuer is not None:
                turns.append(start)
                issuers.append(facts.issuer)
    return Entries(source, starts, tuple(turns), tuple(issuers), unknown)


def _end_of_plain(source: bytes, at: int, end: int, instants: set[bytes]) -> int:
    """Where an entry of the ordinary form ends: short lengths, UTCTime already seen, no extension. 0 for any other.

    Same checks as `_check_entry`, without an object: it is done a million times on the largest lists.
    """
    size = source[at + 3]
    time = at + 4 + size
    after = time + 15
    if (
        size
        and source[at] == der.SEQUENCE
        and source[at + 1] == size + 17 < 0x80
        and source[at + 2] == der.INTEGER
        and after <= end
        and source[time + 1] == 13
        and source[time : time + 8] in instants
        and source[time + 8 : after] in instants
        and (0 < source[at + 4] < 0x80 or (source[at + 4] == 0 and source[at + 5] & 0x80))
    ):
        return after
    return 0


def _check_entry(
    source: bytes, entry: der.Element, instants: set[bytes], seen: dict[bytes, _Facts]
) -> _Facts:
    """Checks one entry; what its extensions say."""
    reader = entry.reader()
    der.integer(reader.take(der.INTEGER))
    time = reader.take()
    day, hour = source[time.start : time.end - 7], source[time.end - 7 : time.end]
    if day not in instants or hour not in instants:
        der.instant(time)
        instants.update((day, hour))
    rest = source[reader.at : reader.end]
    facts = seen.get(rest)
    if facts is None:
        reader.take(der.SEQUENCE)
        reader.done()
        facts = _facts(rest)
        if len(seen) < _REMEMBERED:
            seen[rest] = facts
    return facts
