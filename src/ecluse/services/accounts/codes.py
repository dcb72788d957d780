"""One-time codes: the one of the first visit, and those by which invited people choose their means of sign-in.

A code has 100 random bits, written in groups that can be read aloud; only its SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LETTERS = 20
_HOUR = 3_600_000_000


class Invitation(NamedTuple):
    """A code just made. code: shown once; digest: its SHA-256, in hexadecimal; until: µs since 1970."""

    code: str
    digest: str
    until: int


def new_invitation(now: int, hours: float) -> Invitation:
    """Make the code of an invitation."""
    code = new_code()
    return Invitation(code, digest_of(code).hex(), now + int(hours * _HOUR))


def new_code() -> str:
    """A code in groups of five: `K7QXM-…`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return "-".join(letters[at : at + 5] for at in range(0, _LETTERS, 5))


def digest_of(code: str) -> bytes:
    """What is kept of a code, however it was typed."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode("utf-8", "replace")).digest()


def same_code(code: str, digest: bytes) -> bool:
    """Whether that is the code, in a time that tells nothing."""
    return hmac.compare_digest(digest_of(code), digest)
