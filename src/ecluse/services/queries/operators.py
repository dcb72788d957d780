"""Who an operator is: `user:12`, `token:ID`, `cli:claire` and the gateway's own, as people name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q

from ecluse.rules.identity.names import folded
from ecluse.services.queries.presentation import searchable
from ecluse.store.models.access import Token
from ecluse.store.models.accounts import User

MOST = 20
"""Operators that one search looks for."""
_OWN = ("retention", "seal")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who asked. name: of the person or token, the account of the system for `cli`, empty when unknown."""

    id: str
    kind: Literal["user", "token", "cli", "gateway", "other"]
    name: str


def operators(ids: Iterable[str]) -> dict[str, Operator]:
    """Operators by id."""
    wanted = set(ids)
    users = dict(User.objects.filter(id__in=_numbers(wanted)).values_list("id", "name"))
    keys = [one.removeprefix("token:") for one in wanted if one.startswith("token:")]
    tokens = dict(Token.objects.filter(id__in=keys).values_list("id", "name"))
    return {one: _operator(one, users, tokens) for one in wanted}


def _operator(id_: str, users: dict[int, str], tokens: dict[str, str]) -> Operator:
    kind, _, rest = id_.partition(":")
    if kind == "user":
        return Operator(id_, "user", users.get(int(rest), "") if rest.isdecimal() else "")
    if kind == "token":
        return Operator(id_, "token", tokens.get(rest, ""))
    if kind == "cli":
        return Operator(id_, "cli", rest)
    return Operator(id_, "gateway" if id_ in _OWN else "other", "")


def matching(text: str) -> tuple[str, ...]:
    """Ids of those that a person may mean by a text: the id itself, or a part of a name."""
    text = text.strip()
    if not text or not searchable(text):
        return ()
    found = [text]
    if ":" not in text:
        found.append(f"cli:{text}")
        # Accounts are few, and no database folds accents alike.
        people = User.objects.order_by("id").values_list("id", "username", "name")
        wanted = folded(text) or text
        found += [f"user:{id_}" for id_, *names in people if any(wanted in folded(one) for one in names)]
        tokens = Token.objects.filter(Q(name__icontains=text) | Q(id=text)).order_by("id")
        found += [f"token:{one}" for one in tokens.values_list("id", flat=True)[:MOST]]
    return tuple(dict.fromkeys(found))[:MOST]


def _numbers(ids: Iterable[str]) -> list[int]:
    texts = (one.removeprefix("user:") for one in ids if one.startswith("user:"))
    return [int(one) for one in texts if one.isascii() and one.isdecimal() and len(one) < 10]
