"""Read the journal again from its first line and tell everything that is not as it was written.

What is proved: no line is missing, moved or changed (chain); the bytes, answers, findings and events are
those that were kept with their line (digests); bytes that are missing were purged by an act of the journal.
What only a checkpoint kept elsewhere can prove: that the end
was not cut off and that nobody wrote the whole chain again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from ecluse.store.chain import EVENT_SPAN, START, result_digest
from ecluse.store.errors import Sentence
from ecluse.store.purging import Cover, Event, Tombstone, told
from ecluse.store.snapshot import Snapshot

LINES = (
    "SELECT seq, at, kind, domain_id, sender_id, control_id, event, answer, code, content, result, "
    "details, digest"
    " FROM store_journalentry ORDER BY seq"
)
RAWS = "SELECT seq, received, answered, findings FROM store_rawmessage ORDER BY seq"
EVENTS = "SELECT id, domain_id, patient, type, version, at, data FROM store_storedevent ORDER BY id"

_PROGRESS_EVERY = 5000
_encode = msgspec.json.Encoder().encode
Progress = Callable[[int], None]
Row = tuple[Any, ...]


class Problem(NamedTuple):
    """One thing that is not as it was written. seq: the journal line, or None; code: stable; sentence: what
    is wrong.
    """

    seq: int | None
    code: str
    sentence: Sentence


class Mark(NamedTuple):
    """Where the journal stands: number of the line, its digest, and how many lines were read so far."""

    seq: int
    digest: bytes
    lines: int


class Checker:
    """One reading of a journal. `problems()` yields as it reads; afterwards `end` is the last line.

    :param keep: numbers of lines whose digest the caller wants in `digests`, for checkpoints.
    """

    def __init__(
        self, snapshot: Snapshot, *, keep: frozenset[int] = frozenset(), progress: Progress | None = None
    ) -> None:
        self._snapshot = snapshot
        self.tombstones = told(snapshot)
        self._keep = keep.union(one.snapshot for one in self.tombstones)
        self._progress = progress
        self.digests: dict[int, bytes] = {}
        self.end = Mark(0, START, 0)

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong, in the order of the journal."""
        raws = _Behind(self._snapshot.stream(RAWS), 1)
        events = _Behind(self._snapshot.stream(EVENTS), EVENT_SPAN)
        purged = Cover(self.tombstones)
        previous, expected, count = START, 1, 0
        for line in self._snapshot.stream(LINES):
            seq = line[0]
            if seq != expected:
                yield _gap(expected, seq)
            # The digest as stored goes on, so that one changed line is one problem and not all that follow.
            stored = line[12] if isinstance(line[12], bytes) else b""
            if sha256(previous + _encode(line[:12])).digest() != stored:
                yield _problem(seq, "line")
            previous, expected, count = stored, seq + 1, count + 1
            if raws.seq < seq or events.seq < seq:
                yield from raws.strays(seq, "stray_bytes")
                yield from events.strays(seq, "stray_event")
            raw, produced = raws.take(seq), events.take_all(seq)
            try:
                if raw is None and purged.explains(seq, line[2], _digested(produced)):
                    if not _in_place(line, produced):
                        yield _problem(seq, "event_place")
                elif not _sound(line, raw, produced):
                    yield from _explain(line, raw, produced)
            except TypeError:  # SQLite keeps a text or a number in a column of bytes without a word
                yield _problem(seq, "result")
            if seq in self._keep:
                self.digests[seq] = stored
            if self._progress is not None and count % _PROGRESS_EVERY == 0:
                self._progress(count)
        yield from raws.strays(None, "stray_bytes")
        yield from events.strays(None, "stray_event")
        yield from (_tombstone(one) for one in purged.wrong())
        self.end = Mark(expected - 1, previous, count)
        if self._progress is not None:
            self._progress(count)


class _Behind:
    """Rows of another table, in step: their id divided by `span` is the number of their line."""

    def __init__(self, rows: Iterator[Row], span: int) -> None:
        self._rows = rows
        self._span = span
        self._next()

    def _next(self) -> None:
        self._row = next(self._rows, None)
        self.seq = -1 if self._row is None else self._row[0] // self._span

    def strays(self, seq: int | None, code: str) -> Iterator[Problem]:
        """Rows that belong to no line, before line `seq` (None: up to the end)."""
        while self._row is not None and (seq is None or self.seq < seq):
            yield _problem(self.seq, code)
            self._next()

    def take(self, seq: int) -> Row | None:
        """The row of a line, if there is one."""
        if self.seq != seq:
            return None
        row = self._row
        self._next()
        return row

    def take_all(self, seq: int) -> list[Row]:
        """Every row of a line."""
        found: list[Row] = []
        while self.seq == seq and self._row is not None:
            found.append(self._row)
            self._next()
        return found


def _sound(line: Row, raw: Row | None, events: list[Row]) -> bool:
    """True when what is kept beside a line is what its digests say: nearly always, so this is the quick way."""
    return (
        raw is not None
        and sha256(raw[1]).digest() == line[9]
        and result_digest(raw[2], raw[3], _digested(events)) == line[10]
        and _in_place(line, events)
    )


def _digested(events: list[Row]) -> list[Event]:
    """What the digests cover of events."""
    return [(one[2], one[3], one[4], one[6]) for one in events]


def _in_place(line: Row, events: list[Row]) -> bool:
    """Rank, domain and time of events: they are not in the digest, because they repeat what the line says."""
    first = line[0] * EVENT_SPAN
    return all(
        one[0] == first + rank and one[1] == line[3] and one[5] == line[1] for rank, one in enumerate(events)
    )


def _explain(line: Row, raw: Row | None, events: list[Row]) -> Iterator[Problem]:
    seq = line[0]
    if not _in_place(line, events):
        yield _problem(seq, "event_place")
    if raw is None:
        yield _problem(seq, "no_bytes")
        return
    if sha256(raw[1]).digest() != line[9]:
        yield _problem(seq, "bytes")
    if result_digest(raw[2], raw[3], _digested(events)) != line[10]:
        yield _problem(seq, "result")


_SENTENCES = {
    "line": Sentence(
        "La ligne {seq} du journal a été modifiée, ou une ligne avant elle a été remplacée : son "
        "empreinte n’est pas "
        "celle qui enchaîne les deux.",
        "Line {seq} of the journal was changed, or a line before it was replaced: its digest is not "
        "the one that "
        "chains them.",
    ),
    "no_bytes": Sentence(
        "Les octets reçus de la ligne {seq} manquent, sans trace d’une purge.",
        "The bytes received with line {seq} are missing, without a trace of a purge.",
    ),
    "bytes": Sentence(
        "Les octets reçus de la ligne {seq} ne sont plus ceux qui ont été enregistrés.",
        "The bytes received with line {seq} are no longer those that were kept.",
    ),
    "result": Sentence(
        "L’acquittement, les constats ou les événements de la ligne {seq} ne sont plus ceux qui ont "
        "été enregistrés.",
        "The acknowledgement, the findings or the events of line {seq} are no longer those that were kept.",
    ),
    "event_place": Sentence(
        "Un événement de la ligne {seq} a changé de rang, de domaine ou de date.",
        "An event of line {seq} changed its rank, its domain or its time.",
    ),
    "stray_bytes": Sentence(
        "Des octets sont rattachés à la ligne {seq}, qui n’existe pas dans le journal.",
        "Some bytes belong to line {seq}, which the journal does not have.",
    ),
    "stray_event": Sentence(
        "Un événement est rattaché à la ligne {seq}, qui n’existe pas dans le journal.",
        "An event belongs to line {seq}, which the journal does not have.",
    ),
}


def _problem(seq: int, code: str) -> Problem:
    fr, en = _SENTENCES[code]
    return Problem(seq, code, Sentence(fr.format(seq=seq), en.format(seq=seq)))


def _tombstone(one: Tombstone) -> Problem:
    return Problem(
        one.seq,
        "purge",
        Sentence(
            f"La purge de la ligne {one.seq} (lignes {one.first} à {one.last}) ne dit pas ce qui manque : d’autres "
            "octets ont été enlevés ou rendus, ou des événements ont été modifiés depuis.",
            f"The purge of line {one.seq} (lines {one.first} to {one.last}) does not say what is missing: other "
            "bytes were removed or put back, or events were changed since.",
        ),
    )


def _gap(expected: int, seq: int) -> Problem:
    if seq - expected == 1:
        return Problem(
            expected,
            "gap",
            Sentence(
                f"La ligne {expected} du journal manque.", f"Line {expected} of the journal is missing."
            ),
        )
    return Problem(
        expected,
        "gap",
        Sentence(
            f"Les lignes {expected} à {seq - 1} du journal manquent.",
            f"Lines {expected} to {seq - 1} of the journal are missing.",
        ),
    )
