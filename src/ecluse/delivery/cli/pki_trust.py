"""`ecluse pki authority` and `crl`: whom the gateway trusts, and the lists of revocation it fetches."""

from __future__ import annotations

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_shared import STORES, asking, document, opened, read_bytes, readable
from ecluse.delivery.cli.pki_view import show_line
from ecluse.delivery.cli.tools import tools


@click.group(
    short_help=t("Gérer les autorités de confiance.", "Manage the trusted authorities."),
    help=t(
        "Gérer les autorités de confiance : add, list, remove. Un magasin par destination : igc-sante-production, "
        "igc-sante-test, igc-osi (GIE SESAM-Vitale).",
        "Manage the trusted authorities: add, list, remove. One store per target: igc-sante-production, "
        "igc-sante-test, igc-osi (GIE SESAM-Vitale).",
    ),
    epilog=options.examples(
        "ecluse pki authority list",
        "ecluse pki authority add igc-sante-production Chaine_de_certification-IGC-Sante.p7b",
    ),
)
def authority() -> None:
    """Group of the commands on authorities."""


@authority.command(
    short_help=t("Faire confiance à des autorités.", "Trust authorities."),
    help=t(
        "Ajouter les autorités d’un fichier (PEM, DER, PKCS#7) à un magasin de confiance. Celles de l’IGC-Santé "
        "doivent avoir l’empreinte publiée avec cette version ; pour une autre, donnez par --fingerprint l’empreinte "
        "SHA-256 lue à une autre source (répétable). Code de sortie : 1 si l’une est refusée.",
        "Add the authorities of a file (PEM, DER, PKCS#7) to a trust store. Those of the IGC-Santé must have the "
        "fingerprint published with this release; for another one, give by --fingerprint the SHA-256 fingerprint read "
        "from another source (repeatable). Exit code: 1 when one is refused.",
    ),
    epilog=options.examples(
        "ecluse pki authority add igc-sante-production Chaine_de_certification-IGC-Sante.p7b",
        "ecluse pki authority add igc-osi AC-SERVEUR.cer --fingerprint 5d0e…",
    ),
)
@options.data
@options.output
@click.option(
    "--fingerprint",
    "fingerprints",
    metavar="SHA256",
    multiple=True,
    help=t(
        "Empreinte d’une autorité qui n’est pas publiée ici.",
        "Fingerprint of an authority not published here.",
    ),
)
@click.argument("store", type=click.Choice(STORES))
@click.argument("file")
def add(data: str | None, form: str, fingerprints: tuple[str, ...], store: str, file: str) -> None:
    """Trust the authorities of a file."""
    opened(data)

    from ecluse.services.certificates.trust import AuthorityOutcome, import_authorities

    content = read_bytes(file)
    found: dict[str, AuthorityOutcome] = {}
    with readable(), asking(data) as ask:
        for typed in fingerprints or ("",):
            for one in import_authorities(ask, store, content, typed):
                if one.done and not (one.again and one.fingerprint in found and found[one.fingerprint].done):
                    found[one.fingerprint] = one
                else:
                    found.setdefault(one.fingerprint, one)
    outcomes = tuple(found.values())
    if form == "json":
        document(authorities=outcomes)
    else:
        for one in outcomes:
            show_line(
                "ok" if one.done else "error",
                f"{one.subject} : {one.text_fr}",
                f"{one.subject}: {one.text_en}",
            )
    if not all(one.done for one in outcomes):
        raise click.exceptions.Exit(1)


@authority.command(
    "list",
    short_help=t("Lister les autorités.", "List the authorities."),
    help=t(
        "Lister les magasins de confiance, leurs autorités, et celles de l’IGC-Santé qui y manquent.",
        "List the trust stores, their authorities, and those of the IGC-Santé that are missing.",
    ),
    epilog=options.examples("ecluse pki authority list", "ecluse pki authority list --format json"),
)
@options.data
@options.output
def list_(data: str | None, form: str) -> None:
    """List authorities."""
    opened(data)

    from ecluse.services.queries.certificates_watch import trust_stores

    found = trust_stores(tools().clock())
    if form == "json":
        document(stores=found)
        return
    table = output.table(
        t("Magasin", "Store"), t("Autorité", "Authority"), t("Rôle", "Role"), t("Fin", "End"), t("Origine", "Origin"),
        t("Empreinte", "Fingerprint"),
    )  # fmt: skip
    origins = {"published": t("publiée", "published"), "declared": t("déclarée", "declared")}
    for store in found:
        for one in store.authorities:
            role = t("racine", "root") if one.anchor else t("intermédiaire", "intermediate")
            table.add_row(
                store.name, output.printable(one.subject), role, one.not_after[:10], origins[one.origin],
                one.fingerprint,
            )  # fmt: skip
        if store.missing:
            table.add_row(store.name, t("manquent : ", "missing: ") + ", ".join(store.missing))
    output.console().print(table)


@authority.command(
    short_help=t("Retirer une autorité.", "Take an authority away."),
    help=t(
        "Retirer une autorité d’un magasin : ce qu’elle a émis n’y est plus accepté.",
        "Take an authority out of a store: what it issued is no longer accepted there.",
    ),
    epilog=options.examples("ecluse pki authority remove igc-sante-test 5d0e…"),
)
@options.data
@options.output
@click.argument("store", type=click.Choice(STORES))
@click.argument("fingerprint")
def remove(data: str | None, form: str, store: str, fingerprint: str) -> None:
    """No longer trust an authority."""
    opened(data)
    wanted = fingerprint.lower().removeprefix("sha256:").replace(":", "")
    output.act(tools().act(data, "authority.remove", {"store": store, "fingerprint": wanted}), form)


@click.group(
    short_help=t("Gérer les listes de révocation.", "Manage the lists of revocation."),
    help=t("Les listes de révocation : list, refresh.", "The lists of revocation: list, refresh."),
    epilog=options.examples("ecluse pki crl list", "ecluse pki crl refresh"),
)
def crl() -> None:
    """Group of the commands on lists of revocation."""


@crl.command(
    "list",
    short_help=t("Lister les listes de révocation.", "List the lists of revocation."),
    help=t(
        "Lister les listes de révocation que nomment les certificats d’ici, leur âge et leur dernier échec. Code de "
        "sortie : 1 si l’une manque ou est périmée.",
        "List the lists of revocation that the certificates here name, their age and their last failure. Exit code: 1 "
        "when one is missing or stale.",
    ),
    epilog=options.examples("ecluse pki crl list", "ecluse pki crl list --format json"),
)
@options.data
@options.output
def list_crl(data: str | None, form: str) -> None:
    """List lists of revocation."""
    opened(data)

    from ecluse.services.queries.certificates_watch import lists

    found = lists(tools().clock())
    if form == "json":
        document(lists=found)
    else:
        for one in found:
            good = one.state in ("fresh", "to-refresh", "endless")
            until = (one.next_update or "?")[:16].replace("T", " ")
            why_fr, why_en = (f" ; {one.error_fr}", f"; {one.error_en}") if one.error_fr else ("", "")
            show_line(
                "ok" if good else "error" if one.state in ("missing", "stale") else "warning",
                f"{one.address} : {one.state}, numéro {one.number or '?'}, jusqu’au {until}{why_fr}",
                f"{one.address}: {one.state}, number {one.number or '?'}, until {until}{why_en}",
            )
    if any(one.state in ("missing", "stale") for one in found):
        raise click.exceptions.Exit(1)


@crl.command(
    short_help=t("Télécharger les listes maintenant.", "Fetch the lists now."),
    help=t(
        "Télécharger maintenant les listes de révocation ; la passerelle le fait d’elle-même. Code de sortie : 1 si "
        "l’une n’a pas pu être lue.",
        "Fetch the lists of revocation now; the gateway does so by itself. Exit code: 1 when one could not be had.",
    ),
    epilog=options.examples("ecluse pki crl refresh"),
)
@options.data
@options.output
def refresh(data: str | None, form: str) -> None:
    """Fetch the lists of revocation."""
    settings = opened(data)

    from ecluse.services.certificates.crls import refresh as fetch_lists

    found = fetch_lists(settings, tools().clock(), force=True)
    if form == "json":
        document(lists=found)
    else:
        words = {"fetched": ("reçue", "fetched"), "same": ("rien de plus récent", "nothing newer")}
        for one in found:
            fr, en = words.get(one.state, (one.text_fr, one.text_en))
            level = "error" if one.state == "failed" else "ok"
            show_line(level, f"{one.address} : {fr}", f"{one.address}: {en}")
    if any(one.state == "failed" for one in found):
        raise click.exceptions.Exit(1)
