"""Accounts as another software says they must be (a file, SCIM): which acts lead there from what they are.

The plan is made without doing anything, so that it can be shown first. A code of invitation never travels this way:
it is handed over by an administrator, unless the person signs in at an identity provider. The role of administration is
not given from outside either: whoever can write the file, or has the token, would be the administrator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ecluse.services.accounts.codes import Invitation
from ecluse.services.accounts.roles import roles
from ecluse.services.queries.users import UserDocument

FORBIDDEN_ROLE = "administration"

Kind = Literal["create", "change", "close", "reopen", "none"]


class Grant(NamedTuple):
    """A role. establishment: id of the one where it holds, None: everywhere; site: id of its only site, None: all."""

    role: str
    establishment: int | None = None
    site: int | None = None


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
    :raises Unwanted: roles that are unknown, or not given from outside; an administrator, closed or changed.
    """
    _check(wanted, now)
    _check_administrator(wanted, now)
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
        hand: it stays. So does an administrator: an administrator closes it.
    """
    kept = {one.strip().lower() for one in listed}
    return tuple(
        Plan(one.username, "close", (), (Step("user.disable", {"username": one.username}),))
        for one in accounts
        if one.external and one.state != "closed" and one.username not in kept and not administers(one)
    )


def administers(account: UserDocument) -> bool:
    """Whether an account has the role of administration, somewhere."""
    return any(one.role == FORBIDDEN_ROLE for one in account.roles)


def grants(account: UserDocument) -> frozenset[Grant]:
    """Roles of an account, as a plan compares them."""
    return frozenset(Grant(one.role, one.establishment_id, one.site_id) for one in account.roles)


def read_grant(text: str) -> Grant:
    """A role as a file or SCIM writes it: `soignant`, `soignant:3` for the establishment of id 3, or `soignant:3/7` for
    its site of id 7.

    :raises Unwanted: the establishment or the site is no number.
    """
    role, mark, where = text.strip().partition(":")
    if not mark:
        return Grant(role.strip().lower())
    place, mark, site = where.partition("/")
    if not _is_id(place) or (mark and not _is_id(site)):
        raise Unwanted(
            "roles",
            f"Établissement ou site illisible : {text}. Écrivez soignant:3, ou soignant:3/7 pour le site 7.",
            f"Unreadable establishment or site: {text}. Write soignant:3, or soignant:3/7 for site 7.",
        )
    return Grant(role.strip().lower(), int(place), int(site) if mark else None)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def write_grant(grant: Grant) -> str:
    """A role as `read_grant` reads it."""
    site = "" if grant.site is None else f"/{grant.site}"
    return grant.role if grant.establishment is None else f"{grant.role}:{grant.establishment}{site}"


def _check_administrator(wanted: Wanted, now: UserDocument | None) -> None:
    """Whoever can write the file, or has the token, must not be able to leave the gateway without administrators, nor
    to make one of them somebody else.
    """
    if now is None or not administers(now):
        return
    kept = wanted.roles is None or wanted.roles == grants(now)
    same = (wanted.profession, wanted.unit) == (now.profession, now.unit)
    if not kept or not same or wanted.active != (now.state != "closed"):
        raise Unwanted(
            "active" if kept and same else "roles",
            "Ce compte a le rôle d’administration : un administrateur le ferme, le rouvre, le change dans la console.",
            "This account has the role of administration: an administrator closes, reopens or changes it there.",
        )


def _check(wanted: Wanted, now: UserDocument | None) -> None:
    if wanted.roles is None:
        return
    unknown = sorted({one.role for one in wanted.roles} - set(roles()))
    if unknown:
        raise Unwanted(
            "roles",
            f"Rôle inconnu : {', '.join(unknown)}. Rôles possibles : {', '.join(roles())}.",
            f"Unknown role: {', '.join(unknown)}. Possible roles: {', '.join(roles())}.",
        )
    before = {one for one in grants(now) if one.role == FORBIDDEN_ROLE} if now is not None else set()
    if {one for one in wanted.roles if one.role == FORBIDDEN_ROLE} != before:
        raise Unwanted(
            "roles",
            "Le rôle d’administration ne se donne ni ne se retire de l’extérieur : un administrateur le fait.",
            "The role of administration is neither given nor taken from outside: an administrator does it.",
        )


def _given(grants: frozenset[Grant]) -> list[dict[str, Any]]:
    return [
        {"role": one.role, "establishment": one.establishment, "site": one.site}
        for one in sorted(grants, key=lambda one: (one.role, one.establishment or 0, one.site or 0))
    ]


def _filled(wanted: Wanted) -> tuple[str, ...]:
    found = [name for name in _FIELDS if getattr(wanted, name)]
    return (*found, *(("roles",) if wanted.roles else ()))
