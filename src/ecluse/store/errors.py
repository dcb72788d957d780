"""What can go wrong with the store, as sentences an administrator can act on.

StoreError
├── NewerStoreError          written by a newer version of Écluse
├── OtherEnvironmentError    made for the other environment (test or production)
├── StoreInUseError          a gateway runs on this data folder
├── UnreadableStoreError     the database does not answer, or a key leads nowhere
└── BackupError              an archive cannot be written, read or trusted
"""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """The same sentence in French and in English."""

    fr: str
    en: str


class StoreError(Exception):
    """The store cannot be used as asked. `sentence` says why and what to do, in both languages."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.sentence = Sentence(fr, en)


class NewerStoreError(StoreError):
    """The tables were made by a newer version of Écluse."""


class OtherEnvironmentError(StoreError):
    """The store belongs to the other environment."""


class StoreInUseError(StoreError):
    """Somebody else holds the store."""


class BackupError(StoreError):
    """A backup could not be written, or an archive is not what it says."""


class UnreadableStoreError(StoreError):
    """What a decision needs cannot be read."""
