"""Whose account a sign-in at a provider opens: one that was there before, with that RPPS or that name, and no other."""

from __future__ import annotations

from ecluse.protocols.oidc import AnswerRefused
from ecluse.services.accounts import means
from ecluse.services.accounts.visitor import Account
from ecluse.services.psc.providers import offered
from ecluse.services.psc.settings import Kind, PscSettings
from ecluse.services.psc.sign_in import SignedIn
from ecluse.store.access_turn import writing
from ecluse.store.models.accounts import Means, User

METHODS: dict[Kind, str] = {"psc": "psc", "establishment": "oidc"}
"""Kinds of means of the register, by provider."""


def account_of(signed_in: SignedIn) -> Account | None:
    """The account that a sign-in opens, or None: nobody provisioned one.

    :raises AnswerRefused: the provider gives another RPPS than the one of the account of that name.
    """
    if not signed_in.account:
        return User.objects.filter(rpps=signed_in.rpps, is_active=True).first() if signed_in.rpps else None
    user = User.objects.filter(username=signed_in.account, is_active=True).first()
    if user is not None and user.rpps and signed_in.rpps and user.rpps != signed_in.rpps:
        raise AnswerRefused("identity-conflict")
    return user


def register(user: Account, signed_in: SignedIn, label: str, now: int) -> None:
    """Enter the means in the register of the account, the first time it serves.

    :param label: name of the provider; now: µs.
    """
    kind = METHODS[signed_in.means.kind]
    known = Means.objects.filter(user_id=user.pk, kind=kind, reference=signed_in.subject[:200], revoked=None)
    if known.exists():
        return
    with writing():
        factors = len(signed_in.means.factors)
        means.issue(user.pk, kind, signed_in.subject, now, f"user:{user.pk}", label, factors)


def providers_of(user: int) -> tuple[PscSettings, ...]:
    """The providers by which an account was opened before, and can be again."""
    rows = Means.objects.filter(user_id=user, kind__in=METHODS.values(), revoked=None)
    kinds = set(rows.values_list("kind", flat=True))
    return tuple(one for one in offered() if METHODS[one.kind] in kinds)
