"""What second factors need to be checked is sealed with the master key before it is stored, and opened to be used."""

from __future__ import annotations

import base64
import binascii

from ecluse.services.accounts.settings import current
from ecluse.services.sealed_things import nothing_sealed
from ecluse.services.vault import Vault

OWNER = "second factor"


def seal(text: str) -> str:
    """A secret of a second factor, as it is stored (base64).

    :raises StoreError: the master key can be neither read nor made.
    """
    vault = Vault(current().secrets)
    return base64.b64encode(vault.seal(text.encode(), OWNER, may_make=nothing_sealed)).decode("ascii")


def open_sealed(sealed: str) -> str:
    """The secret.

    :raises StoreError: the master key is missing or another, or the value was changed.
    """
    try:
        content = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    return Vault(current().secrets).open(content, OWNER).decode()
