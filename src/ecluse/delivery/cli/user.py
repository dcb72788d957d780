"""`ecluse user`: accounts of the console. The code of an invitation is printed once; passwords never come here."""

from __future__ import annotations

from typing import Any

import click

from ecluse.delivery.cli import options, output, user_import
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools
from ecluse.services.accounts.roles import roles as all_roles


@click.group(
    short_help=t("Gérer les comptes de la console.", "Manage the accounts of the console."),
    help=t(
        "Gérer les comptes de la console : add, import, list, roles, reset-second-factor, close.",
        "Manage the accounts of the console: add, import, list, roles, reset-second-factor, close.",
    ),
    epilog=options.examples(
        'ecluse user add c.moreau --name "Claire Moreau" --role administration',
        "ecluse user list",
        "ecluse user reset-second-factor c.moreau",
    ),
)
def user() -> None:
    """Group of the commands on accounts."""


user.add_command(user_import.import_)


_role = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(tuple(all_roles())),
    help=t("Rôle à donner ; répétable.", "Role to give; may be repeated."),
)
_establishment = click.option(
    "--establishment",
    metavar="NAME",
    help=t(
        "Seul établissement où ces rôles valent ; sans elle, partout.",
        "Only establishment where these roles hold; without it, everywhere.",
    ),
)
_site = click.option(
    "--site",
    metavar="NAME",
    help=t(
        "Seul site de cet établissement où ces rôles valent : leurs droits sur des patients, ceux qui y ont ou y ont "
        "eu un séjour.",
        "Only site of that establishment where these roles hold: only their rights about patients, and about those who "
        "have or had a stay there.",
    ),
)
_hours = click.option(
    "--hours",
    type=click.IntRange(1, 24 * 31),
    help=t(
        "Heures pendant lesquelles le code est valable ; sans elle, accounts.invitation_hours des réglages.",
        "Hours during which the code is good; without it, accounts.invitation_hours of the settings.",
    ),
)


@user.command(
    short_help=t("Inviter une personne.", "Invite a person."),
    help=t(
        "Créer le compte USERNAME et afficher, une seule fois, le code par lequel cette personne choisit elle-même son "
        "mot de passe et son second facteur.",
        "Make the account USERNAME and print, once, the code by which that person chooses her password and her second "
        "factor herself.",
    ),
    epilog=options.examples(
        'ecluse user add c.moreau --name "Claire Moreau" --role exploitation --role identitovigilance',
        'ecluse user add p.durand --name "Paul Durand" --role soignant --establishment "CH Valmont" --profession 60',
    ),
)
@options.data
@options.output
@click.option("--name", help=t("Nom de la personne ; sans lui, l’identifiant.", "Name of the person."))
@click.option("--unit", default="", help=t("Service ou unité.", "Department or unit."))
@click.option(
    "--profession",
    default="",
    metavar="CODE",
    help=t(
        "Profession de santé, par son code de la TRE_G15 (10 médecin, 60 infirmier…), dont dépend la matrice "
        "d’habilitations.",
        "Health profession, by its code of TRE_G15 (10 physician, 60 nurse…): the habilitation matrix goes by it.",
    ),
)
@_role
@_establishment
@_site
@_hours
@click.argument("username")
def add(
    data: str | None, form: str, name: str | None, unit: str, profession: str, roles: tuple[str, ...],
    establishment: str | None, site: str | None, hours: int | None, username: str,
) -> None:  # fmt: skip
    """Invite a person."""
    arguments = {
        "username": username,
        "name": name or username,
        "unit": unit,
        "profession": _profession(data, profession),
        "roles": _grants(data, roles, establishment, site),
    }
    _invite(data, form, "user.add", arguments, hours)


@user.command(
    "reset-second-factor",
    short_help=t("Faire choisir de nouveaux moyens.", "Have new means chosen."),
    help=t(
        "Oublier le mot de passe et les seconds facteurs d’un compte, terminer ses sessions, et afficher le code d’une "
        "nouvelle invitation. Un compte fermé est rouvert.",
        "Forget the password and the second factors of an account, end its sessions, and print the code of a new "
        "invitation. A closed account is opened again.",
    ),
    epilog=options.examples("ecluse user reset-second-factor c.moreau"),
)
@options.data
@options.output
@_hours
@click.argument("username")
def reset_second_factor(data: str | None, form: str, hours: int | None, username: str) -> None:
    """Invite somebody anew."""
    _invite(data, form, "user.invite", {"username": username}, hours)


def _invite(data: str | None, form: str, act: str, arguments: dict[str, Any], hours: int | None) -> None:
    from ecluse.services.accounts.codes import new_invitation

    hours = hours or tools().invitation_hours(tools().settings(data))
    invitation = new_invitation(tools().clock(), hours)
    result = tools().act(data, act, {**arguments, "invitation": invitation.digest, "until": invitation.until})
    if not result.done:
        output.note(t(result.text_fr, result.text_en))
        raise click.exceptions.Exit(1)
    if form == "json":
        output.document({"username": result.data["username"], "code": invitation.code, "hours": hours})
        return
    output.note(t(result.text_fr, result.text_en))
    output.note(
        t(
            f"Code à donner de vive voix, avec l’adresse /invitation/ de la console ; il vaut {hours} h :",
            f"Code to give by word of mouth, with the address /invitation/ of the console; it is good for {hours} h:",
        )
    )
    output.say(invitation.code)


def _profession(data: str | None, code: str) -> str:
    """A code, when it is one of the professions known here."""
    if not code:
        return ""
    tools().read(data)

    from ecluse.services.queries.directory import profession_names

    known = {one.code for one in profession_names()}
    if code not in known:
        raise CannotRun(
            f"--profession : {code} n’est pas un code de profession. Codes connus : {', '.join(sorted(known))}.",
            f"--profession: {code} is no code of a profession. Known codes: {', '.join(sorted(known))}.",
        )
    return code


def _grants(
    data: str | None, roles: tuple[str, ...], establishment: str | None, site: str | None
) -> list[dict[str, str | int | None]]:
    if site and not establishment:
        raise CannotRun(
            "--site : dites aussi l’établissement du site (--establishment).",
            "--site: tell the establishment of the site too (--establishment).",
        )
    place = _establishment_id(data, establishment) if establishment else None
    only = _site_id(place, site) if site and place else None
    return [{"role": role, "establishment": place, "site": only} for role in roles]


def _establishment_id(data: str | None, name: str) -> int:
    tools().read(data)

    from ecluse.services.queries.settings import establishments

    for one in establishments():
        if name in (one.name, str(one.id), one.finess):
            return one.id
    raise CannotRun(
        f"--establishment : aucun établissement « {name} ». Déclarez-le dans la console ou par l’API.",
        f"--establishment: no establishment “{name}”. Declare it in the console or by the API.",
    )


def _site_id(establishment: int, name: str) -> int:
    from ecluse.services.queries.settings import sites

    for one in sites():
        if one.establishment == establishment and name in (one.name, str(one.id), one.finess):
            return one.id
    raise CannotRun(
        f"--site : cet établissement n’a pas de site « {name} ». Déclarez-le dans la console ou par l’API.",
        f"--site: this establishment has no site “{name}”. Declare it in the console or by the API.",
    )


@user.command(
    "list",
    help=t("Lister les comptes.", "List the accounts."),
    epilog=options.examples("ecluse user list", "ecluse user list --format json"),
)
@options.data
@options.output
def list_(data: str | None, form: str) -> None:
    """List the accounts."""
    tools().read(data)

    from ecluse.services.queries.users import every

    found = every(tools().clock())
    if form == "json":
        output.document({"users": found})
        return
    if not found:
        output.note(
            t(
                "Aucun compte : ouvrez la console, ou invitez une personne par « ecluse user add ».",
                "No account: open the console, or invite a person with “ecluse user add”.",
            )
        )
        return
    table = output.table(
        t("Identifiant", "Sign-in name"), t("Nom", "Name"), t("État", "State"), t("Rôles", "Roles"),
        t("Dernière connexion", "Last sign-in"),
    )  # fmt: skip
    for one in found:
        told = ", ".join(
            grant.role + (f" ({output.printable(grant.place)})" if grant.place else "") for grant in one.roles
        )
        table.add_row(
            one.username, output.printable(one.name), _state(one.state), told, (one.last_sign_in or "–")[:16]
        )
    output.console().print(table)


def _state(state: str) -> str:
    return {
        "active": t("actif", "active"),
        "invited": t("invité", "invited"),
        "locked": t("verrouillé", "locked"),
        "closed": t("fermé", "closed"),
    }[state]


@user.command(
    help=t(
        "Donner exactement ces rôles à un compte ; sans --role, il n’en a plus.",
        "Give an account exactly these roles; without --role, it has none left.",
    ),
    epilog=options.examples("ecluse user roles c.moreau --role administration --role exploitation"),
)
@options.data
@options.output
@_role
@_establishment
@_site
@click.argument("username")
def roles(
    data: str | None,
    form: str,
    roles: tuple[str, ...],
    establishment: str | None,
    site: str | None,
    username: str,
) -> None:
    """Give roles."""
    given = {"username": username, "roles": _grants(data, roles, establishment, site)}
    _plain(data, form, "user.roles", given)


@user.command(
    help=t(
        "Fermer un compte : ses sessions se terminent, ses moyens de connexion sont révoqués, sa trace reste.",
        "Close an account: its sessions end, its means of sign-in are revoked, its trace stays.",
    ),
    epilog=options.examples("ecluse user close p.durand"),
)
@options.data
@options.output
@click.argument("username")
def close(data: str | None, form: str, username: str) -> None:
    """Close an account."""
    _plain(data, form, "user.disable", {"username": username})


def _plain(data: str | None, form: str, act: str, arguments: dict[str, Any]) -> None:
    result = tools().act(data, act, arguments)
    text = t(result.text_fr, result.text_en)
    if form == "json":
        output.document({"done": result.done, "seq": result.seq, "text": text})
    else:
        output.note(text)
    raise click.exceptions.Exit(0 if result.done else 1)
