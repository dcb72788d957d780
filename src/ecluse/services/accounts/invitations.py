"""Invitations: who is invited by a code (`codes`)."""

from __future__ import annotations

import hmac

from ecluse.services.accounts.codes import same_code
from ecluse.store.models.accounts import User


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
