"""Open the store: create it the first time, upgrade it after a backup, refuse what would damage it."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from ecluse.services.back_up import back_up
from ecluse.services.deployment import Deployment
from ecluse.store.errors import NewerStoreError, OtherEnvironmentError, StoreError
from ecluse.store.models import Domain, JournalEntry, Meta
from ecluse.store.schema import applied_schemas, known_schemas, latest, schema_version

log = logging.getLogger(__name__)

DEFAULT_DOMAIN = 1
DEFAULT_DOMAIN_NAME = "défaut"

_UPGRADE_LOCK = 0x45434C53
"""Advisory lock of PostgreSQL (`ECLS`): two nodes never migrate at the same time."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """The store that was opened.

    installation: UUID given at creation; created: microseconds since 1970; schema: last migration applied;
    upgraded: True when migrations were applied to an existing store; backup: archive written before that.
    """

    installation: str
    environment: str
    created: int
    schema: str
    upgraded: bool = False
    backup: Path | None = None


def open_store(deployment: Deployment, now: int) -> StoreInfo:
    """Create, check or upgrade the store of a data folder.

    :param now: microseconds since 1970.
    :raises StoreError: the store is newer, belongs to the other environment, or cannot be used safely.
    """
    _create_folder(deployment)
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise StoreError(
            f"La base de données ne peut pas être ouverte : {_first_line(error)}.",
            f"The database cannot be opened: {_first_line(error)}.",
        ) from None
    if connection.vendor == "sqlite":
        _check_sqlite()
    with _alone():
        backup, upgraded = _upgrade(deployment, now)
        _fill(deployment, now)
    facts = dict(Meta.objects.values_list("name", "value"))
    return StoreInfo(
        installation=facts["installation"],
        environment=facts["environment"],
        created=int(facts["created"]),
        schema=schema_version(),
        upgraded=upgraded,
        backup=backup,
    )


def _create_folder(deployment: Deployment) -> None:
    try:
        deployment.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if deployment.data.stat().st_mode & 0o077:
            deployment.data.chmod(0o700)
        if not deployment.database_url:
            file = deployment.data / "ecluse.db"
            _check_restored(deployment.data, file)
            # Created here and not by SQLite: its journal and shared-memory files copy the mode of this one.
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            file.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"Le dossier de données {deployment.data} n’est pas utilisable : {error.strerror}. "
            "Choisissez-en un autre avec --data.",
            f"The data folder {deployment.data} cannot be used: {error.strerror}. Choose another one "
            "with --data.",
        ) from None


def _check_restored(data: Path, file: Path) -> None:
    """An empty store is never made where a restore was cut short: the former one lies beside."""
    kept = sorted(one for one in data.glob("before-restore-*") if any(one.iterdir()))
    if kept and (not file.exists() or not file.stat().st_size):
        raise StoreError(
            f"Une restauration a été interrompue : {file} manque, et l’ancienne base est dans {kept[-1]}. Relancez "
            "« ecluse restore », ou remettez ces fichiers à leur place.",
            f"A restore was cut short: {file} is missing, and the former database is in {kept[-1]}. Run “ecluse "
            "restore” again, or put these files back in their place.",
        )


def _check_sqlite() -> None:
    with connection.cursor() as cursor:
        mode = str(cursor.execute("PRAGMA journal_mode").fetchone()[0])
        level = int(cursor.execute("PRAGMA synchronous").fetchone()[0])
    if mode != "wal" or level < 2:
        raise StoreError(
            f"SQLite ne peut pas garantir l’écriture ici (journal_mode={mode}, synchronous={level}) : "
            "placez le dossier de données sur un disque local.",
            f"SQLite cannot guarantee durable writes here (journal_mode={mode}, synchronous={level}): "
            "put the data folder on a local disk.",
        )


def _check_postgresql(environment: str) -> None:
    """A server that does not flush loses acknowledged messages in a power cut; a test may do without."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY 1"
        )
        off = " et ".join(f"{row[0]} = off" for row in cursor.fetchall())
    if not off:
        return
    if environment == "production":
        raise StoreError(
            f"PostgreSQL ne garantit pas l’écriture ({off}) : un message acquitté pourrait être perdu. Remettez "
            "« on » dans postgresql.conf et rechargez le serveur.",
            f"PostgreSQL does not guarantee durable writes ({off.replace(' et ', ' and ')}): an acknowledged message "
            "could be lost. Set them to on in postgresql.conf and reload the server.",
        )
    log.warning("PostgreSQL does not guarantee durable writes (%s): accepted in a test environment only", off)


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_UPGRADE_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_UPGRADE_LOCK])


def _upgrade(deployment: Deployment, now: int) -> tuple[Path | None, bool]:
    applied, known = applied_schemas(), known_schemas()
    if applied - known:
        raise NewerStoreError(
            f"Ces données ont été écrites par une version plus récente d’Écluse (schéma {max(applied - known)}, "
            f"cette version connaît {latest(known)}) : installez la version récente ou restaurez une "
            "sauvegarde.",
            f"This data was written by a newer version of Écluse (schema {max(applied - known)}, this version knows "
            f"{latest(known)}): install the newer version or restore a backup.",
        )
    if applied:
        _check_environment(deployment)
    if connection.vendor == "postgresql":
        _check_postgresql(deployment.environment)
    if applied == known:
        return None, False
    backup = None
    if applied and JournalEntry.objects.exists():
        backup = back_up(deployment, deployment.data / "backups", now, reason=f"before-{latest(known)}").file
    call_command("migrate", verbosity=0, interactive=False)
    return backup, bool(applied)


def _check_environment(deployment: Deployment) -> None:
    found = Meta.objects.filter(name="environment").values_list("value", flat=True).first()
    if found is not None and found != deployment.environment:
        raise OtherEnvironmentError(
            f"Ces données appartiennent à l’environnement « {found} », et le réglage demande "
            f"« {deployment.environment} » : corrigez le réglage environment ou choisissez un autre dossier.",
            f"This data belongs to the environment “{found}”, and the settings ask for "
            f"“{deployment.environment}”: "
            "correct the setting environment or choose another folder.",
        )


def _fill(deployment: Deployment, now: int) -> None:
    with transaction.atomic():
        for name, value in (
            ("environment", deployment.environment),
            ("installation", str(uuid.uuid4())),
            ("created", str(now)),
        ):
            Meta.objects.get_or_create(name=name, defaults={"value": value})
        Domain.objects.get_or_create(
            id=DEFAULT_DOMAIN, defaults={"name": DEFAULT_DOMAIN_NAME, "authorities": None}
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
