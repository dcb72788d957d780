"""Backups: taken while others write, verified, complete, without secrets; restored only where it does no
harm.
"""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from ecluse.main.configuration import Configuration
from ecluse.services.archive import without_passwords
from ecluse.services.back_up import Backup, back_up
from ecluse.services.open_store import open_store
from ecluse.services.rebuild_states import compare_states
from ecluse.services.restore import restore
from ecluse.services.verify_journal import verify
from ecluse.services.write_checkpoint import write_checkpoint
from ecluse.store.errors import BackupError, NewerStoreError
from ecluse.store.models import JournalEntry, RawMessage
from tests.conftest import NOW
from tests.store import databases
from tests.store.databases import PostgreSQL, StorePlace
from tests.store.writing import Writer, adopted, created


@pytest.fixture
def backup(store: StorePlace, tmp_path: Path) -> Backup:
    """A backup of a store of two patients with settings and a checkpoint key."""
    (store.data / "ecluse.toml").write_text('environment = "test"\n')
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(created("p2", "7002"))
    write_checkpoint(store.data, store.secrets, NOW)
    return back_up(store.configuration, tmp_path / "backups", NOW)


@pytest.fixture
def elsewhere(store: StorePlace, tmp_path: Path, request: pytest.FixtureRequest) -> Configuration:
    """An empty place of the same kind as the store; it becomes the default one when a test uses it."""
    if store.vendor == "sqlite":
        return Configuration(data=tmp_path / "elsewhere")
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    server.create(name)
    request.addfinalizer(lambda: server.drop(name))
    return Configuration(data=tmp_path / "elsewhere", database_url=server.url(name))


def test_a_backup_says_what_it_holds(backup: Backup, store: StorePlace) -> None:
    found = backup.manifest
    assert (found.database, found.environment, found.seq, backup.problems) == (store.vendor, "test", 2, ())
    assert found.digest == bytes(JournalEntry.objects.get(seq=2).digest).hex()
    assert backup.file.name == "ecluse-20261118T110640Z.tar.gz"
    assert stat.S_IMODE(backup.file.stat().st_mode) == 0o600
    assert [one.name for one in backup.file.parent.iterdir()] == [backup.file.name]


def test_no_secret_is_in_a_backup(backup: Backup, store: StorePlace) -> None:
    with tarfile.open(backup.file) as tar:
        database = "ecluse.db" if store.vendor == "sqlite" else "ecluse.dump"
        assert tar.getnames() == ["manifest.json", database, "ecluse.toml"]
    text = 'database_url = "postgresql://ecluse:s3cret@db/ecluse?sslmode=require"\nhttp = "127.0.0.1:8080"\n'
    clean = 'database_url = "postgresql://ecluse@db/ecluse?sslmode=require"\nhttp = "127.0.0.1:8080"\n'
    assert without_passwords(text) == clean
    assert (
        without_passwords('  database_url="postgres://u:p%40x@h:5432/n"')
        == '  database_url="postgres://u@h:5432/n"'
    )


def test_a_restored_store_is_the_one_that_was_backed_up(backup: Backup, elsewhere: Configuration) -> None:
    before = (_contents(), verify().digest)
    databases.use(elsewhere)
    found = restore(elsewhere, backup.file, NOW)
    assert found.kept is None and found.problems == ()
    info = open_store(elsewhere, NOW)
    assert info.installation == backup.manifest.installation
    assert (_contents(), verify().digest) == before
    assert verify(states=True).ok
    assert (elsewhere.data / "ecluse.toml").read_text() == 'environment = "test"\n'
    assert not [one for one in elsewhere.data.iterdir() if one.name.startswith(".")]
    Writer().message(created("p3", "7003"))
    assert verify().messages == 3


def test_a_store_that_is_not_empty_is_replaced_only_by_force(backup: Backup, store: StorePlace) -> None:
    Writer().message(created("p3", "7003"))
    with pytest.raises(BackupError, match="--force"):
        restore(store.configuration, backup.file, NOW)
    assert JournalEntry.objects.count() == 3
    found = restore(store.configuration, backup.file, NOW, force=True)
    assert JournalEntry.objects.count() == 2
    former = "ecluse.db" if store.vendor == "sqlite" else "ecluse.dump"
    assert found.kept is not None and (found.kept / former).stat().st_size


def test_a_backup_is_one_moment_while_others_write(store: StorePlace, tmp_path: Path) -> None:
    stop, started = threading.Event(), threading.Event()

    def write() -> None:
        writer = Writer()
        number = 0
        while not stop.is_set():
            number += 1
            writer.message(created(f"p{number}", str(number)), adopted(f"p{number}"))
            started.set()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert started.wait(30)
        found = back_up(store.configuration, tmp_path, NOW)
    finally:
        stop.set()
        thread.join()
    assert found.problems == () and 1 <= found.manifest.seq <= JournalEntry.objects.count()
    assert verify(states=True).ok
    restore(store.configuration, found.file, NOW, force=True)
    assert JournalEntry.objects.count() == found.manifest.seq
    assert compare_states().same


def test_a_journal_with_problems_is_kept_all_the_same_and_told(store: StorePlace, tmp_path: Path) -> None:
    Writer().message(created("p1", "7001"))
    RawMessage.objects.update(received=b"changed")
    assert [one.code for one in back_up(store.configuration, tmp_path, NOW).problems] == ["bytes"]


def test_a_damaged_archive_is_refused(backup: Backup, elsewhere: Configuration) -> None:
    databases.use(elsewhere)
    content = bytearray(backup.file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    backup.file.write_bytes(content)
    with pytest.raises(BackupError):
        restore(elsewhere, backup.file, NOW)
    backup.file.write_bytes(content[: len(content) // 3])
    with pytest.raises(BackupError):
        restore(elsewhere, backup.file, NOW)
    assert not (elsewhere.data / "ecluse.db").exists()


def test_an_archive_whose_database_was_exchanged_is_refused(backup: Backup, store: StorePlace) -> None:
    database = "ecluse.db" if store.vendor == "sqlite" else "ecluse.dump"
    _rewrite(backup.file, {database: b"another"})
    with pytest.raises(BackupError, match="damaged"):
        restore(store.configuration, backup.file, NOW, force=True)
    assert JournalEntry.objects.count() == 2


def test_an_archive_cannot_write_outside_its_place(backup: Backup, store: StorePlace) -> None:
    manifest = _manifest(backup.file)
    manifest["files"]["../outside"] = {"sha256": "0" * 64, "size": 0}
    _rewrite(backup.file, {"manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(BackupError, match="not a readable backup"):
        restore(store.configuration, backup.file, NOW, force=True)


def test_the_archive_of_a_newer_version_is_refused(backup: Backup, store: StorePlace) -> None:
    for name, value, error in (("schema", "9999_later", NewerStoreError), ("format", 2, BackupError)):
        manifest = {**_manifest(backup.file), name: value}
        _rewrite(backup.file, {"manifest.json": json.dumps(manifest).encode()})
        with pytest.raises(error, match="newer version"):
            restore(store.configuration, backup.file, NOW, force=True)


def test_an_archive_of_the_other_kind_of_database_is_refused(backup: Backup, store: StorePlace) -> None:
    manifest = {**_manifest(backup.file), "database": "other"}
    _rewrite(backup.file, {"manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(BackupError, match="correct database_url"):
        restore(store.configuration, backup.file, NOW, force=True)


@pytest.mark.parametrize("content", [None, b"", b"not an archive"])
def test_a_file_that_is_no_backup_is_one_clear_sentence(
    sqlite_store: StorePlace, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "backup.tar.gz"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BackupError, match=r"backup\.tar\.gz is not a readable backup"):
        restore(sqlite_store.configuration, file, NOW, force=True)


def test_a_backup_that_cannot_be_written_is_one_clear_sentence(
    sqlite_store: StorePlace, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="could not be written"):
        back_up(sqlite_store.configuration, tmp_path / "file" / "backups", NOW)


def test_a_disk_that_fills_up_leaves_nothing_behind(
    sqlite_store: StorePlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Writer().message(created("p1", "7001"))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(BackupError, match="No space left"):
        back_up(sqlite_store.configuration, tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_missing_tool_of_postgresql_is_named(
    postgresql_store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackupError, match="pg_dump was not found"):
        back_up(postgresql_store.configuration, postgresql_store.data, NOW)


def test_the_other_environment_is_refused_after_a_restore_too(
    backup: Backup, elsewhere: Configuration
) -> None:
    databases.use(elsewhere)
    restore(elsewhere, backup.file, NOW)
    with pytest.raises(Exception, match="environment"):
        open_store(replace(elsewhere, environment="production"), NOW)


def _contents() -> list[object]:
    found: list[object] = []
    with connection.cursor() as cursor:
        for table in (
            "meta",
            "domain",
            "sender",
            "journalentry",
            "rawmessage",
            "storedevent",
            "patientstate",
        ):
            # What names a restore is not in the backup.
            where = " WHERE name <> 'restored'" if table == "meta" else ""
            cursor.execute(f"SELECT * FROM store_{table}{where}")
            found.append(
                sorted(
                    repr([bytes(one) if isinstance(one, memoryview) else one for one in row])
                    for row in cursor
                )
            )
    return found


def _manifest(archive: Path) -> dict[str, object]:
    with tarfile.open(archive) as tar:
        content = tar.extractfile("manifest.json")
        assert content is not None
        found: dict[str, object] = json.loads(content.read())
    return found


def _rewrite(archive: Path, changes: dict[str, bytes]) -> None:
    with tarfile.open(archive) as tar:
        members = [(one.name, content.read()) for one in tar if (content := tar.extractfile(one))]
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(changes.get(name, content))
            tar.addfile(info, io.BytesIO(changes.get(name, content)))
