"""Checkpoints: signed with a key that lives outside the data, checked with nothing but the file."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ecluse.services.verify_journal import verify
from ecluse.services.write_checkpoint import KEPT, read_checkpoint, sign, write_checkpoint
from ecluse.store.errors import StoreError
from ecluse.store.models import JournalEntry, Meta
from tests.conftest import NOW
from tests.store.databases import StorePlace
from tests.store.writing import Writer, created

HOUR = 3_600_000_000


def test_a_checkpoint_says_where_the_journal_stands(store: StorePlace) -> None:
    Writer().message(created("p1", "7001"))
    found = read_checkpoint(write_checkpoint(store.data, store.secrets, NOW))
    assert (found.seq, found.lines, found.environment, found.at) == (1, 1, "test", "2026-11-18T11:06:40.000Z")
    assert found.digest == bytes(JournalEntry.objects.get(seq=1).digest).hex()
    assert found.installation == Meta.objects.get(name="installation").value


def test_an_empty_journal_has_a_checkpoint_too(store: StorePlace) -> None:
    checkpoint = write_checkpoint(store.data, store.secrets, NOW)
    assert read_checkpoint(checkpoint).seq == 0
    assert verify(checkpoint).ok


def test_the_key_is_made_once_and_only_its_owner_may_read_it(sqlite_store: StorePlace) -> None:
    first = read_checkpoint(write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW))
    second = read_checkpoint(write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW + HOUR))
    assert first.public_key == second.public_key and len(first.fingerprint) == 16
    assert stat.S_IMODE(sqlite_store.secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE((sqlite_store.secrets / "checkpoint.key").stat().st_mode) == 0o600
    assert [file.name for file in sqlite_store.secrets.iterdir()] == ["checkpoint.key"]


@pytest.mark.parametrize("field", ["seq", "digest", "at", "installation", "environment", "lines"])
def test_a_changed_checkpoint_is_refused(sqlite_store: StorePlace, field: str) -> None:
    file = write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW)
    content = json.loads(file.read_text())
    content[field] = content[field] + 1 if isinstance(content[field], int) else content[field][:-1] + "?"
    file.write_text(json.dumps(content))
    with pytest.raises(StoreError, match="signature"):
        read_checkpoint(file)
    assert [one.code for one in verify(file).problems] == ["checkpoint_unreadable"]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"format": 1, "seq": "many"}'])
def test_a_file_that_is_no_checkpoint_is_one_clear_sentence(sqlite_store: StorePlace, content: bytes) -> None:
    file = sqlite_store.data / "checkpoint.json"
    file.write_bytes(content)
    with pytest.raises(StoreError, match="is not a checkpoint"):
        read_checkpoint(file)


def test_a_missing_checkpoint_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read_checkpoint(tmp_path / "none.json")


def test_the_checkpoint_of_another_installation_proves_nothing(sqlite_store: StorePlace) -> None:
    file = write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW)
    Meta.objects.filter(name="installation").update(value="another")
    assert [one.code for one in verify(file).problems] == ["checkpoint_other"]


def test_a_checkpoint_signed_by_another_key_proves_nothing(store: StorePlace, tmp_path: Path) -> None:
    Writer().message()
    write_checkpoint(store.data, store.secrets, NOW)
    stranger = Ed25519PrivateKey.generate()
    file = tmp_path / "checkpoint.json"
    file.write_bytes(msgspec.json.encode(sign(stranger, NOW)))
    assert [one.code for one in verify(file).problems] == ["checkpoint_key"]


def test_a_key_made_anew_signs_beside_the_former_one(store: StorePlace, tmp_path: Path) -> None:
    Writer().message()
    former = write_checkpoint(store.data, store.secrets, NOW, tmp_path / "1.json")
    (store.secrets / "checkpoint.key").unlink()
    latter = write_checkpoint(store.data, store.secrets, NOW, tmp_path / "2.json")
    assert read_checkpoint(former).public_key != read_checkpoint(latter).public_key
    assert verify(former).ok and verify(latter).ok


def test_the_data_folder_keeps_two_days_of_hourly_checkpoints(sqlite_store: StorePlace) -> None:
    for hour in range(KEPT + 2):
        last = write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW + hour * HOUR)
    kept = sorted((sqlite_store.data / "checkpoints").iterdir())
    assert len(kept) == KEPT and kept[-1] == last


def test_a_checkpoint_can_be_written_where_it_is_asked(sqlite_store: StorePlace, tmp_path: Path) -> None:
    target = tmp_path / "usb.json"
    assert write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW, target) == target
    assert not (sqlite_store.data / "checkpoints").exists()


def test_a_key_that_is_no_key_is_one_clear_sentence(sqlite_store: StorePlace) -> None:
    sqlite_store.secrets.mkdir()
    (sqlite_store.secrets / "checkpoint.key").write_text("lost")
    with pytest.raises(StoreError, match="is not an Ed25519 key"):
        write_checkpoint(sqlite_store.data, sqlite_store.secrets, NOW)
