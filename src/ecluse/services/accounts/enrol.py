"""An account comes to life: a password and a second factor chosen together, or neither.

Whoever was invited (or makes the first visit) gives both in one form: an account with a password alone never exists.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.hashers import make_password

from ecluse.services.accounts import means
from ecluse.services.accounts.seal import seal
from ecluse.store.access_turn import writing
from ecluse.store.models.accounts import RoleGrant, User

FIRST_ROLES = ("administration", "exploitation")
"""Roles of the first account: it sets the gateway up and sees whether the first messages come in; no patient."""


class AlreadyDone(Exception):
    """The first account was made meanwhile, or the invitation was used."""


def first_account(username: str, name: str, password: str, totp_secret: str, now: int) -> User:
    """Make the administrator of a new gateway.

    :param totp_secret: base32; a code made from it was checked.
    :raises AlreadyDone: an account exists.
    """
    digest = make_password(password)
    with writing():
        if User.objects.exists():
            raise AlreadyDone
        user = User.objects.create(username=username, name=name, password=digest, created=now)
        for role in FIRST_ROLES:
            RoleGrant.objects.create(user=user, role=role, since=now, given_by="first visit")
        _second_factor(user, totp_secret, now)
    return user


def accept_invitation(invited: User, password: str, totp_secret: str, now: int) -> User:
    """Give an invited account its password and second factor; the code of the invitation is used.

    :raises AlreadyDone: the invitation was used or replaced meanwhile.
    """
    digest = make_password(password)
    with writing():
        rows = User.objects.filter(pk=invited.pk, invitation=invited.invitation, is_active=True)
        used = rows.update(password=digest, invitation=b"", invited_until=None, failures=0, locked_until=None)
        if not used:
            raise AlreadyDone
        Authenticator.objects.filter(user_id=invited.pk).delete()
        means.revoke(invited.pk, now, f"user:{invited.pk}")
        _second_factor(invited, totp_secret, now)
    return User.objects.get(pk=invited.pk)


def _second_factor(user: User, totp_secret: str, now: int) -> None:
    totp = Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": seal(totp_secret)}
    )
    codes = Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"seed": seal(RecoveryCodes.generate_seed()), "used_mask": 0},
    )
    by = f"user:{user.pk}"
    means.issue(user.pk, "password-totp", str(totp.pk), now, by)
    means.issue(user.pk, "recovery", str(codes.pk), now, by)
