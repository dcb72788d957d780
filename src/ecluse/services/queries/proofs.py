"""How far the proofs go: seals of the access trail, signed checkpoints, backups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Max

from ecluse.services.queries.presentation import moment
from ecluse.services.write_checkpoint import Checkpoint, read_checkpoint
from ecluse.store.errors import StoreError
from ecluse.store.models import JournalEntry
from ecluse.store.models.access import AccessLine
from ecluse.store.models.retention import Purge
from ecluse.store.models.seals import ActLine, TrailSeal

MOST_COUNTED = 10_000
_CHECKPOINT = re.compile(r"checkpoint-\d{8}T\d{6}Z\.json")
_BACKUP = re.compile(r"[\w.-]+\.(tar\.gz|tgz)")


@dataclass(frozen=True, slots=True)
class SealState:
    """Where the seal of the access trail stands. seq, at: line of the journal and time of the last one, null
    before the first; last: line of the trail up to which it goes; waiting: lines written since, MOST_COUNTED at most;
    waiting_since: time of the oldest of them.
    """

    seq: int | None
    at: str | None
    last: int
    waiting: int
    waiting_since: str | None


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A signed checkpoint in the data folder. fingerprint: of the key that signed it."""

    name: str
    at: str
    seq: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A backup in the folder of the data. size: bytes."""

    name: str
    at: str
    size: int


def seal_state() -> SealState:
    """Where the seal stands, now."""
    row = TrailSeal.objects.order_by("-last").first()
    last = row.last if row is not None else 0
    later = AccessLine.objects.filter(id__gt=last).order_by("id").values_list("at", flat=True)
    waiting = later[:MOST_COUNTED].count()
    oldest = later.first()
    return SealState(
        seq=row.seq if row is not None else None,
        at=moment(row.at) if row is not None else None,
        last=last,
        waiting=waiting,
        waiting_since=None if oldest is None else moment(oldest),
    )


def last_purges() -> dict[str, str]:
    """When each category (`messages`, `unreadable`, `access`) was purged last, those that ever were."""
    rows = Purge.objects.values_list("category").annotate(last=Max("at"))
    found = {category: moment(at) for category, at in rows}
    seal = TrailSeal.objects.exclude(purged=None).order_by("-purged").values_list("purged", flat=True).first()
    at = ActLine.objects.filter(seq=seal).values_list("at", flat=True).first() if seal is not None else None
    return found if at is None else {**found, "access": moment(at)}


def journal_end() -> int:
    """The last line of the journal, 0 when it is empty."""
    return JournalEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def checkpoints(data: Path, most: int = 12) -> tuple[CheckpointFile, ...]:
    """Checkpoints of the data folder, the newest first; those that cannot be read are left out."""
    found = []
    for file in sorted(_files(data / "checkpoints", _CHECKPOINT), reverse=True)[:most]:
        try:
            signed = read_checkpoint(file)
        except StoreError:
            continue
        found.append(_checkpoint(file, signed))
    return tuple(found)


def _checkpoint(file: Path, signed: Checkpoint) -> CheckpointFile:
    return CheckpointFile(file.name, signed.at, signed.seq, signed.fingerprint)


def checkpoint_bytes(data: Path, name: str) -> bytes | None:
    """A checkpoint of the data folder as it was signed; None when there is none of that name."""
    if not _CHECKPOINT.fullmatch(name):
        return None
    try:
        return (data / "checkpoints" / name).read_bytes()
    except OSError:
        return None


def backups(data: Path, most: int = 20) -> tuple[BackupFile, ...]:
    """Backups in the folder of the data, the newest first; those made elsewhere are not known here."""
    found = []
    for file in _files(data / "backups", _BACKUP):
        try:
            told = file.stat()
        except OSError:
            continue
        found.append(BackupFile(file.name, moment(int(told.st_mtime * 1_000_000)), told.st_size))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:most])


def _files(folder: Path, form: re.Pattern[str]) -> list[Path]:
    try:
        return [one for one in folder.iterdir() if form.fullmatch(one.name)]
    except OSError:
        return []
