"""Secrets that must be read back (webhook keys) are sealed with a master key that lives outside the data.

AES-256-GCM; what a secret belongs to is part of the seal, so a sealed value moved to another row does not open.
Whoever has the data folder or a backup without the secrets' folder has nothing (design: trust).

While a master key is being replaced (`services.rewrap`) there are two: the next one waits beside it, then the former
one stays until nothing needs it. What is sealed opens with any of them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ecluse.store.errors import StoreError

KEY_FILE = "master.key"
NEXT_FILE = "master.key.next"
FORMER_FILE = "master.key.former"
_FORMAT = b"\x01"
_NONCE = 12
_KEY = 32

MayMake = bool | Callable[[], bool]
"""Whether a missing master key may be made; a function is asked only when it is missing."""


class Vault:
    """Seals and opens. The master key is made at the first seal, and never again: another would open nothing.

    :param folder: folder of the secrets.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / KEY_FILE
        self._next = folder / NEXT_FILE
        self._former = folder / FORMER_FILE

    def seal(self, secret: bytes, owner: str, *, may_make: MayMake) -> bytes:
        """A secret sealed for its owner (`subscriber:sub_…`).

        :param may_make: a missing master key may be made: nothing is sealed yet that it would have to open
            (`services.sealed_things.nothing_sealed`).
        :raises StoreError: when the master key can be neither read nor made.
        """
        self._make_first(may_make)
        return _sealed(self._key(), secret, owner)

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The secret.

        :raises StoreError: when the master key is missing or another, or the value was changed or moved.
        """
        for key in (self._key(), *self._others()):
            found = _opened(key, sealed, owner)
            if found is not None:
                return found
        raise _unreadable(self._file)

    def derive(self, purpose: str, *, may_make: MayMake) -> bytes:
        """A key of 256 bits for one purpose, always the same.

        :param may_make: as for `seal`.
        :raises StoreError: when the master key can be neither read nor made.
        """
        self._make_first(may_make)
        return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(self._key())

    def derive_every(self, purpose: str) -> list[bytes]:
        """The same from every master key there is, the one in use first."""
        keys = (self._key(), *self._others())
        return [HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(one) for one in keys]

    def reseal(self, sealed: bytes, owner: str) -> bytes | None:
        """What is sealed, under the next master key, or under the one in use when none waits; None: it is already.

        :raises StoreError: no key opens it.
        """
        key = _read(self._next) or self._key()
        if _opened(key, sealed, owner) is not None:
            return None
        return _sealed(key, self.open(sealed, owner), owner)

    def begin_next(self) -> None:
        """Make the key that will follow, unless it waits already.

        :raises StoreError: a key can be neither read nor made.
        """
        self._key()
        try:
            if not self._next.exists():
                self._write(self._next.with_name(f"{NEXT_FILE}.{secrets.token_hex(4)}"), self._next)
            _keep_names(self._file.parent)
        except OSError as error:
            raise _not_made(self._file, error) from None

    def use_next(self) -> None:
        """Seal with the next key from now on; the one that was stays as the former one, to open with.

        :raises StoreError: the files cannot be moved.
        """
        try:
            self._former.unlink(missing_ok=True)
            os.link(self._file, self._former)
            self._next.replace(self._file)
            _keep_names(self._file.parent)
        except OSError as error:
            raise _not_made(self._file, error) from None

    @property
    def replacing(self) -> str:
        """`next` while a key waits to be used, `former` while the one before it is still there, else empty."""
        return "next" if self._next.exists() else "former" if self._former.exists() else ""

    def replacing_since(self) -> int | None:
        """When the replacement that is under way last moved a key (µs since 1970); None: there is none."""
        file = {"next": self._next, "former": self._former}.get(self.replacing)
        try:
            # A link keeps the time at which the key was written, not the one at which it was put aside.
            return None if file is None else file.stat().st_ctime_ns // 1000
        except FileNotFoundError:
            return None

    def forget_former(self) -> None:
        """Destroy the former key: nothing needs it any more."""
        self._former.unlink(missing_ok=True)
        _keep_names(self._file.parent)

    def _others(self) -> list[bytes]:
        return [key for key in (_read(self._next), _read(self._former)) if key is not None]

    def _key(self) -> bytes:
        try:
            key = self._file.read_bytes()
        except OSError as error:
            raise StoreError(
                f"La clé maîtresse {self._file} ne peut pas être lue : {error.strerror}. Sans elle, les secrets"
                " gardés ici ne s’ouvrent plus : remettez-la depuis votre sauvegarde des secrets.",
                f"The master key {self._file} cannot be read: {error.strerror}. Without it the secrets kept here"
                " do not open: put it back from your backup of the secrets.",
            ) from None
        if len(key) != _KEY:
            raise _unreadable(self._file)
        return key

    def _make_first(self, may_make: MayMake) -> None:
        """Make the master key when there is none and there may be a new one; asked only then."""
        if not self._file.exists() and (may_make() if callable(may_make) else may_make):
            self._make()

    def _make(self) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._file.with_name(f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"), self._file)
        except OSError as error:
            raise _not_made(self._file, error) from None

    def _write(self, draft: Path, place: Path) -> None:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY))
                file.flush()
                os.fsync(file.fileno())
            # Whoever comes first wins: a key that exists is never replaced.
            os.link(draft, place)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _keep_names(place.parent)


def _read(file: Path) -> bytes | None:
    """A key that may be absent."""
    try:
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY else None


def _sealed(key: bytes, secret: bytes, owner: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, secret, owner.encode())


def _opened(key: bytes, sealed: bytes, owner: str) -> bytes | None:
    """What was sealed with a key, or None."""
    if sealed[:1] != _FORMAT:
        return None
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], owner.encode())
    except (InvalidTag, ValueError):
        return None


def _not_made(file: Path, error: OSError) -> StoreError:
    return StoreError(
        f"La clé maîtresse {file} ne peut pas être créée : {error.strerror}. Donnez à l’utilisateur de la"
        " passerelle un dossier des secrets où écrire (réglage « secrets »).",
        f"The master key {file} cannot be created: {error.strerror}. Give the user of the gateway a"
        " folder of secrets to write in (setting “secrets”).",
    )


def _keep_names(folder: Path) -> None:
    """Have the names of a folder survive a power cut: a key that vanished would leave sealed secrets closed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(file: Path) -> StoreError:
    return StoreError(
        f"Un secret gardé ici ne s’ouvre pas avec la clé maîtresse {file} : ce n’est pas la clé de ces données, ou"
        " le secret a été modifié. Remettez la bonne clé, ou donnez un nouveau secret.",
        f"A secret kept here does not open with the master key {file}: it is not the key of this data, or the"
        " secret was changed. Put the right key back, or give a new secret.",
    )
