"""`ecluse token`: keys of the interfaces for programs; the secret of one is printed once, when it is made."""

from __future__ import annotations

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

DAY = 86_400_000_000
SCOPES = (
    "patients:read", "stays:read", "consents:read", "consents:write", "identities:write", "messages:read",
    "events:read", "inclusions:read", "inclusions:write", "settings:read", "settings:write", "status:read",
    "users:write", "calendar:read",
)  # fmt: skip
"""`services.access.SCOPES`, written again: help does not open the store."""


@click.group(
    short_help=t("Gérer les jetons de l’API.", "Manage the tokens of the API."),
    help=t(
        "Gérer les jetons de l’API REST et FHIR : create, list, revoke.",
        "Manage the tokens of the REST and FHIR interfaces: create, list, revoke.",
    ),
    epilog=options.examples(
        "ecluse token create Télésuivi --scopes patients:read,events:read",
        "ecluse token list",
        "ecluse token revoke 7op3kpdcpb",
    ),
)
def token() -> None:
    """Group of the commands on tokens."""


def _scopes(_context: click.Context, _parameter: click.Parameter, value: str) -> list[str]:
    found = [one.strip() for one in value.split(",") if one.strip()]
    unknown = [one for one in found if one not in SCOPES]
    if unknown or not found:
        names = ", ".join(unknown) or "?"
        raise click.BadParameter(
            t(
                f"droit inconnu : {names}. Droits possibles : {', '.join(SCOPES)}.",
                f"unknown scope: {names}. Possible scopes: {', '.join(SCOPES)}.",
            )
        )
    return found


@token.command(
    short_help=t("Créer un jeton.", "Make a token."),
    help=t(
        "Créer un jeton et afficher son secret, une seule fois. NAME : à quoi il sert. Droits : {}.",
        "Make a token and print its secret, once. NAME: what it is for. Scopes: {}.",
    ).format(", ".join(SCOPES)),
    epilog=options.examples(
        "ecluse token create Télésuivi --scopes patients:read,events:read --expires 365",
        "ecluse token create Holter --scopes patients:read --inclusion Cardiologie --format json",
    ),
)
@options.data
@options.output
@click.option(
    "--scopes", required=True, metavar="A,B", callback=_scopes,
    help=t("Droits, séparés par des virgules.", "Scopes, apart by commas."),
)  # fmt: skip
@click.option(
    "--domain",
    metavar="NAME",
    help=t("Seul domaine d’identification visible.", "Only identification domain that it sees."),
)
@click.option(
    "--inclusion",
    metavar="LIST",
    help=t(
        "Liste d’inclusion (nom ou identifiant) hors de laquelle il ne voit personne.",
        "Inclusion list (name or id) outside of which it sees nobody.",
    ),
)
@click.option(
    "--certificate",
    metavar="SHA256",
    help=t(
        "Empreinte SHA-256 du certificat client exigé (réglage client_certificate_header).",
        "SHA-256 fingerprint of the client certificate it needs (setting client_certificate_header).",
    ),
)
@click.option(
    "--expires",
    metavar="DAYS",
    type=click.IntRange(1, 3660),
    default=365,
    show_default=True,
    help=t("Jours avant son expiration.", "Days until it expires."),
)
@click.argument("name", default="token", required=False)
def create(
    data: str | None, form: str, scopes: list[str], domain: str | None, inclusion: str | None,
    certificate: str | None, expires: int, name: str,
) -> None:  # fmt: skip
    """Make a token."""
    tools().read(data)

    from ecluse.services.access import new_secret
    from ecluse.services.queries.access import token as read_token

    new = new_secret()
    arguments = {
        "id": new.id,
        "digest": new.digest,
        "name": name,
        "scopes": scopes,
        "domain": domain or "",
        "inclusion": _list_id(inclusion),
        "certificate": (certificate or "").replace(":", "").lower(),
        "expires": tools().clock() + expires * DAY,
    }
    result = tools().act(data, "token.create", arguments)
    if not result.done:
        output.note(t(result.text_fr, result.text_en))
        raise click.exceptions.Exit(1)
    made = read_token(new.id)
    ends = made.expires if made is not None else None
    if form == "json":
        output.document({"id": new.id, "secret": new.secret, "scopes": scopes, "expires": ends})
        return
    output.note(t(result.text_fr, result.text_en))
    output.note(
        t(
            "Le secret n’est affiché qu’une fois et n’est conservé nulle part :",
            "The secret is shown once and kept nowhere:",
        )
    )
    output.say(new.secret)


def _list_id(given: str | None) -> str:
    """Id of an inclusion list given by its name or its id."""
    if not given:
        return ""
    from ecluse.services.queries.access import list_named

    found = list_named(given)
    if found is None:
        raise CannotRun(
            f"--inclusion : aucune liste « {given} ». Créez-la par « ecluse inclusion create ».",
            f"--inclusion: no list “{given}”. Make it with “ecluse inclusion create”.",
        )
    return found


@token.command(
    "list",
    help=t("Lister les jetons, le plus récent d’abord.", "List the tokens, the newest first."),
    epilog=options.examples("ecluse token list", "ecluse token list --format json"),
)
@options.data
@options.output
def list_(data: str | None, form: str) -> None:
    """List tokens."""
    tools().read(data)

    from ecluse.services.queries.access import tokens

    found = tokens()
    if form == "json":
        output.document({"tokens": found})
        return
    table = output.table(
        "ID", t("Nom", "Name"), t("Droits", "Scopes"), t("Domaine", "Domain"), t("Liste", "List"),
        t("Expire", "Expires"), t("Révoqué", "Revoked"), t("Dernier usage", "Last use"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.id, output.printable(one.name), " ".join(one.scopes), output.printable(one.domain or ""),
            one.inclusion or "", (one.expires or "")[:10], (one.revoked or "")[:10], one.last_used or "",
        )  # fmt: skip
    output.console().print(table)


@token.command(
    help=t("Révoquer un jeton : il est refusé dès maintenant.", "Revoke a token: it is refused from now on."),
    epilog=options.examples("ecluse token revoke 7op3kpdcpb"),
)
@options.data
@options.output
@click.argument("token_id", metavar="ID")
def revoke(data: str | None, form: str, token_id: str) -> None:
    """Revoke a token."""
    output.act(tools().act(data, "token.revoke", {"id": token_id}), form)
