"""A restore that is refused, or cut short, leaves what was there; an empty store never takes its place."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from ecluse.services.back_up import back_up
from ecluse.services.open_store import open_store
from ecluse.services.restore import restore
from ecluse.store.errors import BackupError, StoreError, StoreInUseError
from ecluse.store.models import JournalEntry
from ecluse.store.schema import applied_schemas
from ecluse.store.writer_place import WRITER
from tests.conftest import NOW
from tests.store.databases import PostgreSQL, StorePlace
from tests.store.writing import Writer, created


def forged(store: StorePlace, tmp_path: Path) -> Path:
    """A backup of one message whose manifest says that there were two."""
    Writer().message(created("p1", "7001"))
    file = back_up(store.configuration, tmp_path / "backups", NOW).file
    with tarfile.open(file) as tar:
        members = [(one.name, content.read()) for one in tar if (content := tar.extractfile(one))]
    manifest = {**json.loads(members[0][1]), "seq": 2}
    members[0] = (members[0][0], json.dumps(manifest).encode())
    _write(file, members)
    return file


def _write(file: Path, members: list[tuple[str, bytes]]) -> None:
    with tarfile.open(file, "w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def test_a_backup_that_does_not_verify_leaves_what_was_there(store: StorePlace, tmp_path: Path) -> None:
    file = forged(store, tmp_path)
    Writer().message(created("p2", "7002"))
    Writer().message(created("p3", "7003"))
    with pytest.raises(BackupError, match="was changed"):
        restore(store.configuration, file, NOW, force=True)
    assert JournalEntry.objects.count() == 3
    assert list(store.data.glob("before-restore-*")) == []


def test_a_backup_that_does_not_verify_leaves_an_empty_database_empty(
    postgresql_store: StorePlace, tmp_path: Path
) -> None:
    file = forged(postgresql_store, tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with pytest.raises(BackupError, match="was changed"):
        restore(postgresql_store.configuration, file, NOW)
    assert not applied_schemas()
    assert connection.introspection.table_names() == []


def test_a_database_that_a_gateway_writes_is_not_replaced(
    postgresql_store: StorePlace, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    Writer().message(created("p1", "7001"))
    file = back_up(postgresql_store.configuration, tmp_path / "backups", NOW).file
    with psycopg.connect(postgresql_store.configuration.database_url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [WRITER])
        with pytest.raises(StoreInUseError, match="stop it"):
            restore(postgresql_store.configuration, file, NOW, force=True)
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize("left", [None, b""])
def test_no_empty_store_is_made_where_a_restore_was_cut_short(
    sqlite_store: StorePlace, left: bytes | None
) -> None:
    connection.close()
    aside = sqlite_store.data / "before-restore-20261118T000000Z"
    aside.mkdir()
    file = sqlite_store.data / "ecluse.db"
    file.replace(aside / "ecluse.db")
    if left is not None:
        file.write_bytes(left)
    with pytest.raises(StoreError) as refused:
        open_store(sqlite_store.configuration, NOW)
    assert str(aside) in refused.value.sentence.fr and "ecluse restore" in refused.value.sentence.en
    assert not file.exists() or not file.stat().st_size
    (aside / "ecluse.db").replace(file)
    open_store(sqlite_store.configuration, NOW)
