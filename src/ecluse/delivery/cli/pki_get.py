"""`ecluse pki csr`, `requests` and `import`: how a certificate comes, its key made here or with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_shared import (
    asking,
    document,
    establishment,
    establishment_option,
    opened,
    password_option,
    read_bytes,
    read_password,
    readable,
    use_option,
)
from ecluse.delivery.cli.pki_view import show_checks, show_notes
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.certificates.importing import Imported
    from ecluse.services.queries.certificates import RequestDocument


@click.command(
    short_help=t("Demander un certificat.", "Request a certificate."),
    help=t(
        "Faire une clé RSA 2048, qui ne quitte pas cette passerelle, et la demande (PKCS#10) à déposer sur la "
        "plateforme IGC-Santé. La plateforme impose le nom ; celui de la demande n’est qu’un support. Quand le "
        "certificat arrive, « ecluse pki import » retrouve sa clé.",
        "Make an RSA 2048 key, which does not leave this gateway, and the request (PKCS#10) to upload on the IGC-Santé "
        "platform. The platform imposes the name; that of the request is only a carrier. When the certificate comes, "
        "“ecluse pki import” finds its key.",
    ),
    epilog=options.examples(
        "ecluse pki csr --establishment 990000028 --use roc_directory --out demande.pem",
        "ecluse pki csr --use dmp_sign --service Signature_DMP",
    ),
)
@options.data
@options.output
@establishment_option
@use_option(required=True)
@click.option(
    "--service",
    default="",
    metavar="NAME",
    help=t(
        "Service applicatif, qui devient le CN (à défaut : celui conseillé pour l’usage).",
        "Service name, which becomes the CN (default: the one advised for the use).",
    ),
)
@click.option(
    "--structure",
    default="",
    metavar="ID",
    help=t(
        "Identifiant de la structure avec son chiffre de type (à défaut : 1 et le FINESS).",
        "Identifier of the structure with its type digit (default: 1 and the FINESS).",
    ),
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help=t("Fichier à écrire.", "File to write.")
)
def csr(
    data: str | None, form: str, establishment: str | None, use: str, service: str, structure: str, out: Path | None
) -> None:  # fmt: skip
    """Make a key and its request."""
    settings = opened(data)

    from ecluse.services.certificates.requesting import Wanted, new_request

    if out is not None and out.exists():
        raise CannotRun(f"{out} existe déjà.", f"{out} exists already.")
    wanted = Wanted(_establishment(establishment), use, service=service, structure=structure)
    with readable(), asking(data) as ask:
        made = new_request(settings, ask, wanted, tools().clock(), by=tools().operator())
    if made.done and out is not None:
        _write(out, made.content.encode("ascii"))
    if form == "json":
        output.document(made)
    elif made.done:
        if out is None:
            output.write(made.content.encode("ascii"))
        output.note(f"{made.subject}  {made.id}")
        output.note(t(made.text_fr, made.text_en))
    else:
        output.note(t(made.text_fr, made.text_en))
    if not made.done:
        raise click.exceptions.Exit(1)


def _establishment(given: str | None) -> int:
    return establishment(given)


def _write(place: Path, content: bytes) -> None:
    try:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(content)
    except OSError as error:
        raise CannotRun(
            f"{place} ne peut pas être écrit ({because(error)}) ; la demande est gardée : ecluse pki requests.",
            f"{place} cannot be written ({because(error)}); the request is kept: ecluse pki requests.",
        ) from None


@click.command(
    short_help=t("Lister les demandes en attente.", "List the requests that wait."),
    help=t(
        "Lister les demandes dont le certificat est attendu ; --show écrit l’une d’elles (PEM), --drop l’abandonne et "
        "détruit sa clé.",
        "List the requests whose certificate is awaited; --show writes one of them (PEM), --drop gives it up and "
        "destroys its key.",
    ),
    epilog=options.examples(
        "ecluse pki requests",
        "ecluse pki requests --show req_k3xample",
        "ecluse pki requests --drop req_k3xample",
    ),
)
@options.data
@options.output
@click.option("--show", metavar="ID", help=t("Écrire cette demande.", "Write this request."))
@click.option("--drop", metavar="ID", help=t("Abandonner cette demande.", "Give up this request."))
def requests(data: str | None, form: str, show: str | None, drop: str | None) -> None:
    """List, write or give up requests."""
    opened(data)
    if drop:
        output.act(tools().act(data, "certificate.drop-request", {"request": drop}), form)

    from ecluse.services.queries.certificates import requests as read_requests

    found = read_requests()
    if show:
        found = tuple(one for one in found if one.id == show)
        if not found:
            raise CannotRun(
                "aucune demande en attente n’a cet identifiant.", "no waiting request has this id."
            )
    if form == "json":
        document(requests=found)
    elif show:
        output.write(found[0].content.encode("ascii"))
    else:
        _list_requests(found)


def _list_requests(found: tuple[RequestDocument, ...]) -> None:
    table = output.table(
        "ID", t("Établissement", "Establishment"), t("Usage", "Use"), t("Nom", "Name"), t("Faite", "Made")
    )
    for one in found:
        place, subject = output.printable(one.establishment_name), output.printable(one.subject)
        table.add_row(one.id, place, one.use, subject, one.made[:10])
    output.console().print(table)


@click.command(
    "import",
    short_help=t("Importer un certificat.", "Import a certificate."),
    help=t(
        "Importer un certificat (PEM, DER, PKCS#12) : il est jugé pour son usage, puis gardé et placé, ou refusé avec "
        "ce qu’il faut faire. Sa clé vient avec lui (PKCS#12, --key), attend ici depuis « ecluse pki csr », ou reste "
        "dans un jeton PKCS#11 (--token). --dry-run : juger seulement. Code de sortie : 0 gardé, 1 refusé.",
        "Import a certificate (PEM, DER, PKCS#12): it is judged for its use, then kept and placed, or refused with "
        "what to do. Its key comes with it (PKCS#12, --key), waits here since “ecluse pki csr”, or stays in a PKCS#11 "
        "token (--token). --dry-run: only judge. Exit code: 0 kept, 1 refused.",
    ),
    epilog=options.examples(
        "ecluse pki import org.p12 --establishment 990000028 --use dmp_tls --password-stdin < mot-de-passe.txt",
        "ecluse pki import certificat.pem --use roc_directory",
        "ecluse pki import nouveau.p12 --use dmp_tls --place next --password-stdin < mot-de-passe.txt",
    ),
)
@options.data
@options.output
@establishment_option
@use_option(required=True)
@click.option(
    "--place",
    type=click.Choice(["auto", "current", "next"]),
    default="auto",
    show_default=True,
    help=t(
        "auto : en service si la place est libre, sinon le suivant.",
        "auto: in use when that place is free, the next one otherwise.",
    ),
)
@click.option("--key", metavar="FILE", help=t("Fichier de la clé privée.", "File of the private key."))
@click.option(
    "--token",
    default="",
    metavar="URI",
    help=t("Clé d’un jeton, URI pkcs11 sans PIN.", "Key of a token, pkcs11 URI without PIN."),
)
@click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="ID",
    help=t(
        "Autre identifiant de l’établissement, avec son chiffre de type (2 et le SIREN). Peut se répéter.",
        "Other identifier of the establishment, with its type digit (2 and the SIREN). May be repeated.",
    ),
)
@click.option("--dry-run", is_flag=True, help=t("Juger seulement.", "Only judge."))
@password_option
@click.argument("file")
def import_(
    data: str | None, form: str, establishment: str | None, use: str, place: str, key: str | None, token: str,
    structures: tuple[str, ...], dry_run: bool, password_stdin: bool, file: str,
) -> None:  # fmt: skip
    """Import a certificate."""
    settings = opened(data)

    from ecluse.protocols.x509.pkcs12 import is_pkcs12
    from ecluse.services.certificates.importing import (
        CertificateFile,
        Target,
        examine_file,
        import_certificate,
    )

    content = read_bytes(file)
    password = read_password(file, password_stdin, is_pkcs12(content))
    given = CertificateFile(content, password, read_bytes(key) if key else b"", token)
    target = Target(_establishment(establishment), use, place, structures)
    now = tools().clock()
    with readable():
        if dry_run:
            found, _ = examine_file(settings, given, target, now)
        else:
            with asking(data) as ask:
                found = import_certificate(settings, ask, given, target, now, by=tools().operator())
    _tell(found, form)
    if not (found.verdict.ok if dry_run else found.kept):
        raise click.exceptions.Exit(1)


def _tell(found: Imported, form: str) -> None:
    text = t(found.text_fr, found.text_en)
    if form == "json":
        document(
            kept=found.kept, fingerprint=found.fingerprint, subject=found.subject, placed=found.placed,
            request=found.request, ok=found.verdict.ok, checks=found.verdict.checks, notes=found.notes, text=text,
        )  # fmt: skip
        return
    output.say(found.subject)
    show_checks(found.verdict.checks)
    show_notes(found.notes)
    if text:
        output.note(text)
    if found.placed:
        where = found.placed, found.fingerprint
        output.note(t("Place : {}. Empreinte : {}", "Place: {}. Fingerprint: {}").format(*where))
