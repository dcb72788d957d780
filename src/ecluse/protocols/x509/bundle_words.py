"""What is told about a file of keys: refusals and notes; the words are in `data/bundles.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.protocols.x509.errors import Unreadable


class Note(NamedTuple):
    """Something worth knowing about a file that was read. code: `missing-intermediate`…"""

    code: str
    text_fr: str
    text_en: str


class WrongPassword(Unreadable):
    """The password is missing, inexact, or the file damaged: nothing tells which, and nothing should."""


class OldProtection(Unreadable):
    """The file is protected by an algorithm that the cryptographic library of this machine has given up."""


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("data/bundles.toml").read_text("utf-8"))


def note(code: str) -> Note:
    """The note of this code."""
    body = _catalogue()[f"note-{code}"]
    return Note(code, body["text_fr"], body["text_en"])


def refusal(code: str, kind: type[Unreadable] = Unreadable, **values: str) -> Unreadable:
    """The error of this code, to be raised. values: what its sentences name."""
    body = _catalogue()[code]
    return kind(body["text_fr"].format(**values), body["text_en"].format(**values))


def wrong_password(*, given: bool = True) -> Unreadable:
    """The one neutral refusal of a password, whatever went wrong (IGC-Santé note §7). given: false when none was."""
    return refusal("wrong-password" if given else "no-password", WrongPassword)
