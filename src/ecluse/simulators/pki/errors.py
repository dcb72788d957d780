"""What the test hierarchy refuses to do, in words for people."""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """A sentence in both languages."""

    fr: str
    en: str


class PkiError(Exception):
    """Root of the errors of this package."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.sentence = Sentence(fr, en)


class AlreadyThere(PkiError):
    """The folder holds something that would be overwritten."""


class NotAPki(PkiError):
    """The folder does not hold a test hierarchy, or what it holds was damaged."""


class OrderRefused(PkiError):
    """A certificate cannot be issued or revoked as asked."""
