"""Accounts as another software says they must be (a file, SCIM): which acts lead there from what they are.

The plan is made without doing anything, so that it can be shown first. A code of invitation never travels this way:
it is handed over by an administrator, unless the person signs in at an identity provider. The role of administration is
not given from outside either: whoever can write the file, or has the token, would be the administrator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ecluse.services.accounts.codes import Invitation
from ecluse.services.accounts.roles import roles
from ecluse.services.queries.users import UserDocument

FORBIDDEN_ROLE = "administration"

Kind = Literal["create", "change", "close", "reopen", "none"]
Grant = tuple[str, int | None]
"""A role, and the id of the establishment where it holds; None: everywhere."""


class Unwanted(Exception):
    """An account may not be made so; the sentences say why. what: the attribute at fault."""

    def __init__(self, what: str, text_fr: str, text_en: str) -> None:
        super().__init__(text_en)
        self.what = what
        self.text_fr = text_fr
        self.text_en = text_en


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account as it must be. roles: None: as they are."""

    username: str
    name: str
    email: str = ""
    profession: str = ""
    unit: str = ""
    external: str = ""
    active: bool = True
    roles: frozenset[Grant] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An act to ask of the writer."""

    act: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to one account. fields: what changes, by name; invites: a code of invitation goes with it."""

    username: str
    kind: Kind
    fields: tuple[str, ...]
    steps: tuple[Step, ...]
    invites: bool = False


_FIELDS = ("name", "email", "profession", "unit", "external")


def plan(wanted: Wanted, now: UserDocument | None, invitation: Invitation) -> Plan:
    """The acts that make an account what is wanted.

    :param now: the account as it is, None: there is none; invitation: of an account made or opened again.
    :raises Unwanted: roles that are unknown, or not given from outside.
    """
    _check(wanted, now)
    code = {"invitation": invitation.digest, "until": invitation.until}
    told = {name: getattr(wanted, name) for name in _FIELDS}
    who = {"username": wanted.username}
    if now is None:
        made = {**who, **told, "roles": _given(wanted.roles or frozenset()), **code}
        steps = [Step("user.add", made)] + ([] if wanted.active else [Step("user.disable", who)])
        return Plan(wanted.username, "create", _filled(wanted), tuple(steps), wanted.active)
    steps, changed = [], [name for name in _FIELDS if getattr(now, name) != getattr(wanted, name)]
    if changed:
        steps.append(Step("user.edit", {**who, **told}))
    if wanted.roles is not None and wanted.roles != grants(now):
        changed.append("roles")
        steps.append(Step("user.roles", {**who, "roles": _given(wanted.roles)}))
    kind: Kind = "change" if changed else "none"
    closed = now.state == "closed"
    if wanted.active and closed:
        kind = "reopen"
        steps.append(Step("user.invite", {**who, **code}))
    elif not wanted.active and not closed:
        kind = "close"
        steps.append(Step("user.disable", who))
    return Plan(wanted.username, kind, tuple(changed), tuple(steps), kind == "reopen")


def departures(listed: Iterable[str], accounts: Sequence[UserDocument]) -> tuple[Plan, ...]:
    """The accounts to close because the software that provisions them no longer names them.

    :param listed: names of sign-in that it names; accounts: all accounts. One without external identifier was made by
        hand: it stays.
    """
    kept = {one.strip().lower() for one in listed}
    return tuple(
        Plan(one.username, "close", (), (Step("user.disable", {"username": one.username}),))
        for one in accounts
        if one.external and one.state != "closed" and one.username not in kept
    )


def grants(account: UserDocument) -> frozenset[Grant]:
    """Roles of an account, as a plan compares them."""
    return frozenset((one.role, one.establishment_id) for one in account.roles)


def read_grant(text: str) -> Grant:
    """A role as a file or SCIM writes it: `soignant`, or `soignant:3` for the establishment of id 3.

    :raises Unwanted: the establishment is no number.
    """
    role, mark, where = text.strip().partition(":")
    if not mark:
        return role.strip().lower(), None
    if not (where.isascii() and where.isdigit() and len(where) < 10):
        raise Unwanted("roles", f"Établissement illisible : {text}.", f"Unreadable establishment: {text}.")
    return role.strip().lower(), int(where)


def write_grant(grant: Grant) -> str:
    """A role as `read_grant` reads it."""
    return grant[0] if grant[1] is None else f"{grant[0]}:{grant[1]}"


def _check(wanted: Wanted, now: UserDocument | None) -> None:
    if wanted.roles is None:
        return
    unknown = sorted({role for role, _ in wanted.roles} - set(roles()))
    if unknown:
        raise Unwanted(
            "roles",
            f"Rôle inconnu : {', '.join(unknown)}. Rôles possibles : {', '.join(roles())}.",
            f"Unknown role: {', '.join(unknown)}. Possible roles: {', '.join(roles())}.",
        )
    before = {one for one in grants(now) if one[0] == FORBIDDEN_ROLE} if now is not None else set()
    if {one for one in wanted.roles if one[0] == FORBIDDEN_ROLE} != before:
        raise Unwanted(
            "roles",
            "Le rôle d’administration ne se donne ni ne se retire de l’extérieur : un administrateur le fait.",
            "The role of administration is neither given nor taken from outside: an administrator does it.",
        )


def _given(grants: frozenset[Grant]) -> list[dict[str, Any]]:
    return [
        {"role": role, "establishment": where}
        for role, where in sorted(grants, key=lambda one: (one[0], one[1] or 0))
    ]


def _filled(wanted: Wanted) -> tuple[str, ...]:
    found = [name for name in _FIELDS if getattr(wanted, name)]
    return (*found, *(("roles",) if wanted.roles else ()))
