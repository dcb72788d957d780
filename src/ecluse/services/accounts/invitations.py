"""One-time codes: the one of the first visit, and those by which invited people choose their means of sign-in.

A code has 100 random bits, written in groups that can be read aloud; only its SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

from ecluse.store.models.accounts import User

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


def invited(username: str, code: str, now: int) -> User | None:
    """The account that this code invites, or None: wrong name, wrong code, or too late, all the same."""
    user = User.objects.filter(username=username.strip().lower()).first()
    kept = bytes(user.invitation) if user is not None else b""
    if not same_code(code, kept or bytes(32)) or user is None or not kept:
        return None
    if user.invited_until is None or user.invited_until <= now or not user.is_active:
        return None
    return user


def still_invited(id_: int, digest: str, now: int) -> User | None:
    """The account of an invitation whose code was given a moment ago, unless it was used or replaced meanwhile.

    :param digest: of the code, in hexadecimal.
    """
    user = User.objects.filter(pk=id_, is_active=True).first() if digest else None
    if user is None or user.invited_until is None or user.invited_until <= now:
        return None
    return user if hmac.compare_digest(bytes(user.invitation).hex(), digest) else None
