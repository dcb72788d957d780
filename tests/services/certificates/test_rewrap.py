"""Replacing the master key: everything still opens, from any point where it was stopped, and the former key goes."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import signing

from ecluse.services import rewrap as rewrapping
from ecluse.services.accounts import settings
from ecluse.services.accounts.seal import open_sealed, seal
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.certificates import key_vault
from ecluse.services.deliveries.subscribers import all_subscribers
from ecluse.services.deliveries.subscribers import owner as subscriber_owner
from ecluse.services.psc.sessions import owner as provider_owner
from ecluse.services.rewrap import NotRewrapped, finish, finish_left, rewrap
from ecluse.services.vault import FORMER_FILE, KEY_FILE, NEXT_FILE, Vault
from ecluse.store.models.accounts import User
from ecluse.store.models.certificates import PrivateKey
from tests.conftest import NOW
from tests.services.delivering import subscribe
from tests.services.feeding import Gate
from tests.store.databases import StorePlace

BOX = "b" * 32
SESSIONS = SessionStore()


class Sealed:
    """One secret of each kind, under the first master key."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder)
        self.folder = folder
        settings.use(replace(settings.current(), secrets=folder))
        self.gate = Gate()
        subscribe(self.gate, folder, "w", "http://127.0.0.1:1/")
        self.webhook = self.open_webhook()
        user = User.objects.create(username="a", name="A", created=NOW)
        self.factor = Authenticator.objects.create(user=user, type="totp", data={"secret": seal("JBSWY3DP")})
        content = self.vault.seal(b"tokens", provider_owner(BOX), may_make=False)
        # As the web process does: signed by what the master key derives.
        self.signed_by = self.vault.derive(rewrapping.DJANGO, may_make=True).hex()
        data = {"sealed": base64.b64encode(content).decode(), "ends": 1}
        signed = signing.dumps(data, self.signed_by, SESSIONS.key_salt, SESSIONS.serializer, compress=True)
        Session.objects.create(pk=BOX, session_data=signed, expire_date=datetime(2027, 1, 1, tzinfo=UTC))
        kept = key_vault.seal(folder, "key_1", b"pkcs8")
        PrivateKey.objects.create(
            id="key_1", public="0" * 64, kind="rsa", bits=2048, origin="made", sealed=kept.sealed,
            wrapped=kept.wrapped, made=NOW, by="cli:claire",
        )  # fmt: skip

    def open_webhook(self) -> bytes:
        (one,) = all_subscribers()
        return self.vault.open(one.secret, subscriber_owner(one.id))

    def assert_all_open(self) -> None:
        assert self.open_webhook() == self.webhook
        self.factor.refresh_from_db()
        assert open_sealed(self.factor.data["secret"]) == "JBSWY3DP"
        row = PrivateKey.objects.get(pk="key_1")
        sealed = key_vault.SealedKey(bytes(row.sealed or b""), bytes(row.wrapped or b""))
        assert key_vault.open_key(self.folder, "key_1", sealed) == b"pkcs8"
        signed = Session.objects.get(pk=BOX).session_data
        data = signing.loads(signed, self.signed_by, SESSIONS.key_salt, SESSIONS.serializer)
        content = base64.b64decode(data["sealed"])
        assert self.vault.open(content, provider_owner(BOX)) == b"tokens"


@pytest.fixture
def sealed(store: StorePlace) -> Sealed:
    return Sealed(store.secrets)


def test_everything_opens_with_the_new_key_alone_and_the_former_one_is_destroyed(sealed: Sealed) -> None:
    before = (sealed.folder / KEY_FILE).read_bytes()
    done = rewrap(sealed.folder, alone=True)
    assert (done.changed, done.finished) == (4, True)
    assert done.secrets["private-key"] == 1 and done.secrets["webhook"] == 1
    assert (sealed.folder / KEY_FILE).read_bytes() != before
    assert [one.name for one in sealed.folder.iterdir()] == [KEY_FILE]
    sealed.assert_all_open()
    assert before not in b"".join(one.read_bytes() for one in sealed.folder.iterdir())


def test_beside_a_running_gateway_the_former_key_waits_for_what_may_still_be_sealed_with_it(
    sealed: Sealed,
) -> None:
    before = (sealed.folder / KEY_FILE).read_bytes()
    assert not rewrap(sealed.folder, alone=False).finished
    assert (sealed.folder / FORMER_FILE).read_bytes() == before
    late = Vault(sealed.folder / "late")  # a process that read the former key just before
    (sealed.folder / "late").mkdir()
    (sealed.folder / "late" / KEY_FILE).write_bytes(before)
    text = base64.b64encode(late.seal(b"LATE", "second factor", may_make=False)).decode()
    Authenticator.objects.filter(pk=sealed.factor.pk).update(data={"secret": text})
    assert open_sealed(text) == "LATE"
    done = finish(sealed.folder, alone=True)
    assert done is not None and done.finished and done.changed == 1
    sealed.factor.refresh_from_db()
    assert open_sealed(sealed.factor.data["secret"]) == "LATE"
    assert not (sealed.folder / FORMER_FILE).exists()
    assert finish(sealed.folder, alone=True) is None


@pytest.mark.parametrize("stop_after", range(5))
def test_stopped_anywhere_everything_opens_and_it_goes_on_to_the_end(
    sealed: Sealed, stop_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Vault.reseal, iter(range(100))

    def reseal(self: Vault, content: bytes, owner: str) -> bytes | None:
        if next(calls) == stop_after:
            raise KeyboardInterrupt
        return real(self, content, owner)

    monkeypatch.setattr(Vault, "reseal", reseal)
    with pytest.raises(KeyboardInterrupt):
        rewrap(sealed.folder, alone=True)
    monkeypatch.undo()
    settings.use(replace(settings.current(), secrets=sealed.folder))
    sealed.assert_all_open()
    assert (sealed.folder / NEXT_FILE).exists()
    assert rewrap(sealed.folder, alone=True).finished
    sealed.assert_all_open()


def test_a_secret_that_opens_with_no_key_stops_it_before_anything_changes(sealed: Sealed) -> None:
    before = (sealed.folder / KEY_FILE).read_bytes()
    PrivateKey.objects.update(wrapped=b"\x01" + bytes(60))
    with pytest.raises(NotRewrapped) as raised:
        rewrap(sealed.folder, alone=True)
    assert [tuple(one) for one in raised.value.closed] == [("private-key", "key_1")]
    assert (sealed.folder / KEY_FILE).read_bytes() == before
    assert [one.name for one in sealed.folder.iterdir()] == [KEY_FILE]


def test_a_replacement_that_was_left_is_finished_by_the_worker_once_nobody_can_use_the_former_key(
    sealed: Sealed,
) -> None:
    hour = 3600 * 1_000_000
    assert finish_left(sealed.folder, time.time_ns() // 1000) is None, "nothing to finish"
    rewrap(sealed.folder, alone=False)
    now = time.time_ns() // 1000
    assert finish_left(sealed.folder, now) is None and (sealed.folder / FORMER_FILE).exists()
    done = finish_left(sealed.folder, now + hour)
    assert done is not None and done.finished
    assert [one.name for one in sealed.folder.iterdir()] == [KEY_FILE]
    sealed.assert_all_open()
