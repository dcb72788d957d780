"""Acts on the accounts of the console. No password and no secret comes here: an invitation's digest at most."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator

from ecluse.services.accounts import means
from ecluse.services.accounts.managing import account_of
from ecluse.services.accounts.names import HELP_EN, HELP_FR, read_username
from ecluse.services.accounts.roles import ON_A_SITE, roles
from ecluse.services.accounts.sessions import end_all
from ecluse.services.acts.access import text
from ecluse.services.acts.managing import check_manages
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import Establishment, Site
from ecluse.store.models.accounts import RoleGrant, User

_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
_LONGEST = 200
_NO_RPPS: dict[str, Any] = {
    "rpps": "", "rpps_bound": "", "rpps_proposed": "", "rpps_proposed_by": "", "rpps_told": True,
}  # fmt: skip
"""Of an account that changes hands: whoever enters it next proves the RPPS anew."""


class Granted(NamedTuple):
    """A role to give. establishment: id, None: everywhere; site: id of the only one where it holds, None: all."""

    role: str
    establishment: int | None
    site: int | None


def add(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Declare a person. username; name; email, profession, unit, external: or empty; roles: list of {role,
    establishment: id or None, site: id or None}; invitation: SHA-256 of the code in hexadecimal; until: µs.
    """
    check_manages(given)
    username = _username(given)
    if User.objects.filter(username=username).exists():
        raise ActRefused(
            f"Un compte se nomme déjà « {username} ».", f"An account is named “{username}” already."
        )
    by = _operator(given)
    user = User(username=username, created=now, password="!", invited_by=by, **_told(given))
    wanted = _roles(given)
    user.invitation, user.invited_until = _invitation(given, now)

    def write() -> None:
        user.save(force_insert=True)
        _grant(user, wanted, now, by)

    return Done(
        f"Compte « {username} » créé : donnez son code d’invitation à cette personne.",
        f"Account “{username}” made: give that person her invitation code.",
        {"username": username},
        write=write,
    )


def edit(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change a person. username, and the name, email, profession, unit and external to keep: all of them."""
    check_manages(given)
    user = _user(given)
    told = _told(given)

    def write() -> None:
        User.objects.filter(pk=user.pk).update(**told)

    return Done(f"Compte « {user.username} » modifié.", f"Account “{user.username}” changed.", write=write)


def give_roles(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Give an account exactly these roles. username; roles: see `add`.

    Those it has already stay as another account gave them; an operator that is no account vouches for all of them.
    """
    check_manages(given)
    user = _user(given)
    wanted = _roles(given)
    if Granted("administration", None, None) not in wanted:
        _not_the_last(user)
    rows = RoleGrant.objects.filter(user=user).order_by("-id")
    kept = {_granted(one): one.pk for one in rows} if account_of(_operator(given)) is not None else {}

    def write() -> None:
        left = [pk for one, pk in kept.items() if one in wanted]
        _erase(RoleGrant.objects.filter(user=user).exclude(pk__in=left))
        _grant(user, [one for one in wanted if one not in kept], now, _operator(given))

    return Done(
        f"Rôles de « {user.username} » modifiés.", f"Roles of “{user.username}” changed.", write=write
    )


def disable(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Close an account: no sign-in any more, its sessions end, its means are struck out. username."""
    check_manages(given)
    user = _user(given)
    _not_the_last(user)

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            is_active=False, password="!", invitation=b"", invited_until=None, **_NO_RPPS
        )
        _forget_means(user, now)

    return Done(f"Compte « {user.username} » fermé.", f"Account “{user.username}” closed.", write=write)


def invite(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Invite an account anew: its password, its second factors and its RPPS are forgotten, its sessions end. username;
    invitation, until: see `add`. A closed account is opened again.
    """
    check_manages(given)
    user = _user(given)
    digest, until = _invitation(given, now)

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            is_active=True,
            password="!",
            invitation=digest,
            invited_until=until,
            invited_by=_operator(given),
            failures=0,
            locked_until=None,
            **_NO_RPPS,
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
    check_manages(given)
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
    name = read_username(given.get("username"))
    if not name:
        raise ActRefused(HELP_FR, HELP_EN)
    return name


def _operator(given: dict[str, Any]) -> str:
    """Who asks, as the writer was told (`services.acts.perform`)."""
    return str(given.get("operator") or "")[:80]


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


def _roles(given: dict[str, Any]) -> list[Granted]:
    wanted: list[Granted] = []
    for one in given.get("roles") or []:
        told = one if isinstance(one, dict) else {}
        found = Granted(str(told.get("role")), told.get("establishment"), told.get("site"))
        if found.role not in roles():
            raise ActRefused(
                f"Rôle inconnu : {found.role}. Rôles possibles : {', '.join(roles())}.",
                f"Unknown role: {found.role}. Possible roles: {', '.join(roles())}.",
            )
        _check_place(found)
        if found not in wanted:
            wanted.append(found)
    return wanted


def _check_place(one: Granted) -> None:
    place, site = one.establishment, one.site
    if place is not None and not (isinstance(place, int) and Establishment.objects.filter(id=place).exists()):
        raise ActRefused("Établissement inconnu.", "Unknown establishment.")
    if site is None:
        return
    if not (
        isinstance(site, int) and place and Site.objects.filter(id=site, establishment_id=place).exists()
    ):
        raise ActRefused("Ce site n’est pas de cet établissement.", "This site is not of this establishment.")
    if not roles()[one.role].rights & ON_A_SITE:
        raise ActRefused(
            f"Le rôle « {roles()[one.role].title_fr} » ne se donne pas pour un seul site : aucun de ses droits ne porte"
            " sur des patients. Donnez-le pour l’établissement.",
            f"The role “{roles()[one.role].title_en}” is not given for one site: none of its rights is about patients."
            " Give it for the establishment.",
        )


def _granted(row: RoleGrant) -> Granted:
    return Granted(row.role, row.establishment_id, row.site_id)


def _invitation(given: dict[str, Any], now: int) -> tuple[bytes, int]:
    digest, until = given.get("invitation"), given.get("until")
    if not isinstance(digest, str) or not _HEXADECIMAL.fullmatch(digest):
        raise ActRefused("Invitation illisible.", "Unreadable invitation.")
    if not isinstance(until, int) or until <= now:
        raise ActRefused("L’invitation est déjà passée.", "The invitation is already past.")
    return bytes.fromhex(digest), until


def _grant(user: User, wanted: list[Granted], now: int, by: str) -> None:
    for one in wanted:
        RoleGrant.objects.create(
            user=user,
            role=one.role,
            establishment_id=one.establishment,
            site_id=one.site,
            since=now,
            given_by=by,
        )


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
    end_all(user.pk)


def _erase(rows: Any) -> None:
    """Delete rows that nothing refers to, in the transaction that the writer has open: `delete` would open its own."""
    rows._raw_delete(rows.db)
