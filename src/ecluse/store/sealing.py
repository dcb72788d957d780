"""The seal of the access trail: how its lines are digested, and what the chained journal says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from ecluse.store.errors import Sentence
from ecluse.store.snapshot import Snapshot

SEAL = "trail.seal"
PURGE = "trail.purge"
FACTS = "trail"
"""Key, in the details of these acts, of what they say."""

COLUMNS = ("id", "at", "caller", "name", "on_behalf_of", "action", "patient", "detail")
"""Columns of a line, in the order in which they are digested."""

_LINES = f"SELECT {', '.join(COLUMNS)} FROM store_accessline ORDER BY id"
_ACTS = "SELECT seq, at, details FROM store_journalentry WHERE kind = 'act' AND event IN ('seal', 'purge') ORDER BY seq"
_ROWS = "SELECT seq, at, first, last, count, digest, oldest, newest, purged FROM store_trailseal ORDER BY seq"
_encode = msgspec.json.Encoder().encode


class Seal(msgspec.Struct, frozen=True):
    """What a seal says; see `models.seals.TrailSeal`. digest: hexadecimal."""

    first: int
    last: int
    count: int
    digest: str
    oldest: int
    newest: int


class Gone(msgspec.Struct, frozen=True):
    """What a purge of the trail says. seals: lines of the journal that sealed what is gone; first, last, count: lines
    of the trail; before: µs since 1970, every line that went was older.
    """

    seals: tuple[int, ...]
    first: int
    last: int
    count: int
    before: int


class Wrong(NamedTuple):
    """Something of the trail that is not as it was sealed. seq: line of the journal; code: stable."""

    seq: int | None
    code: str
    sentence: Sentence


class TrailDigest:
    """Digest of lines of the trail, in the order of their ids: SHA-256 over a JSON array and a line feed for each."""

    def __init__(self) -> None:
        self._digest = sha256()
        self.count = 0

    def add(self, line: Iterable[Any]) -> None:
        """Take in the next line, its values in the order of `COLUMNS`."""
        self._digest.update(_encode(tuple(line)) + b"\n")
        self.count += 1

    def hex(self) -> str:
        """The digest so far."""
        return self._digest.hexdigest()


class _Act(msgspec.Struct, frozen=True):
    act: str
    trail: msgspec.Raw = msgspec.Raw()


_act = msgspec.json.Decoder(_Act).decode
_seal = msgspec.json.Decoder(Seal).decode
_gone = msgspec.json.Decoder(Gone).decode


class _Told(NamedTuple):
    """Seals by their line of the journal, with its time; purges by the seal that they removed; lines not readable."""

    seals: dict[int, tuple[int, Seal]]
    purged: dict[int, int]
    unreadable: list[int]


def wrong(snapshot: Snapshot) -> Iterator[Wrong]:
    """Everything of the trail that is not as the journal sealed it. Lines not sealed yet prove nothing."""
    told = _told(snapshot)
    yield from (_problem(seq, "trail_seal") for seq in told.unreadable)
    yield from _compare_rows(snapshot, told)
    yield from _compare_lines(snapshot, told)


def _told(snapshot: Snapshot) -> _Told:
    told = _Told({}, {}, [])
    for seq, at, details in snapshot.stream(_ACTS):
        try:
            act = _act(details)
            if act.act == SEAL:
                told.seals[seq] = at, _seal(act.trail)
            elif act.act == PURGE:
                told.purged.update(dict.fromkeys(_gone(act.trail).seals, seq))
        except (msgspec.MsgspecError, TypeError):
            told.unreadable.append(seq)
    return told


def _compare_rows(snapshot: Snapshot, told: _Told) -> Iterator[Wrong]:
    """The table against the acts: readers and the next purge go by the table."""
    expected = {
        seq: (at, one.first, one.last, one.count, one.digest, one.oldest, one.newest, told.purged.get(seq))
        for seq, (at, one) in told.seals.items()
    }
    for seq, at, first, last, count, digest, oldest, newest, purged in snapshot.stream(_ROWS):
        stored = at, first, last, count, bytes(digest).hex(), oldest, newest, purged
        if expected.pop(seq, None) != stored:
            yield _problem(seq, "trail_seal")
    yield from (_problem(seq, "trail_seal") for seq in expected)


def _compare_lines(snapshot: Snapshot, told: _Told) -> Iterator[Wrong]:
    """The lines against the acts, side by side in the order of ids."""
    lines = snapshot.stream(_LINES)
    line = next(lines, None)
    end = 0
    for seq, (_, one) in told.seals.items():
        if one.first != end + 1 or one.last < one.first:
            yield _problem(seq, "trail_seal")
        end = max(end, one.last)
        found, before = TrailDigest(), 0
        while line is not None and line[0] <= one.last:
            if line[0] < one.first:
                before += 1
            else:
                found.add(line)
            line = next(lines, None)
        if before:
            yield _problem(seq, "trail_inserted", one, before)
        purged = seq in told.purged
        count = 0 if purged else one.count
        if found.count > count:
            yield _problem(seq, "trail_inserted", one, found.count - count)
        elif found.count < count:
            yield _problem(seq, "trail_missing", one, count - found.count)
        elif not purged and found.hex() != one.digest:
            yield _problem(seq, "trail_changed", one)


_SENTENCES = {
    "trail_seal": Sentence(
        "Le sceau de la trace des accès, ligne {seq} du journal, manque, ne se lit pas ou ne suit pas le précédent.",
        "The seal of the access trail, line {seq} of the journal, is missing, unreadable or does not follow the one "
        "before.",
    ),
    "trail_changed": Sentence(
        "Des lignes de la trace des accès (de {first} à {last}) ont été modifiées depuis leur sceau, ligne {seq} du "
        "journal.",
        "Lines of the access trail ({first} to {last}) were changed since their seal, line {seq} of the journal.",
    ),
    "trail_missing": Sentence(
        "Il manque {n} ligne(s) de la trace des accès (entre {first} et {last}), scellées ligne {seq} du journal, sans "
        "acte de purge.",
        "{n} line(s) of the access trail are missing (between {first} and {last}), sealed by line {seq} of the "
        "journal, without an act of purge.",
    ),
    "trail_inserted": Sentence(
        "Il y a {n} ligne(s) de trop dans la trace des accès (jusqu’à {last}) : le sceau de la ligne {seq} du journal "
        "ne les couvre pas.",
        "There are {n} line(s) too many in the access trail (up to {last}): the seal of line {seq} of the journal does "
        "not cover them.",
    ),
}


def _problem(seq: int, code: str, seal: Seal | None = None, n: int = 0) -> Wrong:
    fr, en = _SENTENCES[code]
    values = {"seq": seq, "n": n, "first": seal.first if seal else 0, "last": seal.last if seal else 0}
    return Wrong(seq, code, Sentence(fr.format(**values), en.format(**values)))
