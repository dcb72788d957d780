"""Sign-ins that succeed or fail: counted, locked out, and written to the access trail before anything else happens."""

from __future__ import annotations

from django.db.models import F

from ecluse.services import access_trail
from ecluse.services.accounts.settings import current
from ecluse.store.access_turn import writing
from ecluse.store.models.accounts import User

_MINUTE = 60_000_000

OPENED, REFUSED, CLOSED, ENDED = "session.open", "session.refused", "session.close", "session.end"
"""What the access trail calls a sign-in, one that was refused, a sign-out, and a session ended by somebody else."""
CHANGED = "password.change"
"""What the access trail calls a password that its owner changed."""


def locked(username: str, now: int) -> bool:
    """Whether an account takes no attempt now. One that does not exist is never locked: neither says which is which."""
    until = (
        User.objects.filter(username=username.strip().lower()).values_list("locked_until", flat=True).first()
    )
    return until is not None and until > now


_NOT_COUNTED = ("locked", "invitation")
"""A locked account is locked already. The 100 random bits of an invitation need no lock, which would only let anybody
close an account by its name.
"""


def failed(username: str, address: str, now: int, why: str) -> None:
    """Write a refused attempt, count it, and lock the account when it is one too many.

    :param address: of the caller; why: `password`, `second factor`, `invitation`, `locked`, `inactive`: never what was
        typed.
    """
    user = User.objects.filter(username=username.strip().lower()).first()
    if user is not None and why not in _NOT_COUNTED:
        with writing():
            rows = User.objects.filter(pk=user.pk)
            rows.update(failures=F("failures") + 1)
            if (rows.values_list("failures", flat=True).first() or 0) >= current().attempts:
                rows.update(failures=0, locked_until=now + current().lock_minutes * _MINUTE)
    trace(user, REFUSED, now, f"{address} {why}")


def succeeded(user: User, means: str, address: str, now: int) -> None:
    """Forget the refused attempts and write the sign-in.

    :param means: kinds of means used, apart by `+`.
    :raises TrailUnavailable: it cannot be written: nobody signs in.
    """
    if user.failures or user.locked_until is not None:
        with writing():
            User.objects.filter(pk=user.pk).update(failures=0, locked_until=None)
    trace(user, OPENED, now, f"{address} {means}")


def trace(user: User | None, action: str, now: int, detail: str) -> None:
    """Write a line of the access trail about a session.

    :raises TrailUnavailable: it cannot be written.
    """
    caller = "user:?" if user is None else f"user:{user.pk}"
    name = "" if user is None else user.name or user.username
    access_trail.write([access_trail.Line(now, caller, name, "", action, "", detail)])
