"""`ecluse pki describe` and `verify`: what a file of certificates is worth, whoever it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_shared import (
    STORES,
    document,
    follow,
    password_option,
    plain,
    read_bytes,
    read_password,
    readable,
    use_option,
)
from ecluse.delivery.cli.pki_view import show_checks, show_file, show_notes
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.certificate_cli import Question


@click.command(
    short_help=t("Dire ce qu’est un fichier de certificats.", "Say what a file of certificates is."),
    help=t(
        "Dire ce que sont les certificats d’un fichier (PEM, DER, PKCS#7, PKCS#12 ; « - » : l’entrée standard) : "
        "famille, environnement, structure, service, validité, nom RFC 4514, adresses, clé, empreintes. Rien n’est "
        "vérifié ni demandé au réseau.",
        "Say what the certificates of a file are (PEM, DER, PKCS#7, PKCS#12; “-”: standard input): family, "
        "environment, structure, service, validity, RFC 4514 name, addresses, key, fingerprints. Nothing is verified "
        "and no network is asked.",
    ),
    epilog=options.examples(
        "ecluse pki describe certificat.pem",
        "ecluse pki describe certificat.p12 --password-stdin < mot-de-passe.txt",
        "ecluse pki describe ACI-EL-ORG.cer --format json",
    ),
)
@options.data
@options.output
@password_option
@click.argument("file")
def describe(data: str | None, form: str, password_stdin: bool, file: str) -> None:
    """Say what the certificates of a file are."""
    from ecluse.protocols.x509.pkcs12 import is_pkcs12
    from ecluse.services.queries.certificate_cli import describe_file

    content = read_bytes(file)
    password = read_password(file, password_stdin, is_pkcs12(content))
    with readable():
        found = describe_file(content, password)
    if form == "json":
        output.document(plain(found))
        return
    show_file(found)
    show_notes(found.notes)


@click.command(
    short_help=t("Vérifier un certificat.", "Verify a certificate."),
    help=t(
        "Vérifier le certificat d’un fichier : chaîne jusqu’à une autorité de confiance, dates, taille de la clé, "
        "révocation, et ce que demande un usage (--use). Chaque vérification dit quoi faire. Les autorités sont celles "
        "d’un magasin de cette passerelle (--trust), ou d’un fichier (--ca), sans passerelle. Les listes de révocation "
        "que le certificat nomme sont téléchargées, sauf avec --offline. Code de sortie : 0 bon, 1 refusé.",
        "Verify the certificate of a file: chain up to a trusted authority, dates, size of the key, revocation, and "
        "what a use asks (--use). Each check says what to do. The authorities are those of a store of this gateway "
        "(--trust), or of a file (--ca), without a gateway. The lists of revocation that the certificate names are "
        "fetched, unless --offline. Exit code: 0 good, 1 refused.",
    ),
    epilog=options.examples(
        "ecluse pki verify certificat.pem --use dmp_tls",
        "ecluse pki verify certificat.pem --ca autorites.pem --crl ACI-EL-ORG.crl --offline",
        "ecluse pki verify certificat.pem --trust igc-sante-test --at 2026-01-31",
    ),
)
@options.data
@options.output
@password_option
@click.option(
    "--trust",
    type=click.Choice((*STORES, "public")),
    help=t(
        "Magasin de confiance (à défaut : igc-sante, de l’environnement de la passerelle).",
        "Trust store (default: igc-sante, of the environment of the gateway).",
    ),
)
@click.option(
    "--ca",
    metavar="FILE",
    help=t("Fichier d’autorités, au lieu d’un magasin.", "File of authorities, instead of a store."),
)
@click.option(
    "--at",
    metavar="DATE",
    help=t(
        "Instant de la vérification, UTC : AAAA-MM-JJ ou AAAA-MM-JJTHH:MM (à défaut : maintenant).",
        "Instant of the verification, UTC: YYYY-MM-DD or YYYY-MM-DDTHH:MM (default: now).",
    ),
)
@click.option(
    "--crl",
    "lists",
    metavar="FILE",
    multiple=True,
    help=t("Liste de révocation. Peut se répéter.", "List of revocation. May be repeated."),
)
@use_option(required=False)
@click.option("--offline", is_flag=True, help=t("Ne rien demander au réseau.", "Ask nothing of the network."))
@click.argument("file")
def verify(
    data: str | None, form: str, password_stdin: bool, trust: str | None, ca: str | None, at: str | None,
    lists: tuple[str, ...], use: str | None, offline: bool, file: str,
) -> None:  # fmt: skip
    """Verify the certificate of a file."""
    from ecluse.protocols.x509.pkcs12 import is_pkcs12
    from ecluse.services.queries.certificate_cli import Question, verify_file

    if trust and ca:
        raise CannotRun("--trust et --ca s’excluent.", "--trust and --ca exclude each other.")
    content = read_bytes(file)
    question = Question(
        content,
        _instant(at),
        read_password(file, password_stdin, is_pkcs12(content)),
        authorities=read_bytes(ca) if ca else b"",
        lists=tuple(map(read_bytes, lists)),
        use=use or "",
        online=not offline,
    )
    with readable():
        found = verify_file(_placed(question, data, trust))
    if form == "json":
        document(**{"ok": found.ok, "fingerprint": found.fingerprint, "subject": found.subject, "chain": found.chain,
                    "checks": found.checks, "notes": found.notes})  # fmt: skip
    else:
        output.say(found.subject)
        for place, one in enumerate(found.chain[1:], 1):
            output.say(f"{'  ' * place}← {one}")
        show_checks(found.checks)
        show_notes(found.notes)
    if not found.ok:
        raise click.exceptions.Exit(1)


def _placed(question: Question, data: str | None, trust: str | None) -> Question:
    """The question with the authorities of a store of this gateway, unless they come from a file.

    Whoever names a file of authorities believes them, so the addresses that they sign are called wherever they are.
    """
    from dataclasses import replace

    if question.authorities:
        return replace(question, allowed_networks=("0.0.0.0/0", "::/0"))
    gateway = tools().read(data)
    settings = follow(gateway)
    store = trust or f"igc-sante-{gateway.environment}"
    asked = replace(question, store=store, allowed_networks=settings.allowed_networks)
    if store == "igc-sante-production":
        return replace(asked, environment="production")
    return replace(asked, environment="test") if store == "igc-sante-test" else asked


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.fromtimestamp(tools().clock() / 1_000_000, UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CannotRun(
            "--at : une date AAAA-MM-JJ ou AAAA-MM-JJTHH:MM est attendue.",
            "--at: a date YYYY-MM-DD or YYYY-MM-DDTHH:MM is expected.",
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
