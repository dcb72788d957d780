"""`ecluse pki`, with the making of a test PKI: simulators are entered from here only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki import pki
from ecluse.delivery.cli.tools import tools

__all__ = ["pki"]


@pki.command(
    "init-test",
    short_help=t("Faire une IGC de test.", "Make a test PKI."),
    help=t(
        "Faire une IGC de test qui imite l’IGC-Santé, avec un catalogue de certificats bons et mauvais que son "
        "README.md décrit (quelques secondes). « ecluse simulate pki » la sert ensuite, et joue la plateforme. Tout "
        "est simulation : ces certificats ne prouvent rien.",
        "Make a test PKI that imitates IGC-Santé, with a catalogue of certificates, good and bad, that its README.md "
        "describes (a few seconds). “ecluse simulate pki” then serves it, and plays the platform. All of it is a "
        "simulation: these certificates prove nothing.",
    ),
    epilog=options.examples(
        "ecluse pki init-test",
        "ecluse pki init-test --folder /tmp/igc --host ecluse.hopital.example --port 8089",
        "ecluse pki init-test --structure 1990000010 --company 'CH DE VALMONT' --department 'Ain (01)'",
    ),
)
@options.data
@options.output
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=t(
        "Dossier de l’IGC (à défaut : test-pki, dans le dossier de données).",
        "Folder of the PKI (default: test-pki, in the data folder).",
    ),
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help=t(
        "Nom des certificats de serveur. Peut se répéter (à défaut : localhost).",
        "Name of the server certificates. May be repeated (default: localhost).",
    ),
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8089,
    show_default=True,
    help=t("Port inscrit dans les certificats.", "Port written in the certificates."),
)
@click.option(
    "--structure",
    metavar="ID",
    help=t(
        "Identifiant de la structure, avec son chiffre de type (1 et le FINESS).",
        "Identifier of the structure, with its type digit (1 and the FINESS).",
    ),
)
@click.option(
    "--company", metavar="NAME", help=t("Raison sociale de la structure.", "Name of the structure.")
)
@click.option("--department", metavar="NAME", help=t("Département, « Ain (01) ».", "Department, “Ain (01)”."))
@click.option(
    "--replace",
    is_flag=True,
    help=t("Remplacer l’IGC de test qui y est.", "Replace the test PKI that is there."),
)
def init_test(
    data: str | None, form: str, folder: Path | None, hosts: tuple[str, ...], port: int, structure: str | None,
    company: str | None, department: str | None, replace: bool,
) -> None:  # fmt: skip
    """Make a test PKI in a folder."""
    from cryptography.hazmat.primitives.hashes import SHA256

    from ecluse.simulators.pki import HOSTS, PASSWORD, STRUCTURE
    from ecluse.simulators.pki import init_test as make

    settings = tools().settings(data)
    if settings.environment == "production":
        raise CannotRun(
            "ce dossier de données est de production : une IGC de test n’y entre pas.",
            "this data folder is in production: a test PKI does not enter there.",
        )
    place = (folder or settings.data / "test-pki").absolute()
    named = STRUCTURE._replace(
        identifier=structure or STRUCTURE.identifier,
        company=company or STRUCTURE.company,
        department=department or STRUCTURE.department,
    )
    base = f"http://127.0.0.1:{port}"
    made = make(place, hosts or HOSTS, datetime.now(UTC), named, base=base, replace=replace)
    authorities = (made.hierarchy.root, made.hierarchy.organisations)
    roots = {one.short: one.certificate.fingerprint(SHA256()).hex() for one in authorities}
    if form == "json":
        output.document(
            {
                "simulation": True,
                "folder": str(place),
                "base": base,
                "structure": named.identifier,
                "password": PASSWORD,
                "authorities": roots,
                "certificates": sorted(made.issued),
            }
        )
        return
    output.say(str(place / "README.md"))
    output.note(
        t(
            f"SIMULATION : IGC de test de {named.company}, {len(made.issued)} certificats. Pour vous en servir :",
            f"SIMULATION: test PKI of {named.company}, {len(made.issued)} certificates. To use it:",
        )
    )
    output.note(f"  ecluse simulate pki --folder {place}")
    for name, fingerprint in roots.items():
        file = place / f"authorities/{name}.pem"
        output.note(f"  ecluse pki authority add igc-sante-test {file} --fingerprint {fingerprint}")
