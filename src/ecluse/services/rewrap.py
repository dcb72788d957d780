"""Replace the master key: everything it seals in the store is sealed anew, verified, then the former key is destroyed.

What is covered: keys of webhooks (and those that still sign beside a new one), second factors of accounts, tokens of
identity providers, data keys of private keys. The journal holds former seals of webhook keys too; nobody opens those.
Whoever is signed in when the gateway starts again signs in once more: sessions are signed by what the key derives.

It goes on where it was stopped, at any point: until it is finished, what is sealed opens with either key.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import signing

from ecluse.services.accounts.seal import OWNER as SECOND_FACTOR
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.certificates.key_vault import owner as key_owner
from ecluse.services.deliveries.subscribers import owner as subscriber_owner
from ecluse.services.deliveries.subscribers import record_of, write_options
from ecluse.services.psc.sessions import owner as provider_owner
from ecluse.services.vault import Vault
from ecluse.store.access_turn import writing
from ecluse.store.errors import StoreError
from ecluse.store.models.certificates import PrivateKey
from ecluse.store.models.deliveries import Subscriber

DJANGO = "django secret key"
"""Purpose of what sessions are signed with (see `Vault.derive`)."""

LEFT_SECONDS = 3600
"""How long a replacement may be under way before the worker finishes it."""

Progress = Callable[[str, int], None]
"""Called with the kind of secret and how many of them are done."""
_MOST_PASSES = 20


class Closed(NamedTuple):
    """A secret that opens with no key there is. kind: `webhook`, `second-factor`, `provider-token`, `private-key`."""

    kind: str
    id: str


class NotRewrapped(StoreError):
    """Nothing was changed, or not all: closed says which secrets do not open."""

    def __init__(self, closed: tuple[Closed, ...]) -> None:
        listed = ", ".join(f"{one.kind} {one.id}" for one in closed[:10])
        super().__init__(
            f"{len(closed)} secret(s) ne s’ouvrent avec aucune clé maîtresse présente ({listed}) : remettez la clé"
            " qui les ouvre, ou retirez-les, puis recommencez. L’ancienne clé est gardée.",
            f"{len(closed)} secret(s) open with no master key there is ({listed}): put back the key that opens them, or"
            " remove them, then try again. The former key is kept.",
        )
        self.closed = closed


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What was done. secrets: how many of each kind are sealed by the master key now in use; changed: sealed anew this
    time; finished: the former key is destroyed (else it waits until no process of the gateway may use it).
    """

    secrets: dict[str, int]
    changed: int
    finished: bool


Reseal = Callable[[bytes, str], bytes | None]


class _Kind(NamedTuple):
    name: str
    ids: Callable[[], Iterable[Any]]
    mend: Callable[[Any, Reseal], bool]
    """Seal one anew, in a transaction; whether something was changed. A row that is gone is left alone."""


def rewrap(folder: Path, *, alone: bool, progress: Progress | None = None) -> Rewrapped:
    """Put a new master key in the place of the one in use.

    :param folder: of the secrets; alone: no gateway runs, so nobody can still seal with the former key.
    :raises NotRewrapped: a secret opens with no key; StoreError: a key can be neither read nor made.
    """
    vault = Vault(folder)
    tell = progress or (lambda _kind, _done: None)
    changed = 0
    if vault.replacing == "former":
        changed += _settle(vault, tell)
        vault.forget_former()
    _check(vault)
    vault.begin_next()
    changed += _settle(vault, tell)
    vault.use_next()
    return _finish(vault, changed, tell, alone=alone)


def finish(folder: Path, *, alone: bool) -> Rewrapped | None:
    """Finish what `rewrap` began while a gateway was running; None: there is nothing to finish.

    :raises NotRewrapped: a secret opens with no key.
    """
    vault = Vault(folder)
    if vault.replacing == "next":
        changed = _settle(vault, lambda _kind, _done: None)
        vault.use_next()
        return _finish(vault, changed, lambda _kind, _done: None, alone=alone)
    return _finish(vault, 0, lambda _kind, _done: None, alone=alone) if vault.replacing else None


def finish_left(folder: Path, now: int) -> Rewrapped | None:
    """Finish a replacement that was left, once no process can still be sealing with the former key; None: nothing to
    finish, or too early. The key is read from its file for each seal, so that an hour is long.

    :param now: µs since 1970.
    """
    since = Vault(folder).replacing_since()
    if since is None or now - since < LEFT_SECONDS * 1_000_000:
        return None
    return finish(folder, alone=True)


def _finish(vault: Vault, changed: int, tell: Progress, *, alone: bool) -> Rewrapped:
    """What another process sealed with the former key meanwhile is sealed anew; then that key may go."""
    changed += _settle(vault, tell)
    counted = {kind.name: len(list(kind.ids())) for kind in _kinds(vault)}
    if alone:
        vault.forget_former()
    return Rewrapped(counted, changed, alone)


def _check(vault: Vault) -> None:
    """Before anything is changed, everything opens."""

    def opening(sealed: bytes, owner: str) -> None:
        vault.open(sealed, owner)

    if closed := tuple(_failures(vault, opening)):
        raise NotRewrapped(closed)


def _failures(vault: Vault, reseal: Reseal) -> Iterator[Closed]:
    for kind in _kinds(vault):
        for id_ in kind.ids():
            try:
                kind.mend(id_, reseal)
            except StoreError:
                yield Closed(kind.name, str(id_))


def _settle(vault: Vault, tell: Progress) -> int:
    """Seal everything anew until a whole pass finds nothing left to do, which is also the verification."""
    changed = 0
    for _ in range(_MOST_PASSES):
        this, closed = 0, []
        for kind in _kinds(vault):
            for done, id_ in enumerate(kind.ids(), 1):
                try:
                    this += kind.mend(id_, vault.reseal)
                except StoreError:
                    closed.append(Closed(kind.name, str(id_)))
                tell(kind.name, done)
        if closed:
            raise NotRewrapped(tuple(closed))
        changed += this
        if not this:
            return changed
    raise StoreError(
        "Des secrets changent sans cesse pendant le remplacement de la clé maîtresse : recommencez, au calme.",
        "Secrets keep changing while the master key is being replaced: try again at a quiet time.",
    )


def _kinds(vault: Vault) -> tuple[_Kind, ...]:
    return (
        _Kind("webhook", lambda: _ids(Subscriber.objects.filter(kind="webhook")), _webhook),
        _Kind("second-factor", lambda: _ids(Authenticator.objects), _second_factor),
        _Kind("provider-token", lambda: _ids(Session.objects), _Sessions(vault).mend),
        _Kind("private-key", lambda: _ids(PrivateKey.objects.exclude(wrapped=None)), _private_key),
    )


def _ids(rows: Any) -> list[Any]:
    return list(rows.values_list("pk", flat=True))


def _webhook(id_: str, reseal: Reseal) -> bool:
    with writing():
        row = Subscriber.objects.select_for_update().filter(pk=id_).first()
        if row is None:
            return False
        record, whose = record_of(row), subscriber_owner(id_)
        secret = reseal(record.secret, whose) if record.secret else None
        former = record.options.former_secret
        again = reseal(former, whose) if former else None
        changes: dict[str, Any] = {}
        if secret is not None:
            changes["secret"] = secret
        if again is not None:
            changes["options"] = write_options(replace(record.options, former_secret=again))
        return bool(changes and Subscriber.objects.filter(pk=id_).update(**changes))


def _second_factor(id_: int, reseal: Reseal) -> bool:
    with writing():
        row = Authenticator.objects.select_for_update().filter(pk=id_).first()
        if row is None:
            return False
        data = {**row.data}
        for name in ("secret", "seed"):
            if isinstance(data.get(name), str):
                data[name] = _text(data[name], SECOND_FACTOR, reseal)
        return data != row.data and bool(Authenticator.objects.filter(pk=id_).update(data=data))


def _private_key(id_: str, reseal: Reseal) -> bool:
    with writing():
        row = PrivateKey.objects.select_for_update().filter(pk=id_).first()
        if row is None or row.wrapped is None:
            return False
        wrapped = reseal(bytes(row.wrapped), key_owner(id_))
        return wrapped is not None and bool(PrivateKey.objects.filter(pk=id_).update(wrapped=wrapped))


class _Sessions:
    """Sessions hold sealed tokens of providers, and the second factor proposed to somebody who enrols."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        store = SessionStore()
        self._salt, self._serializer = store.key_salt, store.serializer

    def mend(self, id_: str, reseal: Reseal) -> bool:
        """One session; it stays signed by the key that signed it."""
        with writing():
            row = Session.objects.select_for_update().filter(pk=id_).first()
            key, data = (None, {}) if row is None else self._read(row.session_data)
            if key is None:
                return False
            before = dict(data)
            try:
                for name, whose in (("sealed", provider_owner(id_)), ("enrol_secret", SECOND_FACTOR)):
                    if isinstance(data.get(name), str):
                        data[name] = _text(data[name], whose, reseal)
            except StoreError:
                # Useless already, and over in a few hours: it keeps nobody from replacing the key.
                return False
            if data == before:
                return False
            signed = signing.dumps(data, key, self._salt, self._serializer, compress=True)
            return bool(Session.objects.filter(pk=id_).update(session_data=signed))

    def _read(self, signed: str) -> tuple[str | None, dict[str, Any]]:
        """The key that signed a session, and its content; no key: nobody can use that session any more."""
        for key in (one.hex() for one in self._vault.derive_every(DJANGO)):
            try:
                return key, signing.loads(signed, key, self._salt, self._serializer)
            except signing.BadSignature:
                continue
        return None, {}


def _text(sealed: str, whose: str, reseal: Reseal) -> str:
    """A seal in base64."""
    try:
        content = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    new = reseal(content, whose)
    return sealed if new is None else base64.b64encode(new).decode("ascii")
