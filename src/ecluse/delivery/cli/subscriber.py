"""`ecluse subscriber`: who is told of what happens, by webhook or by HL7 relay, and what waits for them."""

from __future__ import annotations

from typing import Any

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.asking import confirm
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.subscriber_given import instant, options_of
from ecluse.delivery.cli.subscriber_shared import shared
from ecluse.delivery.cli.subscriber_view import show_list, show_one
from ecluse.delivery.cli.tools import tools


@click.group(
    short_help=t(
        "Gérer les abonnés (webhooks, relais HL7).", "Manage the subscribers (webhooks, HL7 relays)."
    ),
    help=t(
        "Gérer les abonnés : webhooks signés (Standard Webhooks) et relais HL7 (MLLP). Chacun reçoit chaque événement"
        " au moins une fois, dans l’ordre pour chaque patient.",
        "Manage the subscribers: signed webhooks (Standard Webhooks) and HL7 relays (MLLP). Each gets every event at"
        " least once, in order for each patient.",
    ),
    epilog=options.examples(
        "ecluse subscriber add telesuivi --webhook https://telesuivi.example/ecluse",
        "ecluse subscriber add dpi --relay 10.1.2.3:2575 --tls --event A28 --event A31 --event A40",
        "ecluse subscriber list",
        "ecluse subscriber show telesuivi",
    ),
)
def subscriber() -> None:
    """Group of the commands on subscribers."""


subscriber.add_command(shared)


@subscriber.command(
    short_help=t("Déclarer un abonné.", "Declare a subscriber."),
    help=t(
        "Déclarer un abonné : --webhook URL ou --relay HÔTE:PORT. La clé de signature d’un webhook n’est affichée"
        " qu’une fois.",
        "Declare a subscriber: --webhook URL or --relay HOST:PORT. The signing key of a webhook is shown once.",
    ),
    epilog=options.examples(
        "ecluse subscriber add telesuivi --webhook https://telesuivi.example/ecluse --inclusion Cardiologie --full",
        "ecluse subscriber add dpi --relay 10.1.2.3:2575 --tls --tls-ca ca.pem --from-start",
    ),
)
@options.data
@options.output
@click.option(
    "--webhook",
    metavar="URL",
    help=t("Adresse https qui reçoit les événements.", "https address that gets the events."),
)
@click.option(
    "--relay",
    metavar="HOST:PORT",
    help=t("Récepteur MLLP qui reçoit les messages.", "MLLP receiver that gets the messages."),
)
@click.option("--domain", metavar="NAME", help=t("Seul domaine transmis.", "Only domain sent."))
@click.option(
    "--inclusion",
    metavar="LIST",
    help=t("Webhook : seuls les patients de cette liste.", "Webhook: only the patients of this list."),
)
@click.option(
    "--event",
    "types",
    multiple=True,
    metavar="TYPE",
    help=t(
        "Seulement ce type (répétable) : patient.qualified, A31…",
        "Only this type (repeatable): patient.qualified, A31…",
    ),
)
@click.option(
    "--full",
    is_flag=True,
    help=t(
        "Webhook : documents entiers, au lieu des seuls identifiants.",
        "Webhook: whole documents, instead of ids only.",
    ),
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    help=t(
        "Envois simultanés (webhook : 8 ; relais : 1).", "Deliveries at the same time (webhook: 8; relay: 1)."
    ),
)
@click.option(
    "--timeout",
    type=click.FloatRange(1, 300),
    default=15.0,
    show_default=True,
    help=t("Secondes pour un envoi.", "Seconds for one delivery."),
)
@click.option(
    "--from-start",
    is_flag=True,
    help=t("Depuis le plus ancien, et non depuis maintenant.", "From the oldest, and not from now on."),
)
@click.option(
    "--allow-plaintext",
    is_flag=True,
    help=t(
        "Accepter l’absence de chiffrement : adresse http, relais sans TLS vers une autre machine.",
        "Accept that nothing is encrypted: http address, relay without TLS to another machine.",
    ),
)
@click.option("--tls", is_flag=True, help=t("Relais sur TLS.", "Relay over TLS."))
@click.option(
    "--tls-ca",
    type=click.Path(exists=True, dir_okay=False),
    help=t(
        "Autorités du récepteur (PEM) ; suppose --tls.", "Authorities of the receiver (PEM); implies --tls."
    ),
)
@click.option(
    "--tls-cert",
    type=click.Path(exists=True, dir_okay=False),
    help=t("Notre certificat (PEM).", "Our certificate (PEM)."),
)
@click.option(
    "--tls-key", type=click.Path(exists=True, dir_okay=False), help=t("Sa clé (PEM).", "Its key (PEM).")
)
@click.option(
    "--server-name",
    metavar="NAME",
    help=t("Nom que porte le certificat du récepteur.", "Name the receiver's certificate carries."),
)
@click.option(
    "--ins-in-deletion",
    type=click.Choice(["sent", "withheld"]),
    default="sent",
    show_default=True,
    help=t(
        "Relais : l’INS qu’un A47 supprime est transmis (PAM France le demande) ou retiré.",
        "Relay: the INS that an A47 deletes is sent (as PAM France asks) or withheld.",
    ),
)
@click.argument("name")
def add(data: str | None, form: str, name: str, webhook: str | None, relay: str | None, **given: Any) -> None:
    """Declare a subscriber."""
    if (webhook is None) == (relay is None):
        raise CannotRun(
            "donnez --webhook URL, ou --relay HÔTE:PORT.", "give either --webhook URL or --relay HOST:PORT."
        )
    gateway = tools().read(data)

    from ecluse.services.new_subscriber import closed_address, new_key

    key = new_key(tools().secrets(gateway)) if webhook is not None else None
    arguments = {
        "name": name,
        "kind": "webhook" if webhook is not None else "relay",
        "target": webhook or relay,
        "domain": given["domain"] or "",
        "plaintext": given["allow_plaintext"],
        "options": options_of(given),
        **({"position": 0} if given["from_start"] else {}),
        **(key.arguments if key is not None else {}),
    }
    result = tools().act(data, "subscriber.add", arguments)
    if not result.done:
        output.note(t(result.text_fr, result.text_en))
        raise click.exceptions.Exit(1)
    closed = closed_address(webhook, tools().allowed_networks(gateway)) if webhook is not None else None
    if closed is not None:
        output.note(t(f"Attention : {closed.fr}", f"Warning: {closed.en}"))
    secret = key.secret if key is not None else None
    if form == "json":
        output.document({**result.data, "name": name, "secret": secret})
        return
    output.note(t(result.text_fr, result.text_en))
    if secret is not None:
        _print_secret(secret)


def _print_secret(secret: str) -> None:
    output.note(
        t(
            "La clé de signature n’est affichée qu’une fois ; donnez-la au récepteur :",
            "The signing key is shown once; give it to the receiver:",
        )
    )
    output.say(secret)


@subscriber.command(
    "list",
    help=t("Lister les abonnés, et ce qui les attend.", "List the subscribers, and what waits for them."),
    epilog=options.examples("ecluse subscriber list", "ecluse subscriber list --format json"),
)
@options.data
@options.output
def list_(data: str | None, form: str) -> None:
    """List subscribers."""
    tools().read(data)

    from ecluse.services.queries.access import list_names
    from ecluse.services.queries.subscribers import every

    found = every(tools().clock())
    if form == "json":
        output.document({"subscribers": found})
        return
    if not found:
        output.say(
            t(
                "Aucun abonné. Déclarez-en un par « ecluse subscriber add » (voir --help).",
                "No subscriber. Declare one with “ecluse subscriber add” (see --help).",
            )
        )
        return
    show_list(found, list_names())


@subscriber.command(
    help=t(
        "Montrer un abonné : où il en est, les envois qui échouent et pourquoi.",
        "Show a subscriber: how far it is, the deliveries that fail and why.",
    ),
    epilog=options.examples("ecluse subscriber show telesuivi"),
)
@options.data
@options.output
@click.argument("name")
def show(data: str | None, form: str, name: str) -> None:
    """Show a subscriber."""
    tools().read(data)

    from ecluse.services.queries.access import list_names
    from ecluse.services.queries.subscribers import failed, named

    one = named(name, tools().clock())
    if one is None:
        output.note(t(f"Aucun abonné « {name} ».", f"No subscriber “{name}”."))
        raise click.exceptions.Exit(1)
    waiting = failed(one.id)
    if form == "json":
        output.document({"subscriber": one, "failed": waiting})
        return
    show_one(one, waiting, list_names())


def _act(data: str | None, act: str, **arguments: Any) -> None:
    tools().read(data)
    result = tools().act(data, f"subscriber.{act}", arguments)
    output.note(t(result.text_fr, result.text_en))
    if not result.done:
        raise click.exceptions.Exit(1)


@subscriber.command(
    help=t("Suspendre les envois : rien ne se perd.", "Stop deliveries: nothing is lost."),
    epilog=options.examples("ecluse subscriber pause telesuivi"),
)
@options.data
@click.argument("name")
def pause(data: str | None, name: str) -> None:
    """Pause a subscriber."""
    _act(data, "pause", name=name)


@subscriber.command(
    help=t("Reprendre les envois, d’où ils en étaient.", "Resume deliveries, from where they were."),
    epilog=options.examples("ecluse subscriber resume telesuivi"),
)
@options.data
@click.argument("name")
def resume(data: str | None, name: str) -> None:
    """Resume a subscriber."""
    _act(data, "resume", name=name)


@subscriber.command(
    help=t("Retirer un abonné et ce qui l’attend.", "Remove a subscriber and what waits for it."),
    epilog=options.examples("ecluse subscriber remove telesuivi --yes"),
)
@options.data
@click.option("--yes", is_flag=True, help=t("Sans demander.", "Without asking."))
@click.argument("name")
def remove(data: str | None, yes: bool, name: str) -> None:
    """Remove a subscriber."""
    if not yes:
        confirm(
            f"Retirer « {name} » et tout ce qui l’attend ?", f"Remove “{name}” and all that waits for it?"
        )
    _act(data, "remove", name=name)


@subscriber.command(
    help=t(
        "Réessayer les envois en attente de décision (tous, ou --position).",
        "Try parked deliveries again (all, or --position).",
    ),
    epilog=options.examples("ecluse subscriber release dpi", "ecluse subscriber release dpi --position 812"),
)
@options.data
@click.option("--position", type=int, help=t("Seulement celui-là.", "Only that one."))
@click.argument("name")
def release(data: str | None, position: int | None, name: str) -> None:
    """Try parked deliveries again."""
    _act(data, "release", name=name, position=position)


@subscriber.command(
    help=t(
        "Abandonner un envoi en attente de décision : les suivants du même patient partent.",
        "Give a parked delivery up: those behind it leave.",
    ),
    epilog=options.examples("ecluse subscriber skip dpi --position 812"),
)
@options.data
@click.option(
    "--position", type=int, required=True, help=t("L’envoi à abandonner.", "The delivery to give up.")
)
@click.argument("name")
def skip(data: str | None, position: int, name: str) -> None:
    """Give a parked delivery up."""
    _act(data, "skip", name=name, position=position)


@subscriber.command(
    help=t(
        "Transmettre à nouveau ce qui suit une position (--after) ou une date (--since).",
        "Deliver again what follows a position (--after) or a date (--since).",
    ),
    epilog=options.examples(
        "ecluse subscriber replay telesuivi --after 1200",
        "ecluse subscriber replay telesuivi --since 2026-11-18T08:00:00+01:00",
    ),
)
@options.data
@click.option(
    "--after", type=click.IntRange(0), help=t("Position du flux de l’abonné.", "Position in its feed.")
)
@click.option(
    "--since", metavar="DATE", help=t("Date ISO 8601, avec son fuseau.", "ISO 8601 date, with its zone.")
)
@click.argument("name")
def replay(data: str | None, after: int | None, since: str | None, name: str) -> None:
    """Deliver again."""
    if (after is None) == (since is None):
        raise CannotRun("donnez --after ou --since.", "give either --after or --since.")
    if since is not None:
        when = instant(since)
        tools().read(data)

        from ecluse.services.queries.subscribers import named, position_at

        one = named(name, tools().clock())
        after = position_at(one.kind, when) if one is not None else 0
    _act(data, "replay", name=name, position=after)


@subscriber.command(
    help=t(
        "Donner une nouvelle clé de signature ; l’ancienne signe encore un jour.",
        "Give a new signing key; the former one signs too for a day.",
    ),
    epilog=options.examples("ecluse subscriber rotate telesuivi"),
)
@options.data
@options.output
@click.argument("name")
def rotate(data: str | None, form: str, name: str) -> None:
    """Give a webhook a new key."""
    gateway = tools().read(data)

    from ecluse.services.new_subscriber import new_key
    from ecluse.services.queries.subscribers import named

    one = named(name, tools().clock())
    key = new_key(tools().secrets(gateway), one.id if one is not None else "")
    _act(data, "rotate", name=name, secret=key.arguments["secret"])
    if form == "json":
        output.document({"id": key.id, "name": name, "secret": key.secret})
        return
    _print_secret(key.secret)
