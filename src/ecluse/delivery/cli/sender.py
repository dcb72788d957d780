"""`ecluse sender`: who may send, in which domain, and how strictly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(
    short_help=t("Gérer les émetteurs.", "Manage the senders."),
    help=t(
        "Gérer les émetteurs (MSH-3 / MSH-4) : list, add, confirm, refuse.",
        "Manage the senders (MSH-3 / MSH-4): list, add, confirm, refuse.",
    ),
    epilog=options.examples(
        "ecluse sender list",
        "ecluse sender confirm GAM CH-VALMONT",
        "ecluse sender add LGC CABINET --domain cabinet --domain-oid 1.2.250.1.999.2 --foreign",
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
    table = output.table(
        "MSH-3", "MSH-4", t("Écouteur", "Listener"), t("Domaine", "Domain"), t("Statut", "Status"),
        t("Politique", "Policy"), t("Dernier message", "Last message"),
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
        )  # fmt: skip
    output.console().print(table)


@sender.command(
    help=t(
        "Déclarer un émetteur et le confirmer. APPLICATION et FACILITY : MSH-3 et MSH-4 tels qu’il les "
        "envoie. Son domaine se déclare avant son premier message : il ne change plus ensuite.",
        "Declare a sender and confirm it. APPLICATION and FACILITY: MSH-3 and MSH-4 as it sends them. Its domain is "
        "declared before its first message, and does not change afterwards.",
    ),
    epilog=options.examples(
        "ecluse sender add GAM CH-VALMONT",
        "ecluse sender add GAM CH-VALMONT --policy strict --listener main",
        "ecluse sender add LGC CABINET --domain cabinet --domain-oid 1.2.250.1.999.2 --foreign",
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
@_policy
@_listener
@_name
def add(
    data: str | None, form: str, domain: str | None, domain_oid: str | None, foreign: bool, policy: str | None,
    listener: str | None, application: str, facility: str,
) -> None:  # fmt: skip
    """Declare a sender."""
    if (domain_oid or foreign) and not domain:
        raise click.UsageError(
            t(
                "--domain-oid et --foreign demandent --domain NOM.",
                "--domain-oid and --foreign need --domain NAME.",
            )
        )
    if domain_oid and not all(part.isdigit() for part in domain_oid.split(".")):
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


def _act(data: str | None, form: str, name: str, arguments: dict[str, Any]) -> None:
    result = tools().act(data, name, arguments)
    text = t(result.text_fr, result.text_en)
    if form == "json":
        output.document({"done": result.done, "seq": result.seq, "text": text})
    else:
        output.note(text)
    raise click.exceptions.Exit(0 if result.done else 1)
