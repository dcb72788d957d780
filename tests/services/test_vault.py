"""The master key: made once, never replaced, and what is said when it is missing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings

from ecluse.main.web_accounts import session_key
from ecluse.protocols.oidc import Tokens
from ecluse.services.accounts import seal, settings
from ecluse.services.certificates import key_vault
from ecluse.services.new_subscriber import new_key
from ecluse.services.psc import sessions
from ecluse.services.psc.sign_in import SignedIn
from ecluse.services.vault import KEY_FILE, Vault
from ecluse.store.errors import StoreError
from ecluse.store.models.accounts import User
from tests.services.delivering import subscribe
from tests.services.feeding import Gate
from tests.store.databases import StorePlace

OWNER = "subscriber:sub_1"


def test_what_is_sealed_opens_for_its_owner_only(tmp_path: Path) -> None:
    sealed = Vault(tmp_path / "new").seal(b"secret", OWNER, may_make=True)
    assert b"secret" not in sealed
    assert Vault(tmp_path / "new").open(sealed, OWNER) == b"secret"
    for changed, owner in (
        (sealed, "subscriber:sub_2"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), OWNER),
        (b"", OWNER),
    ):
        with pytest.raises(StoreError, match="does not open"):
            Vault(tmp_path / "new").open(changed, owner)


def test_the_key_is_for_its_owner_and_made_once(tmp_path: Path) -> None:
    vault, file = Vault(tmp_path / "new"), tmp_path / "new" / KEY_FILE
    first = vault.seal(b"a", OWNER, may_make=True)
    key = file.read_bytes()
    vault.seal(b"b", OWNER, may_make=True)
    assert file.read_bytes() == key and vault.open(first, OWNER) == b"a"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [one.name for one in file.parent.iterdir()] == [KEY_FILE]


def test_the_name_of_a_new_key_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, done = os.fsync, []

    def fsync(descriptor: int) -> None:
        kept = (tmp_path / KEY_FILE).exists()
        done.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), kept))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    Vault(tmp_path).seal(b"a", OWNER, may_make=True)
    assert done == [(False, False), (True, True)]


def test_a_key_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be created") as raised:
        Vault(tmp_path / "file" / "secrets").seal(b"a", OWNER, may_make=True)
    assert "ne peut pas être créée" in raised.value.sentence.fr


def test_a_lost_key_is_not_replaced_while_secrets_need_it(sqlite_store: StorePlace, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    new_key(folder)
    (folder / KEY_FILE).unlink()
    assert new_key(folder).secret, "nothing is sealed yet"
    subscribe(Gate(), folder, "w", "http://127.0.0.1:1/")
    (folder / KEY_FILE).unlink()
    with pytest.raises(StoreError, match="backup of the secrets"):
        new_key(folder)
    assert not (folder / KEY_FILE).exists()


def lost(folder: Path) -> None:
    """A store with a second factor, and no master key any more."""
    user = User.objects.create(username="claire", name="Claire", created=0)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    shutil.rmtree(folder, ignore_errors=True)


def test_a_lost_key_is_not_replaced_by_who_signs_sessions(sqlite_store: StorePlace, tmp_path: Path) -> None:
    configuration = replace(sqlite_store.configuration, secrets=str(tmp_path / "keys"))
    first = session_key(configuration)
    assert session_key(configuration) == first and len(first) == 64
    lost(tmp_path / "keys")
    with pytest.raises(StoreError, match="backup of the secrets"):
        session_key(configuration)
    assert not (tmp_path / "keys").exists()


def test_a_lost_key_is_not_replaced_by_who_signs_in(
    sqlite_store: StorePlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(django_settings.__dict__, "SECRET_KEY", "a key for these tests")
    settings.use(settings.AccountSettings(secrets=tmp_path / "keys"))
    assert seal.open_sealed(seal.seal("JBSWY3DP")) == "JBSWY3DP", "nothing is sealed yet"
    lost(tmp_path / "keys")
    told = SignedIn.__new__(SignedIn)
    object.__setattr__(told, "tokens", Tokens("access", None, "refresh", None, "id"))
    object.__setattr__(told, "subject", "sub")
    tries: tuple[Callable[[], object], ...] = (
        lambda: seal.seal("JBSWY3DP"),
        lambda: sessions.keep(None, Vault(tmp_path / "keys"), told, 0, 60),  # type: ignore[arg-type]
        lambda: key_vault.seal(tmp_path / "keys", "key_1", b"pkcs8"),
        lambda: new_key(tmp_path / "keys"),
    )
    for one in tries:
        with pytest.raises(StoreError, match="backup of the secrets"):
            one()
    assert not (tmp_path / "keys").exists()
