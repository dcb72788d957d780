"""Opening a store: created once, kept private, refused when it would be damaged."""

from __future__ import annotations

import stat
from dataclasses import replace

import pytest
from django.db import connection

from ecluse.main.configuration import Configuration
from ecluse.services.open_store import open_store
from ecluse.store.errors import NewerStoreError, OtherEnvironmentError, StoreError
from ecluse.store.models import Domain, Meta
from ecluse.store.schema import known_schemas
from ecluse.store.writer_place import regain_writer_place, take_writer_place
from tests.conftest import NOW
from tests.store import databases
from tests.store.databases import StorePlace
from tests.store.writing import Writer, created


def test_a_new_store_knows_its_environment_and_its_default_domain(store: StorePlace) -> None:
    info = open_store(store.configuration, NOW + 1)
    assert (info.environment, info.created, info.upgraded) == ("test", NOW, False)
    assert info.installation == Meta.objects.get(name="installation").value
    domain = Domain.objects.get()
    assert (domain.id, domain.name, domain.authorities) == (1, "défaut", None)


def test_only_the_owner_may_read_the_data_folder(sqlite_store: StorePlace) -> None:
    sqlite_store.data.chmod(0o755)
    (sqlite_store.data / "ecluse.db").chmod(0o644)
    open_store(sqlite_store.configuration, NOW)
    assert stat.S_IMODE(sqlite_store.data.stat().st_mode) == 0o700
    for file in sqlite_store.data.glob("ecluse.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_other_environment_is_refused(store: StorePlace) -> None:
    with pytest.raises(OtherEnvironmentError) as refused:
        open_store(replace(store.configuration, environment="production"), NOW)
    assert "« test »" in refused.value.sentence.fr and "“test”" in refused.value.sentence.en


def test_a_newer_schema_is_refused(store: StorePlace) -> None:
    _record_migration("9999_from_the_future")
    with pytest.raises(NewerStoreError) as refused:
        open_store(store.configuration, NOW)
    assert "9999_from_the_future" in refused.value.sentence.fr


def test_an_upgrade_backs_up_first(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    Writer().message(created("p1", "7001"))
    known = known_schemas() | {"9999_next"}
    monkeypatch.setattr("ecluse.services.open_store.known_schemas", lambda: known)
    monkeypatch.setattr(
        "ecluse.services.open_store.call_command", lambda *_, **__: _record_migration("9999_next")
    )
    info = open_store(store.configuration, NOW)
    assert info.upgraded and info.schema == "9999_next"
    assert info.backup is not None and info.backup.exists()
    assert info.backup.parent == store.data / "backups"


def test_an_empty_store_is_upgraded_without_a_backup(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = known_schemas() | {"9999_next"}
    monkeypatch.setattr("ecluse.services.open_store.known_schemas", lambda: known)
    monkeypatch.setattr(
        "ecluse.services.open_store.call_command", lambda *_, **__: _record_migration("9999_next")
    )
    assert open_store(store.configuration, NOW).backup is None


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(sqlite_store: StorePlace) -> None:
    file = sqlite_store.data / "a-file"
    file.write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(Configuration(data=file / "data"), NOW)


def test_a_database_that_does_not_answer_is_one_clear_sentence(postgresql_store: StorePlace) -> None:
    wrong = replace(postgresql_store.configuration, database_url="postgresql://nobody@127.0.0.1:1/none")
    databases.use(wrong)
    try:
        with pytest.raises(StoreError, match="cannot be opened"):
            open_store(wrong, NOW)
    finally:
        databases.use(postgresql_store.configuration)


def test_a_server_that_does_not_flush_is_refused_in_production(
    postgresql_store: StorePlace, caplog: pytest.LogCaptureFixture
) -> None:
    open_store(postgresql_store.configuration, NOW)
    assert "fsync = off" in caplog.text
    Meta.objects.filter(name="environment").update(value="production")
    with pytest.raises(StoreError) as refused:
        open_store(replace(postgresql_store.configuration, environment="production"), NOW)
    assert "fsync = off et full_page_writes = off" in refused.value.sentence.fr
    assert "fsync = off and full_page_writes = off" in refused.value.sentence.en


@pytest.mark.parametrize(
    ("given", "used"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")]
)
def test_the_writer_commits_durably_whatever_the_default(
    postgresql_store: StorePlace, given: str, used: str
) -> None:
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = {given}')
    connection.close()
    take_writer_place()
    assert _synchronous_commit() == used
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    regain_writer_place()
    assert _synchronous_commit() == used


def _synchronous_commit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])


def test_a_file_that_is_no_database_is_one_clear_sentence(sqlite_store: StorePlace) -> None:
    (sqlite_store.data / "ecluse.db").write_bytes(b"this is not a database, and longer than a header " * 100)
    with pytest.raises(StoreError, match="cannot be opened: file is not a database"):
        open_store(sqlite_store.configuration, NOW)


def _record_migration(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('store', %s, '2026-11-18 00:00:00+00')",
            [name],
        )
