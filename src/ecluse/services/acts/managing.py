"""Who may ask for acts on accounts and habilitations: looked at when the act is done, a page may be old or forged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecluse.services.accounts.managing import account_of, managed
from ecluse.services.accounts.roles import SCOPE_RIGHTS
from ecluse.services.accounts.visitor import granted
from ecluse.services.acts.outcome import ActRefused
from ecluse.store.models.accounts import User


def check_manages(given: Mapping[str, Any], establishment: int | None = None) -> None:
    """Refuse an act on accounts, or on the matrix of an establishment, to an account that does not manage them.

    Operators that are no account (the command line, the token of the software that provisions) were admitted already.

    :param given: arguments of the act, with its `operator`; establishment: None: the accounts.
    :raises ActRefused: it may not.
    """
    number = account_of(given.get("operator"))
    if number is None:
        return
    places = managed(number)
    if places is None or (establishment is not None and establishment in places):
        return
    if establishment is None:
        raise ActRefused(
            "Seul un administrateur de tous les établissements gère les comptes : adressez-vous à lui.",
            "Only an administrator of all establishments manages accounts: ask one.",
        )
    raise ActRefused(
        "Vous n’administrez pas cet établissement : adressez-vous à l’un de ses administrateurs.",
        "You do not administer this establishment: ask one of its administrators.",
    )


def domains_of(given: Mapping[str, Any], right: str) -> frozenset[int] | None:
    """Ids of the domains on which whoever asks has a right; None: all, as any operator that is no account."""
    number = account_of(given.get("operator"))
    if number is None:
        return None
    user = User.objects.filter(pk=number, is_active=True).first()
    return frozenset() if user is None else granted(user)[0].get(right, frozenset())


def check_reach(given: Mapping[str, Any], right: str, domains: Iterable[int]) -> None:
    """Refuse an act on what is in other domains than those of whoever asks.

    :raises ActRefused: one of the domains is out of her reach.
    """
    within = domains_of(given, right)
    if within is not None and not within.issuperset(domains):
        raise ActRefused(
            "Un émetteur de ce nom est, ou serait, dans un domaine d’un autre établissement : adressez-vous à un"
            " exploitant de tous les établissements.",
            "A sender of that name is, or would be, in a domain of another establishment: ask somebody who operates all"
            " establishments.",
        )


def check_gives(given: Mapping[str, Any], scopes: Iterable[str]) -> None:
    """Refuse that a person gives a token more than she has herself, everywhere.

    :raises ActRefused: she lacks a right.
    """
    number = account_of(given.get("operator"))
    if number is None:
        return
    user = User.objects.filter(pk=number, is_active=True).first()
    hers = {} if user is None else granted(user)[0]
    if more := sorted(one for one in scopes if hers.get(SCOPE_RIGHTS[one], frozenset()) is not None):
        raise ActRefused(
            f"On ne donne à un jeton que les droits que l’on a soi-même partout ; il vous manque : {', '.join(more)}.",
            f"One gives a token only the rights one has everywhere oneself; you lack: {', '.join(more)}.",
        )
