"""Acts on the accounts of the console. No password and no secret comes here: an invitation's digest at most."""

from __future__ import annotations

import re
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from ecluse.services.accounts import means
from ecluse.services.accounts.roles import roles
from ecluse.services.acts.access import text
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import Establishment
from ecluse.store.models.accounts import RoleGrant, User

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
_LONGEST = 200


def add(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Declare a person. username; name; email, profession, unit, external: or empty; roles: list of {role,
    establishment: id or None}; invitation: SHA-256 of the code in hexadecimal; until: µs.
    """
    username = _username(given)
    if User.objects.filter(username=username).exists():
        raise ActRefused(
            f"Un compte se nomme déjà « {username} ».", f"An account is named “{username}” already."
        )
    user = User(username=username, created=now, password="!", **_told(given))
    wanted = _roles(given)
    user.invitation, user.invited_until = _invitation(given, now)

    def write() -> None:
        user.save(force_insert=True)
        _grant(user, wanted, now, "act")

    return Done(
        f"Compte « {username} » créé : donnez son code d’invitation à cette personne.",
        f"Account “{username}” made: give that person her invitation code.",
        {"username": username},
        write=write,
    )


def edit(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change a person. username, and the name, email, profession, unit and external to keep: all of them."""
    user = _user(given)
    told = _told(given)

    def write() -> None:
        User.objects.filter(pk=user.pk).update(**told)

    return Done(f"Compte « {user.username} » modifié.", f"Account “{user.username}” changed.", write=write)


def give_roles(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Give an account exactly these roles. username; roles: see `add`."""
    user = _user(given)
    wanted = _roles(given)
    if not any(role == "administration" for role, _ in wanted):
        _not_the_last(user)

    def write() -> None:
        _erase(RoleGrant.objects.filter(user=user))
        _grant(user, wanted, now, "act")

    return Done(
        f"Rôles de « {user.username} » modifiés.", f"Roles of “{user.username}” changed.", write=write
    )


def disable(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Close an account: no sign-in any more, its sessions end, its means are struck out. username."""
    user = _user(given)
    _not_the_last(user)

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            is_active=False, password="!", invitation=b"", invited_until=None
        )
        _forget_means(user, now)

    return Done(f"Compte « {user.username} » fermé.", f"Account “{user.username}” closed.", write=write)


def invite(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Invite an account anew: its password and second factors are forgotten, its sessions end. username; invitation,
    until: see `add`. A closed account is opened again.
    """
    user = _user(given)
    digest, until = _invitation(given, now)

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            is_active=True,
            password="!",
            invitation=digest,
            invited_until=until,
            failures=0,
            locked_until=None,
        )
        _forget_means(user, now)

    return Done(
        f"« {user.username} » doit choisir de nouveaux moyens : donnez-lui son code d’invitation.",
        f"“{user.username}” must choose new means: give her the invitation code.",
        {"username": user.username},
        write=write,
    )


def approve_means(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say whether a means conforms to the référentiel. username; means: id in the register; conformity: `approved`,
    `refused`, or empty.
    """
    user = _user(given)
    conformity = given.get("conformity")
    if conformity not in ("approved", "refused", ""):
        raise ActRefused("Conformité inconnue.", "Unknown conformity.")
    number = given.get("means")
    rows = user.means.filter(pk=number if isinstance(number, int) else 0)
    if not rows.exists():
        raise ActRefused("Ce compte n’a pas ce moyen.", "This account has no such means.")

    def write() -> None:
        rows.update(conformity=conformity)

    return Done(
        f"Moyen de « {user.username} » : conformité notée.",
        f"Means of “{user.username}”: conformity noted.",
        write=write,
    )


def _username(given: dict[str, Any]) -> str:
    name = str(given.get("username") or "").strip().lower()
    if not _USERNAME.fullmatch(name):
        raise ActRefused(
            "L’identifiant a 2 à 80 lettres sans accent, chiffres, points, tirets ou @ ; exemple : c.moreau.",
            "A name of sign-in has 2 to 80 plain letters, digits, dots, dashes or @; example: c.moreau.",
        )
    return name


def _user(given: dict[str, Any]) -> User:
    user = User.objects.filter(username=str(given.get("username") or "").strip().lower()).first()
    if user is None:
        raise ActRefused("Compte inconnu.", "Unknown account.")
    return user


def _told(given: dict[str, Any]) -> dict[str, str]:
    found = {"name": text(given, "name")}
    for key, longest in (("email", 254), ("profession", 10), ("unit", _LONGEST), ("external", _LONGEST)):
        value = str(given.get(key) or "").strip()
        if len(value) > longest or not value.isprintable():
            raise ActRefused(
                f"Valeur trop longue ou illisible : {key}.", f"Value too long or unreadable: {key}."
            )
        found[key] = value
    return found


def _roles(given: dict[str, Any]) -> list[tuple[str, int | None]]:
    wanted: list[tuple[str, int | None]] = []
    for one in given.get("roles") or []:
        role = one.get("role") if isinstance(one, dict) else None
        establishment = one.get("establishment") if isinstance(one, dict) else None
        if role not in roles():
            raise ActRefused(
                f"Rôle inconnu : {role}. Rôles possibles : {', '.join(roles())}.",
                f"Unknown role: {role}. Possible roles: {', '.join(roles())}.",
            )
        if establishment is not None and not Establishment.objects.filter(id=establishment).exists():
            raise ActRefused("Établissement inconnu.", "Unknown establishment.")
        if (role, establishment) not in wanted:
            wanted.append((role, establishment))
    return wanted


def _invitation(given: dict[str, Any], now: int) -> tuple[bytes, int]:
    digest, until = given.get("invitation"), given.get("until")
    if not isinstance(digest, str) or not _HEXADECIMAL.fullmatch(digest):
        raise ActRefused("Invitation illisible.", "Unreadable invitation.")
    if not isinstance(until, int) or until <= now:
        raise ActRefused("L’invitation est déjà passée.", "The invitation is already past.")
    return bytes.fromhex(digest), until


def _grant(user: User, wanted: list[tuple[str, int | None]], now: int, by: str) -> None:
    for role, establishment in wanted:
        RoleGrant.objects.create(user=user, role=role, establishment_id=establishment, since=now, given_by=by)


def _not_the_last(user: User) -> None:
    """Somebody must be left who can manage accounts everywhere, and can sign in."""
    grants = RoleGrant.objects.filter(role="administration", establishment=None, user__is_active=True)
    able = grants.exclude(user__password="!")
    if able.filter(user=user).exists() and not able.exclude(user=user).exists():
        raise ActRefused(
            "C’est le dernier compte d’administration qui peut se connecter : donnez d’abord ce rôle à un autre.",
            "This is the last account of administration that can sign in: give this role to another one first.",
        )


def _forget_means(user: User, now: int) -> None:
    _erase(Authenticator.objects.filter(user_id=user.pk))
    means.revoke(user.pk, now, "act")
    keys = list(UserSession.objects.filter(user_id=user.pk).values_list("session_key", flat=True))
    _erase(Session.objects.filter(session_key__in=keys))
    _erase(UserSession.objects.filter(user_id=user.pk))


def _erase(rows: Any) -> None:
    """Delete rows that nothing refers to, in the transaction that the writer has open: `delete` would open its own."""
    rows._raw_delete(rows.db)
