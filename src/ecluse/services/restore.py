"""Restore a backup: all is verified before anything is replaced, and what is replaced is kept aside."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from ecluse.services import archive
from ecluse.services.deployment import Deployment
from ecluse.services.queries.presentation import moment
from ecluse.store.checking import Checker, Problem
from ecluse.store.copying import check_sqlite, load_postgresql
from ecluse.store.errors import BackupError, NewerStoreError
from ecluse.store.schema import applied_schemas, known_schemas
from ecluse.store.snapshot import file_snapshot, live_snapshot

Progress = Callable[[str, int, int | None], None]
"""Called with the step (`read`, `verify`, `replace`), what is done and the total when it is known."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored store. kept: where the former files are, when there were some; problems: of its journal."""

    manifest: archive.Manifest
    kept: Path | None
    problems: tuple[Problem, ...]


def restore(
    deployment: Deployment, file: Path, now: int, *, force: bool = False, progress: Progress | None = None
) -> Restored:
    """Put a backup in the place of the store. The gateway must be stopped.

    The store keeps the environment and the schema of the archive: the next start upgrades it.

    :param force: replace a store that is not empty (SQLite: the former files are kept in a folder beside).
    :param now: microseconds since 1970.
    :raises StoreError: the archive is damaged, newer, of another kind of database, or the place is not empty.
    """
    tell = progress or (lambda _step, _done, _total: None)
    deployment.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not force and not _empty(deployment):
        raise BackupError(
            f"Il y a déjà des données dans {_place(deployment)} : ajoutez --force pour les remplacer.",
            f"There is data in {_place(deployment)} already: add --force to replace it.",
        )
    work = Path(tempfile.mkdtemp(prefix=".ecluse-", dir=deployment.data))
    try:
        tell("read", 0, None)
        manifest = archive.read(file, work)
        _check(deployment, manifest)
        if connection.vendor == "sqlite":
            problems = _verify_file(work / archive.SQLITE, manifest, tell)
            tell("replace", 0, None)
            kept = _replace_files(deployment.data, work, now)
        else:
            tell("replace", 0, None)
            load_postgresql(work / archive.POSTGRESQL)
            problems = _verify_live(manifest, tell)
            kept = None
        _restore_settings(deployment.data, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Restored(manifest, kept, problems)


def _empty(deployment: Deployment) -> bool:
    if connection.vendor != "sqlite":
        return not applied_schemas()
    file = deployment.data / archive.SQLITE
    return not file.exists() or file.stat().st_size == 0


def _place(deployment: Deployment) -> str:
    return str(deployment.data) if connection.vendor == "sqlite" else str(connection.settings_dict["NAME"])


def _check(deployment: Deployment, manifest: archive.Manifest) -> None:
    if manifest.database != connection.vendor:
        raise BackupError(
            f"Cette sauvegarde vient de {manifest.database}, et les réglages désignent {connection.vendor} : "
            "corrigez database_url.",
            f"This backup comes from {manifest.database}, and the settings name {connection.vendor}: "
            "correct database_url.",
        )
    if manifest.schema not in known_schemas():
        raise NewerStoreError(
            f"Cette sauvegarde a été écrite par une version plus récente d’Écluse ({manifest.version}) : "
            "installez cette version.",
            f"This backup was written by a newer version of Écluse ({manifest.version}): install that "
            "version.",
        )


def _verify_file(file: Path, manifest: archive.Manifest, tell: Progress) -> tuple[Problem, ...]:
    damage = check_sqlite(file)
    if damage:
        raise BackupError(
            f"La base de cette sauvegarde est abîmée : {damage}",
            f"The database of this backup is damaged: {damage}",
        )
    with file_snapshot(file) as snapshot:
        checker = Checker(snapshot, progress=lambda done: tell("verify", done, manifest.seq))
        problems = tuple(checker.problems())
    _same_end(checker, manifest)
    return problems


def _verify_live(manifest: archive.Manifest, tell: Progress) -> tuple[Problem, ...]:
    with live_snapshot() as snapshot:
        checker = Checker(snapshot, progress=lambda done: tell("verify", done, manifest.seq))
        problems = tuple(checker.problems())
    _same_end(checker, manifest)
    return problems


def _same_end(checker: Checker, manifest: archive.Manifest) -> None:
    if (checker.end.seq, checker.end.digest.hex()) != (manifest.seq, manifest.digest):
        raise BackupError(
            "Le journal de cette sauvegarde ne finit pas où le dit son manifeste : la sauvegarde a "
            "été modifiée.",
            "The journal of this backup does not end where its manifest says: the backup was changed.",
        )


def _replace_files(data: Path, work: Path, now: int) -> Path | None:
    """Move the database files aside, then the restored one into place."""
    connection.close()
    former = [data / name for name in (archive.SQLITE, f"{archive.SQLITE}-wal", f"{archive.SQLITE}-shm")]
    kept: Path | None = None
    if any(one.exists() and one.stat().st_size for one in former):
        kept = data / f"before-restore-{moment(now)[:19].replace(':', '').replace('-', '')}Z"
        kept.mkdir(mode=0o700)
    for one in former:
        if one.exists():
            one.unlink() if kept is None else one.replace(kept / one.name)
    (work / archive.SQLITE).replace(data / archive.SQLITE)
    return kept


def _restore_settings(data: Path, work: Path) -> None:
    """The settings of the archive, unless this folder has its own."""
    if (work / archive.SETTINGS).exists() and not (data / archive.SETTINGS).exists():
        (work / archive.SETTINGS).replace(data / archive.SETTINGS)
