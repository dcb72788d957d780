"""Private keys at rest: each under a data key of its own, which the master key seals.

AES-256-GCM twice; both seals are bound to the key's identifier, so a sealed key moved to another row does not open.
Replacing the master key seals the data keys anew and leaves the private keys as they are (`services.rewrap`).
Nothing here gives a key to anybody but the signer, the maker of requests and the listeners, in their own process.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.services.sealed_things import nothing_sealed
from ecluse.services.vault import Vault
from ecluse.store.errors import StoreError

_FORMAT = b"\x01"
_NONCE = 12
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class SealedKey(NamedTuple):
    """A private key as it is kept. sealed: under its data key; wrapped: the data key under the master key."""

    sealed: bytes
    wrapped: bytes


def new_id(prefix: str) -> str:
    """An identifier that says nothing: `key_k3x…`."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def owner(key: str) -> str:
    """What the seals of a private key are bound to."""
    return f"private key:{key}"


def seal(folder: Path, key: str, pkcs8: bytes) -> SealedKey:
    """Seal a private key (PKCS#8, DER).

    :param folder: of the secrets; key: its identifier.
    :raises StoreError: the master key can be neither read nor made.
    """
    data_key, nonce = secrets.token_bytes(32), secrets.token_bytes(_NONCE)
    wrapped = Vault(folder).seal(data_key, owner(key), may_make=nothing_sealed)
    return SealedKey(
        _FORMAT + nonce + AESGCM(data_key).encrypt(nonce, pkcs8, owner(key).encode()),
        wrapped,
    )


def open_key(folder: Path, key: str, kept: SealedKey) -> bytes:
    """The private key (PKCS#8, DER), for the length of one call: never keep it, write it or log it.

    :raises StoreError: the master key is missing or another, or what is kept was changed or moved.
    """
    data_key = Vault(folder).open(kept.wrapped, owner(key))
    sealed = kept.sealed
    if sealed[:1] == _FORMAT:
        try:
            return AESGCM(data_key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], owner(key).encode())
        except (InvalidTag, ValueError):
            pass
    raise StoreError(
        f"La clé privée {key} a été modifiée dans la base : elle ne s’ouvre plus. Restaurez une sauvegarde, ou"
        " importez-la de nouveau.",
        f"The private key {key} was changed in the database: it does not open any more. Restore a backup, or import"
        " it again.",
    )
