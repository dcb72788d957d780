"""`ecluse pki list`, `show`, `slots`, `rotate`, `revoke`, `rewrap`: the certificates kept here."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.asking import confirm
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_shared import document, establishment, establishment_option, opened, use_option
from ecluse.delivery.cli.pki_view import show_inventory, show_slots, show_view
from ecluse.delivery.cli.simulation import label
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.certificates.settings import CertificateSettings

REASONS = ("content", "loss", "theft", "compromise", "end_of_activity", "changed_data")
"""`services.acts.certificates.REASONS` that a person gives, written again: help does not open the store."""


@click.command(
    "list",
    short_help=t("Lister les certificats.", "List the certificates."),
    help=t(
        "Lister les certificats gardés ici, la fin la plus proche d’abord : famille, usages, jours restants.",
        "List the certificates kept here, the soonest end first: family, uses, days left.",
    ),
    epilog=options.examples("ecluse pki list", "ecluse pki list --every --format json"),
)
@options.data
@options.output
@establishment_option
@click.option(
    "--every",
    is_flag=True,
    help=t("Aussi ceux qui sont révoqués ou rangés.", "Also those that are revoked or put away."),
)
def list_(data: str | None, form: str, establishment: str | None, every: bool) -> None:
    """List certificates."""
    settings = opened(data)

    from ecluse.services.queries.certificates import inventory

    place = None if establishment is None else _place(establishment)
    found = inventory(settings, tools().clock(), establishment=place, every=every)
    if form == "json":
        document(certificates=found)
        return
    label()
    show_inventory(found)


def _place(given: str | None) -> int:
    return establishment(given)


@click.command(
    short_help=t("Montrer un certificat.", "Show a certificate."),
    help=t(
        "Montrer un certificat gardé ici : ce qu’il dit, sa chaîne et l’état de chaque maillon, ce qui s’arrête avec "
        "lui. FINGERPRINT : son empreinte SHA-256, ou son début (4 chiffres au moins).",
        "Show a certificate kept here: what it says, its chain and the state of each link, what stops with it. "
        "FINGERPRINT: its SHA-256 fingerprint, or its beginning (4 digits at least).",
    ),
    epilog=options.examples("ecluse pki show 3f9a51c2", "ecluse pki show 3f9a51c2 --format json"),
)
@options.data
@options.output
@click.argument("fingerprint")
def show(data: str | None, form: str, fingerprint: str) -> None:
    """Show a certificate."""
    settings = opened(data)

    from ecluse.protocols.x509.certificate import read_certificates
    from ecluse.services.queries.certificate_cli import told
    from ecluse.services.queries.certificates import one

    found = one(settings, _whole(settings, fingerprint), tools().clock())
    assert found is not None
    (certificate,) = read_certificates(found.pem.encode("ascii"))
    said = told(certificate, key=found.document.key != "none")
    if form == "json":
        document(certificate=found.document, says=said, chain=found.chain, store=found.store, pem=found.pem)
        return
    label()
    show_view(found, said)


def _whole(settings: CertificateSettings, given: str) -> str:
    """The fingerprint of the only certificate that begins so.

    :raises CannotRun: none does, or several do.
    """
    from ecluse.services.queries.certificates import inventory

    wanted = re.sub(r"[^0-9a-f]", "", given.lower().removeprefix("sha256:"))
    everyone = inventory(settings, tools().clock(), every=True) if len(wanted) >= 4 else ()
    found = [one.fingerprint for one in everyone if one.fingerprint.startswith(wanted)]
    if len(found) != 1:
        raise CannotRun(
            "aucun certificat, ou plusieurs, ont cette empreinte : voyez « ecluse pki list --every ».",
            "no certificate, or several, have this fingerprint: see “ecluse pki list --every”.",
        )
    return found[0]


@click.command(
    short_help=t("Montrer les emplacements.", "Show the slots."),
    help=t(
        "Montrer, par établissement et usage, le certificat en service, le suivant et le précédent.",
        "Show, by establishment and use, the certificate in use, the next one and the previous one.",
    ),
    epilog=options.examples("ecluse pki slots", "ecluse pki slots --format json"),
)
@options.data
@options.output
@establishment_option
def slots(data: str | None, form: str, establishment: str | None) -> None:
    """Show the slots."""
    opened(data)

    from ecluse.services.queries.certificates import slots as read_slots

    found = read_slots(
        tools().clock(), establishment=None if establishment is None else _place(establishment)
    )
    if form == "json":
        document(slots=found)
        return
    label()
    show_slots(found)


@click.command(
    short_help=t("Placer un certificat gardé ici.", "Place a certificate kept here."),
    help=t(
        "Placer un certificat gardé ici dans un autre emplacement du même établissement, s’il lui convient : un même "
        "certificat peut servir plusieurs usages, sauf INSi.",
        "Place a certificate kept here in another slot of the same establishment, when it suits: one certificate may "
        "serve several uses, INSi excepted.",
    ),
    epilog=options.examples(
        "ecluse pki place 3f9a51c2 --use dmp_tls", "ecluse pki place 3f9a51c2 --use dmp_tls --next"
    ),
)
@options.data
@options.output
@use_option(required=True)
@click.option(
    "--next",
    "following",
    is_flag=True,
    help=t(
        "Comme suivant, à mettre en service par « rotate ».", "As the next one, to be put to use by “rotate”."
    ),
)
@click.argument("fingerprint")
def place(data: str | None, form: str, use: str, following: bool, fingerprint: str) -> None:
    """Place a certificate in a slot."""
    settings = opened(data)

    from ecluse.services.queries.certificates import one

    found = one(settings, _whole(settings, fingerprint), tools().clock())
    assert found is not None
    told = {
        "establishment": found.document.establishment,
        "use": use,
        "fingerprint": found.document.fingerprint,
        "place": "next" if following else "current",
    }
    output.act(tools().act(data, "certificate.place", told), form)


@click.command(
    short_help=t("Mettre en service le certificat suivant.", "Put the next certificate to use."),
    help=t(
        "Mettre en service le certificat suivant d’un emplacement, sans redémarrage ; l’ancien est gardé. --back : "
        "remettre en service le précédent.",
        "Put the next certificate of a slot to use, without a restart; the former one is kept. --back: put the "
        "previous one to use again.",
    ),
    epilog=options.examples(
        "ecluse pki rotate --establishment 990000028 --use dmp_tls", "ecluse pki rotate --use dmp_tls --back"
    ),
)
@options.data
@options.output
@establishment_option
@use_option(required=True)
@click.option("--back", is_flag=True, help=t("Revenir au précédent.", "Go back to the previous one."))
def rotate(data: str | None, form: str, establishment: str | None, use: str, back: bool) -> None:
    """Rotate a slot, or go back."""
    opened(data)
    act = "certificate.rotate-back" if back else "certificate.rotate"
    output.act(tools().act(data, act, {"establishment": _place(establishment), "use": use}), form)


@click.command(
    short_help=t("Enregistrer une révocation.", "Record a revocation."),
    help=t(
        "Enregistrer qu’un certificat est révoqué : il quitte tous ses emplacements, et n’en revient pas. Ce qui "
        "s’arrête est dit avant. La révocation elle-même se demande à la plateforme IGC-Santé. Motifs : content "
        "(erreur dans le contenu), loss (perte), theft (vol), compromise (clé compromise), end_of_activity (fin "
        "d’activité), changed_data (données changées).",
        "Record that a certificate is revoked: it leaves all its slots, and does not come back. What stops is said "
        "first. The revocation itself is asked of the IGC-Santé platform. Reasons: content (error in the content), "
        "loss, theft, compromise (key compromised), end_of_activity, changed_data (data changed).",
    ),
    epilog=options.examples("ecluse pki revoke 3f9a51c2 --reason theft --note 'Vol du poste 12'"),
)
@options.data
@options.output
@click.option("--reason", type=click.Choice(REASONS), required=True, help=t("Motif.", "Reason."))
@click.option("--note", default="", help=t("Ce qui s’est passé.", "What happened."))
@click.option(
    "--at",
    metavar="DATE",
    help=t("Quand, AAAA-MM-JJ (à défaut : maintenant).", "When, YYYY-MM-DD (default: now)."),
)
@click.option(
    "--yes", is_flag=True, help=t("Ne pas demander de confirmation.", "Do not ask for confirmation.")
)
@click.argument("fingerprint")
def revoke(
    data: str | None, form: str, reason: str, note: str, at: str | None, yes: bool, fingerprint: str
) -> None:  # fmt: skip
    """Record a revocation."""
    settings = opened(data)

    from ecluse.services.queries.certificates import one, stops_once_revoked

    found = one(settings, _whole(settings, fingerprint), tools().clock())
    assert found is not None
    for stop in stops_once_revoked(found.document):
        output.note(t(f"Ce qui s’arrête : {stop.text_fr}", f"What stops: {stop.text_en}"))
    given: dict[str, Any] = {"fingerprint": found.document.fingerprint, "reason": reason, "note": note}
    if at:
        given["at"] = _micros(at)
    if not yes:
        named = f"{found.document.family} « {found.document.service} »"
        confirm(f"Enregistrer la révocation de {named} ?", f"Record the revocation of {named}?")
    result = tools().act(data, "certificate.revoke", given)
    output.act(result, form, stopped=result.data.get("stopped", []))


def _micros(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000
    except ValueError:
        raise CannotRun(
            "--at : une date AAAA-MM-JJ est attendue.", "--at: a date YYYY-MM-DD is expected."
        ) from None


@click.command(
    short_help=t("Remplacer la clé maîtresse.", "Replace the master key."),
    help=t(
        "Remplacer la clé maîtresse : tout ce qu’elle scelle (clés privées, seconds facteurs, clés des webhooks) est "
        "rescellé et vérifié, puis l’ancienne est détruite ; en marche, la passerelle la détruit d’elle-même dans "
        "l’heure. Interrompu, relancez. Sauvegardez ensuite le dossier des secrets, à part.",
        "Replace the master key: all that it seals (private keys, second factors, keys of webhooks) is sealed anew and "
        "verified, then the former one is destroyed; while the gateway runs, it destroys it itself within the hour. "
        "When interrupted, run it again. Back up the folder of secrets afterwards, apart.",
    ),
    epilog=options.examples("ecluse pki rewrap", "ecluse pki rewrap --yes --format json"),
)
@options.data
@options.output
@click.option(
    "--yes", is_flag=True, help=t("Ne pas demander de confirmation.", "Do not ask for confirmation.")
)
def rewrap(data: str | None, form: str, yes: bool) -> None:
    """Replace the master key."""
    opened(data)
    if not yes:
        confirm("Remplacer la clé maîtresse ?", "Replace the master key?")

    from ecluse.services.rewrap import rewrap as replace_key

    gateway = tools().read(data)
    folder = tools().secrets(gateway)
    if tools().serving(gateway):
        found = replace_key(folder, alone=False)
    else:
        with tools().alone(data, True):
            found = replace_key(folder, alone=True)
    if form == "json":
        output.document({"secrets": found.secrets, "changed": found.changed, "finished": found.finished})
        return
    for kind, count in found.secrets.items():
        output.say(f"{kind} : {count}")
    output.note(
        t(
            "Clé maîtresse remplacée ; l’ancienne est détruite.",
            "Master key replaced; the former one is destroyed.",
        )
        if found.finished
        else t(
            "Clé maîtresse remplacée ; la passerelle détruira l’ancienne dans l’heure.",
            "Master key replaced; the gateway will destroy the former one within the hour.",
        )
    )
