"""Who may manage accounts and habilitations, read by the writer at the moment it decides: a page may be old or forged.

Accounts are managed by people who manage them everywhere: whoever could for one establishment alone would give herself
the others. The matrix of an establishment is managed by people to whom a role gives it there.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from ecluse.services.accounts.roles import roles
from ecluse.store.models.accounts import RoleGrant, User

MANAGE = "users.manage"


def managed(user: int) -> frozenset[int] | None:
    """Ids of the establishments whose accounts an account manages, by its roles; None: all of them."""
    return where(user, MANAGE)


def where(user: int, right: str) -> frozenset[int] | None:
    """Ids of the establishments where a right holds, by roles given for the whole of them; None: all of them."""
    giving = [one.name for one in roles().values() if right in one.rights]
    rows = RoleGrant.objects.filter(user_id=user, user__is_active=True, role__in=giving, site=None)
    places = list(rows.values_list("establishment_id", flat=True))
    return None if None in places else frozenset(one for one in places if one is not None)


def account_of(operator: Any) -> int | None:
    """Id of the account that an operator is (`user:12`), None: it is something else."""
    kind, _, number = str(operator or "").partition(":")
    return int(number) if kind == "user" and number.isascii() and number.isdigit() else None


def makers(user: int) -> frozenset[int]:
    """An account and those without whom it would not administer: who invited it last, who gave it administration, and
    theirs in turn. Whoever made an account may have kept its means of sign-in: two accounts with a maker in common may
    be one person.
    """
    found = {user}
    left = deque(found)
    while left:
        one = left.popleft()
        told = list(User.objects.filter(pk=one).values_list("invited_by", flat=True))
        grants = RoleGrant.objects.filter(user_id=one, role="administration")
        told += grants.values_list("given_by", flat=True)
        fresh = {number for number in map(account_of, told) if number is not None} - found
        found |= fresh
        left.extend(fresh)
    return frozenset(found)
