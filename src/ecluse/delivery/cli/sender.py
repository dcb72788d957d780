"""`ecluse sender`: who may send, in which domain, and how strictly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools
from ecluse.services.zones import FRENCH_ZONES

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(
    short_help=t("Gérer les émetteurs.", "Manage the senders."),
    help=t(
        "Gérer les émetteurs (MSH-3 / MSH-4, certificat client) : list, add, confirm, refuse, forget-certificate.",
        "Manage the senders (MSH-3 / MSH-4, client certificate): list, add, confirm, refuse, forget-certificate.",
    ),
    epilog=options.examples(
        "ecluse sender list",
        "ecluse sender confirm GAM CH-VALMONT",
        "ecluse sender add LGC CABINET --domain cabinet --domain-oid 1.2.250.1.999.2 --foreign",
        "ecluse sender add GAM CH-VALMONT --certificate gam.pem",
    ),
)
def sender() -> None:
    """Group of the commands on senders."""


def _name(command: Command) -> Command:
    command = click.argument("facility", metavar="FACILITY")(command)
    return click.argument("application", metavar="APPLICATION")(command)


def _policy(command: Command) -> Command:
    return click.option(
        "--policy",
        type=click.Choice(["tolerant", "strict"]),
        help=t(
            "strict : tout constat d’erreur fait refuser le message (AE).",
            "strict: any finding of severity error has the message refused (AE).",
        ),
    )(command)


def _certificates(required: bool) -> Callable[[Command], Command]:
    return click.option(
        "--certificate",
        "certificates",
        metavar=t("FICHIER|sha256:…", "FILE|sha256:…"),
        multiple=True,
        required=required,
        help=t(
            "Certificat client (TLS mutuel) : fichier PEM ou DER, ou empreinte SHA-256. Peut se répéter.",
            "Client certificate (mutual TLS): PEM or DER file, or SHA-256 fingerprint. May be repeated.",
        ),
    )


def _listener(command: Command) -> Command:
    return click.option(
        "--listener",
        metavar="NAME",
        help=t("Écouteur concerné (à défaut : tous).", "Listener concerned (default: all)."),
    )(command)


@sender.command(
    "list",
    help=t("Lister les émetteurs, ceux à confirmer d’abord.", "List the senders, those to confirm first."),
    epilog=options.examples("ecluse sender list", "ecluse sender list --status to_confirm --format json"),
)
@options.data
@options.output
@click.option(
    "--status",
    type=click.Choice(["to_confirm", "confirmed", "refused"]),
    help=t("Seulement ceux de ce statut.", "Only those of that status."),
)
def list_(data: str | None, form: str, status: str | None) -> None:
    """List senders."""
    tools().read(data)

    from ecluse.services.queries.senders import every

    found = every(status)
    if form == "json":
        output.document({"senders": found})
        return
    # These two are columns only where they say something.
    bound, zoned = any(one.certificates for one in found), any(one.timezone for one in found)
    more = [t("Certificats", "Certificates")] * bound + [t("Fuseau", "Time zone")] * zoned
    table = output.table(
        "MSH-3", "MSH-4", t("Écouteur", "Listener"), t("Domaine", "Domain"), t("Statut", "Status"),
        t("Politique", "Policy"), t("Dernier message", "Last message"), *more,
    )  # fmt: skip
    words = {
        "to_confirm": t("à confirmer", "to confirm"),
        "confirmed": t("confirmé", "confirmed"),
        "refused": t("refusé", "refused"),
    }
    for one in found:
        table.add_row(
            output.printable(one.application), output.printable(one.facility), one.listener or t("tous", "all"),
            output.printable(one.domain), output.chip(one.status, words.get(one.status)), one.policy,
            one.last_message or "",
            *(["\n".join(f"sha256:{each[:16]}…" for each in one.certificates)] * bound),
            *([one.timezone or t("de l’écouteur", "the listener’s")] * zoned),
        )  # fmt: skip
    output.console().print(table)


def _french_zones() -> str:
    return ", ".join(f"{name} ({t(french, english)})" for name, french, english in FRENCH_ZONES)


@sender.command(
    help=t(
        "Déclarer un émetteur et le confirmer. APPLICATION et FACILITY : MSH-3 et MSH-4 tels qu’il les "
        "envoie. Son domaine se déclare avant son premier message : il ne change plus ensuite.\n\n"
        "Lié à un certificat client, il n’est plus reconnu que par lui : un message qui porte son nom et vient d’une "
        "autre connexion est refusé (AR). Avant un renouvellement, liez aussi le nouveau certificat, puis "
        "« ecluse sender forget-certificate » pour l’ancien.\n\n"
        "Fuseaux de la France : {zones}.",
        "Declare a sender and confirm it. APPLICATION and FACILITY: MSH-3 and MSH-4 as it sends them. Its domain is "
        "declared before its first message, and does not change afterwards.\n\n"
        "Bound to a client certificate, it is recognised by it only: a message under its name that comes by another "
        "connection is refused (AR). Before a renewal, bind the new certificate too, then "
        "“ecluse sender forget-certificate” for the old one.\n\n"
        "Zones of France: {zones}.",
    ).format(zones=_french_zones()),
    epilog=options.examples(
        "ecluse sender add GAM CH-VALMONT",
        "ecluse sender add GAM CH-VALMONT --policy strict --listener main",
        "ecluse sender add LGC CABINET --domain cabinet --domain-oid 1.2.250.1.999.2 --foreign",
        "ecluse sender add GAM CH-BASSE-TERRE --timezone America/Guadeloupe",
        "ecluse sender add GAM CH-VALMONT --certificate gam-2026.pem",
    ),
)
@options.data
@options.output
@click.option(
    "--domain",
    metavar="NAME",
    help=t("Domaine d’identification (créé s’il est nouveau).", "Identification domain (made if new)."),
)
@click.option(
    "--domain-oid",
    metavar="OID",
    help=t(
        "OID d’un nouveau domaine : la seule autorité qu’il accepte.",
        "OID of a new domain: the only authority it accepts.",
    ),
)
@click.option(
    "--foreign",
    is_flag=True,
    help=t(
        "Le nouveau domaine n’est pas le nôtre : ses INS attendent une vérification.",
        "The new domain is not ours: its INS wait for a verification.",
    ),
)
@_certificates(required=False)
@click.option(
    "--timezone",
    metavar=t("FUSEAU", "ZONE"),
    help=t(
        "Fuseau des heures qu’il écrit sans décalage, nom de l’IANA (à défaut : celui de l’écouteur).",
        "Zone of the times it writes without an offset, an IANA name (default: that of the listener).",
    ),
)
@_policy
@_listener
@_name
def add(
    data: str | None, form: str, domain: str | None, domain_oid: str | None, foreign: bool,
    certificates: tuple[str, ...], timezone: str | None, policy: str | None, listener: str | None, application: str,
    facility: str,
) -> None:  # fmt: skip
    """Declare a sender."""
    if (domain_oid or foreign) and not domain:
        raise click.UsageError(
            t(
                "--domain-oid et --foreign demandent --domain NOM.",
                "--domain-oid and --foreign need --domain NAME.",
            )
        )
    if domain_oid and not all(part.isascii() and part.isdigit() for part in domain_oid.split(".")):
        raise CannotRun(
            f"--domain-oid : « {domain_oid} » n’est pas un OID, par exemple 1.2.250.1.999.2.",
            f"--domain-oid: “{domain_oid}” is not an OID, for example 1.2.250.1.999.2.",
        )
    arguments: dict[str, Any] = {
        "application": application,
        "facility": facility,
        "listener": listener or "",
        "domain": domain or "",
        "domain_oid": domain_oid or "",
        "foreign": foreign,
        "policy": policy or "",
        "certificates": [_fingerprint(one, new=True) for one in certificates],
        "timezone": timezone or "",
    }
    _act(data, form, "sender.add", arguments)


@sender.command(
    help=t(
        "Confirmer un émetteur : les INS qu’il transmet deviennent utilisables.",
        "Confirm a sender: the INS it sends become usable.",
    ),
    epilog=options.examples(
        "ecluse sender confirm GAM CH-VALMONT", "ecluse sender confirm GAM CH-VALMONT --policy strict"
    ),
)
@options.data
@options.output
@_policy
@_listener
@_name
def confirm(
    data: str | None, form: str, policy: str | None, listener: str | None, application: str, facility: str
) -> None:
    """Confirm a sender."""
    arguments = {
        "application": application,
        "facility": facility,
        "listener": listener,
        "policy": policy or "",
    }
    _act(data, form, "sender.confirm", arguments)


@sender.command(
    help=t(
        "Refuser un émetteur : ses messages reçoivent AR, ses INS ne sont plus utilisables.",
        "Refuse a sender: its messages get AR, its INS are no longer usable.",
    ),
    epilog=options.examples("ecluse sender refuse ESSAI CH-VALMONT"),
)
@options.data
@options.output
@_listener
@_name
def refuse(data: str | None, form: str, listener: str | None, application: str, facility: str) -> None:
    """Refuse a sender."""
    _act(
        data, form, "sender.refuse", {"application": application, "facility": facility, "listener": listener}
    )


@sender.command(
    "forget-certificate",
    help=t(
        "Ne plus reconnaître un émetteur par un certificat client : renouvelé, révoqué ou volé.",
        "Stop recognising a sender by a client certificate: renewed, revoked or stolen.",
    ),
    epilog=options.examples(
        "ecluse sender forget-certificate GAM CH-VALMONT --certificate gam-2025.pem",
    ),
)
@options.data
@options.output
@_certificates(required=True)
@_listener
@_name
def forget_certificate(
    data: str | None, form: str, certificates: tuple[str, ...], listener: str | None, application: str, facility: str
) -> None:  # fmt: skip
    """Forget a certificate of a sender."""
    arguments = {
        "application": application,
        "facility": facility,
        "listener": listener,
        "certificates": [_fingerprint(one, new=False) for one in certificates],
    }
    _act(data, form, "sender.forget", arguments)


def _fingerprint(given: str, *, new: bool) -> str:
    """The fingerprint of a certificate given by a file or by its fingerprint.

    :param new: it is to be used from now on: one that has expired is refused, as TLS would refuse it.
    :raises CannotRun: when there is no such certificate.
    """
    from ecluse.services.certificates import read_certificate_file, read_fingerprint

    fingerprint = read_fingerprint(given)
    if fingerprint is not None:
        return f"sha256:{fingerprint}"
    try:
        certificate, valid_until = read_certificate_file(Path(given).read_bytes())
    except OSError as error:
        raise CannotRun(
            f"--certificate : « {given} » n’est ni une empreinte (sha256: et 64 chiffres hexadécimaux) ni un fichier"
            f" lisible ({error.strerror}).",
            f"--certificate: “{given}” is neither a fingerprint (sha256: and 64 hexadecimal digits) nor a readable"
            f" file ({error.strerror}).",
        ) from None
    except ValueError:
        raise CannotRun(
            f"--certificate : {given} ne contient pas de certificat. Donnez le certificat client, en PEM ou en DER.",
            f"--certificate: {given} holds no certificate. Give the client certificate, in PEM or in DER.",
        ) from None
    if new and valid_until < datetime.now(UTC):
        raise CannotRun(
            f"--certificate : {given} a expiré le {valid_until:%d/%m/%Y} : aucune connexion ne l’accepterait.",
            f"--certificate: {given} expired on {valid_until:%Y-%m-%d}: no connection would accept it.",
        )
    return f"sha256:{certificate.fingerprint}"


def _act(data: str | None, form: str, name: str, arguments: dict[str, Any]) -> None:
    result = tools().act(data, name, arguments)
    output.act(result, form)
