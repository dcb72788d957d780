"""Back up the store while the gateway works: one moment is copied, verified, then archived."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import ecluse
from ecluse.services import archive, archive_documents
from ecluse.services.deployment import Deployment
from ecluse.services.queries.presentation import moment
from ecluse.store.checking import Checker, Problem
from ecluse.store.copying import check_sqlite, copy_sqlite, dump_postgresql
from ecluse.store.errors import BackupError
from ecluse.store.schema import schema_version
from ecluse.store.snapshot import Snapshot, file_snapshot, live_snapshot

Progress = Callable[[str, int, int | None], None]
"""Called with the step (`copy`, `verify`, `archive`), what is done and the total when it is known."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and verified. problems: what the verification of the journal found."""

    file: Path
    size: int
    manifest: archive.Manifest
    problems: tuple[Problem, ...]


def summary(made: Backup) -> dict[str, Any]:
    """A backup in JSON types, for who asks later about the last one."""
    return {
        "file": str(made.file),
        "size": made.size,
        "seq": made.manifest.seq,
        "problems": [{"fr": one.sentence.fr, "en": one.sentence.en} for one in made.problems[:20]],
    }


def back_up(
    deployment: Deployment, target: Path, now: int, *, reason: str = "", progress: Progress | None = None
) -> Backup:
    """Write a backup archive.

    A journal with problems is archived all the same, because a damaged store is the one that must be kept;
    the problems are in the answer. A copy that SQLite itself finds damaged is refused.

    :param target: a folder (the name is made from the time), or the file to write.
    :param now: microseconds since 1970.
    :param reason: added to the name made from the time.
    :raises BackupError: the archive could not be written or verified.
    """
    file = _file(target, now, reason)
    tell = progress or (lambda _step, _done, _total: None)
    try:
        work = Path(tempfile.mkdtemp(prefix=".ecluse-", dir=file.parent))
    except OSError as error:
        raise _not_written(file, error) from None
    try:
        with live_snapshot() as snapshot:
            name = _copy(snapshot, work, tell)
            manifest, problems = _describe(snapshot, work, name, now, tell)
        manifest = _add_settings(deployment, work, manifest)
        if archive_documents.pack(deployment.data, work):
            manifest.files[archive.DOCUMENTS] = archive.member(work / archive.DOCUMENTS)
        tell("archive", 0, None)
        archive.write(file, manifest, work)
        return Backup(file, file.stat().st_size, manifest, problems)
    except OSError as error:
        raise _not_written(file, error) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _file(target: Path, now: int, reason: str) -> Path:
    try:
        if target.suffix in (".gz", ".tgz"):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return target.resolve()
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(target, error) from None
    stamp = moment(now)[:19].replace(":", "").replace("-", "") + "Z"
    return target.resolve() / f"ecluse-{stamp}{f'-{reason}' if reason else ''}.tar.gz"


def _copy(snapshot: Snapshot, work: Path, tell: Progress) -> str:
    if snapshot.vendor != "sqlite":
        tell("copy", 0, None)
        dump_postgresql(snapshot, work / archive.POSTGRESQL)
        return archive.POSTGRESQL
    copy = work / archive.SQLITE
    copy_sqlite(snapshot, copy, lambda done, total: tell("copy", done, total))
    damage = check_sqlite(copy)
    if damage:
        raise BackupError(
            f"La copie de la base est abîmée, aucune sauvegarde n’est écrite : {damage}",
            f"The copy of the database is damaged, no backup is written: {damage}",
        )
    return archive.SQLITE


def _describe(
    snapshot: Snapshot, work: Path, name: str, now: int, tell: Progress
) -> tuple[archive.Manifest, tuple[Problem, ...]]:
    """Verify the copy (for PostgreSQL: the very moment that was dumped) and describe it."""
    if name == archive.SQLITE:
        with file_snapshot(work / name) as copy:
            checker, problems, facts = _verify(copy, tell)
    else:
        checker, problems, facts = _verify(snapshot, tell)
    return archive.Manifest(
        format=archive.FORMAT,
        version=ecluse.__version__,
        at=moment(now),
        installation=facts.get("installation", ""),
        environment=facts.get("environment", ""),
        database=snapshot.vendor,
        schema=schema_version(),
        seq=checker.end.seq,
        digest=checker.end.digest.hex(),
        files={name: archive.member(work / name)},
    ), problems


def _verify(snapshot: Snapshot, tell: Progress) -> tuple[Checker, tuple[Problem, ...], dict[str, str]]:
    total = snapshot.one("SELECT count(*) FROM store_journalentry")
    checker = Checker(snapshot, progress=lambda done: tell("verify", done, total))
    first = tuple(islice(problems := checker.problems(), 100))
    for _ in problems:
        pass
    return checker, first, dict(snapshot.stream("SELECT name, value FROM store_meta"))


def _add_settings(deployment: Deployment, work: Path, manifest: archive.Manifest) -> archive.Manifest:
    settings = deployment.data / archive.SETTINGS
    if settings.exists():
        (work / archive.SETTINGS).write_text(archive.without_passwords(settings.read_text("utf-8")), "utf-8")
        manifest.files[archive.SETTINGS] = archive.member(work / archive.SETTINGS)
    return manifest


def _not_written(file: Path, error: OSError) -> BackupError:
    return BackupError(
        f"La sauvegarde {file} n’a pas pu être écrite : {error.strerror or error}.",
        f"The backup {file} could not be written: {error.strerror or error}.",
    )
