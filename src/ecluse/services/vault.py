"""Secrets that must be read back (webhook keys) are sealed with a master key that lives outside the data.

AES-256-GCM; what a secret belongs to is part of the seal, so a sealed value moved to another row does not open.
Whoever has the data folder or a backup without the secrets' folder has nothing (design: trust).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ecluse.store.errors import StoreError

KEY_FILE = "master.key"
_FORMAT = b"\x01"
_NONCE = 12
_KEY = 32


class Vault:
    """Seals and opens. The master key is made at the first seal, and never again: another would open nothing.

    :param folder: folder of the secrets.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / KEY_FILE

    def seal(self, secret: bytes, owner: str, *, may_make: bool) -> bytes:
        """A secret sealed for its owner (`subscriber:sub_…`).

        :param may_make: a missing master key may be made: nothing is sealed yet that it would have to open.
        :raises StoreError: when the master key can be neither read nor made.
        """
        if may_make and not self._file.exists():
            self._make()
        nonce = secrets.token_bytes(_NONCE)
        return _FORMAT + nonce + AESGCM(self._key()).encrypt(nonce, secret, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The secret.

        :raises StoreError: when the master key is missing or another, or the value was changed or moved.
        """
        if sealed[:1] != _FORMAT:
            raise _unreadable(self._file)
        try:
            nonce = sealed[1 : 1 + _NONCE]
            return AESGCM(self._key()).decrypt(nonce, sealed[1 + _NONCE :], owner.encode())
        except (InvalidTag, ValueError):
            raise _unreadable(self._file) from None

    def derive(self, purpose: str) -> bytes:
        """A key of 256 bits for one purpose, always the same; the master key is made when there is none.

        :raises StoreError: when the master key can be neither read nor made.
        """
        if not self._file.exists():
            self._make()
        return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(self._key())

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

    def _make(self) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._file.with_name(f"{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"))
        except OSError as error:
            raise StoreError(
                f"La clé maîtresse {self._file} ne peut pas être créée : {error.strerror}. Donnez à l’utilisateur de la"
                " passerelle un dossier des secrets où écrire (réglage « secrets »).",
                f"The master key {self._file} cannot be created: {error.strerror}. Give the user of the gateway a"
                " folder of secrets to write in (setting “secrets”).",
            ) from None

    def _write(self, draft: Path) -> None:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY))
                file.flush()
                os.fsync(file.fileno())
            # Whoever comes first wins: a key that exists is never replaced.
            os.link(draft, self._file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _keep_names(self._file.parent)


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
