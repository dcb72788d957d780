"""Restore a backup: what is replaced is kept aside, and a backup that does not verify changes nothing.

A SQLite file is verified before it takes its place. PostgreSQL has no place aside without further rights: the tables
are dumped first, replaced in one transaction, verified, and put back when the verification says no.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from ecluse.services import archive, archive_documents
from ecluse.services.deployment import Deployment
from ecluse.services.queries.presentation import moment
from ecluse.store.checking import Checker, Problem
from ecluse.store.copying import check_sqlite, dump_postgresql, load_postgresql
from ecluse.store.errors import BackupError, NewerStoreError, StoreInUseError
from ecluse.store.models import Meta
from ecluse.store.schema import applied_schemas, known_schemas
from ecluse.store.snapshot import file_snapshot, live_snapshot
from ecluse.store.writer_place import WRITER

Progress = Callable[[str, int, int | None], None]
"""Called with the step (`read`, `verify`, `replace`), what is done and the total when it is known."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored store. kept: folder of the former files or of the dump of the former tables, when there were some;
    problems: of its journal.
    """

    manifest: archive.Manifest
    kept: Path | None
    problems: tuple[Problem, ...]


def restore(
    deployment: Deployment, file: Path, now: int, *, force: bool = False, progress: Progress | None = None
) -> Restored:
    """Put a backup in the place of the store. The gateway must be stopped.

    The store keeps the environment and the schema of the archive: the next start upgrades it.

    :param force: replace a store that is not empty; the former one is kept in a folder `before-restore-…` beside.
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
            kept, problems = _replace_tables(deployment.data, work / archive.POSTGRESQL, manifest, now, tell)
        _restore_settings(deployment.data, work)
        archive_documents.unpack(work, deployment.data)
        # Readers of the event feed may have seen what the backup does not hold (see `queries.events`).
        Meta.objects.update_or_create(name="restored", defaults={"value": uuid.uuid4().hex[:12]})
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


def _replace_tables(
    data: Path, dump: Path, manifest: archive.Manifest, now: int, tell: Progress
) -> tuple[Path | None, tuple[Problem, ...]]:
    """Dump the former tables aside, load the new ones in one transaction, verify; undo when they do not verify."""
    with _writer_kept_out():
        kept: Path | None = None
        if applied_schemas():
            kept = _folder_aside(data, now)
            with live_snapshot() as snapshot:
                dump_postgresql(snapshot, kept / archive.POSTGRESQL)
        tell("replace", 0, None)
        load_postgresql(dump)
        try:
            return kept, _verify_live(manifest, tell)
        except BaseException:
            if kept is None:
                _drop_tables()
            else:
                load_postgresql(kept / archive.POSTGRESQL)
                shutil.rmtree(kept)
            raise


@contextmanager
def _writer_kept_out() -> Iterator[None]:
    """No gateway of any node writes meanwhile.

    :raises StoreInUseError: one does now.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [WRITER])
        if not cursor.fetchone()[0]:
            raise StoreInUseError(
                "Une passerelle travaille sur cette base : arrêtez-la avant de restaurer.",
                "A gateway works on this database: stop it before restoring.",
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [WRITER])


def _drop_tables() -> None:
    """Leave an empty database empty."""
    ours = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        for name in (*ours, "django_migrations"):
            cursor.execute(f'DROP TABLE IF EXISTS "{name}" CASCADE')


def _folder_aside(data: Path, now: int) -> Path:
    """A new folder for what is replaced."""
    made = data / f"before-restore-{moment(now)[:19].replace(':', '').replace('-', '')}Z"
    made.mkdir(mode=0o700)
    return made


def _replace_files(data: Path, work: Path, now: int) -> Path | None:
    """Move the database files aside, then the restored one into place.

    A power cut between the two leaves no database: `open_store` then refuses to make an empty one.
    """
    connection.close()
    former = [data / name for name in (archive.SQLITE, f"{archive.SQLITE}-wal", f"{archive.SQLITE}-shm")]
    kept: Path | None = None
    if any(one.exists() and one.stat().st_size for one in former):
        kept = _folder_aside(data, now)
    for one in former:
        if one.exists():
            one.unlink() if kept is None else one.replace(kept / one.name)
    (work / archive.SQLITE).replace(data / archive.SQLITE)
    return kept


def _restore_settings(data: Path, work: Path) -> None:
    """The settings of the archive, unless this folder has its own."""
    if (work / archive.SETTINGS).exists() and not (data / archive.SETTINGS).exists():
        (work / archive.SETTINGS).replace(data / archive.SETTINGS)
