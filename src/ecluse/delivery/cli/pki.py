"""`ecluse pki`: the certificates of the establishments, from the request to the renewal."""

from __future__ import annotations

import click

from ecluse.delivery.cli import options
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_files import describe, verify
from ecluse.delivery.cli.pki_get import csr, import_, requests
from ecluse.delivery.cli.pki_keep import list_, place, revoke, rewrap, rotate, show, slots
from ecluse.delivery.cli.pki_procedure import procedure
from ecluse.delivery.cli.pki_trust import authority, crl
from ecluse.delivery.cli.pki_watch import alerts, check


@click.group(
    short_help=t(
        "Gérer les certificats des établissements.", "Manage the certificates of the establishments."
    ),
    help=t(
        "Les certificats IGC-Santé des établissements : lire et vérifier un fichier, demander, importer, mettre en "
        "service, surveiller, révoquer ; les démarches qui y mènent ; une IGC de test. Un mot de passe ne se donne "
        "jamais sur la ligne de commande.",
        "The IGC-Santé certificates of the establishments: read and verify a file, request, import, put to use, watch, "
        "revoke; the procedures that lead there; a test PKI. A password is never given on the command line.",
    ),
    epilog=options.examples(
        "ecluse pki describe certificat.pem",
        "ecluse pki list",
        "ecluse pki check --warn 60 --critical 15",
    ),
)
def pki() -> None:
    """Group of the commands on certificates."""


for _command in (
    describe, verify, csr, requests, import_, list_, show, slots, place, rotate, revoke, check, alerts, authority, crl,
    procedure, rewrap,
):  # fmt: skip
    pki.add_command(_command)
