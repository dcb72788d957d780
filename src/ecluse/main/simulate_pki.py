"""`ecluse simulate pki`: the test PKI, served; and what the IGC-Santé platform does for an order or a revocation."""

from __future__ import annotations

import asyncio
import errno
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.simulators.pki import Hierarchy

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    short_help=t("Servir une IGC de test.", "Serve a test PKI."),
    help=t(
        "Servir une IGC de test qui imite l’IGC-Santé : CRL, OCSP et certificats d’autorités, en HTTP "
        "sur cette machine seulement. Si le dossier n’en contient pas, elle est d’abord faite (quelques secondes), "
        "avec un catalogue de certificats, bons et mauvais, que son README.md décrit. "
        "Une fois prête, la commande écrit « ready http=HÔTE:PORT ». "
        "--csr ou --revoke : faire ce que ferait la plateforme, et s’arrêter là. "
        "Tout est simulation : ces certificats ne prouvent rien.",
        "Serve a test PKI that imitates IGC-Santé: CRLs, OCSP and certificates of the authorities, over HTTP on this "
        "machine only. If the folder holds none, it is made first (a few seconds), with a catalogue of "
        "certificates, good and bad, that its README.md describes. Once ready, the command writes “ready "
        "http=HOST:PORT”. --csr or --revoke: do what the platform would do, and stop there. "
        "All of it is a simulation: these certificates prove nothing.",
    ),
    epilog=options.examples(
        "ecluse simulate pki",
        "ecluse simulate pki --folder /tmp/igc --port 8089 --host ecluse.hopital.example",
        "ecluse simulate pki --folder /tmp/igc --csr demande.pem --family sign --service Client_ROC_WebServices_AMC",
        "ecluse simulate pki --folder /tmp/igc --revoke org-auth-cli",
    ),
)
@options.data
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=t(
        "Dossier de l’IGC (à défaut : test-pki, dans le dossier de données).",
        "Folder of the PKI (default: test-pki, in the data folder).",
    ),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=t(
        "Port (à défaut : celui inscrit dans les certificats, 8089 pour une IGC nouvelle) ; 0 : un port libre.",
        "Port (default: the one written in the certificates, 8089 for a new PKI); 0: a free port.",
    ),
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help=t(
        "IGC nouvelle : nom des certificats de serveur, répétable (à défaut : localhost). "
        "--csr --family serv : noms du serveur.",
        "New PKI: name of the server certificates, repeatable (default: localhost). --csr --family serv: names of "
        "the server.",
    ),
)
@click.option(
    "--csr", type=_FILE, help=t("Émettre un certificat pour cette CSR.", "Issue a certificate for this CSR.")
)
@click.option(
    "--family",
    type=click.Choice(["auth_cli", "sign", "conf", "serv"]),
    default="auth_cli",
    show_default=True,
    help=t("--csr : famille du certificat.", "--csr: family of the certificate."),
)
@click.option(
    "--service",
    default="",
    metavar="NAME",
    help=t(
        "--csr : service applicatif, qui devient le CN.",
        "--csr: service name, which becomes the CN.",
    ),
)
@click.option(
    "--revoke",
    "revoked",
    metavar="NAME",
    help=t(
        "Révoquer un certificat, par nom du catalogue ou numéro de série hexadécimal.",
        "Revoke a certificate, by name of the catalogue or hexadecimal serial number.",
    ),
)
def pki(
    data: str | None, folder: Path | None, port: int | None, hosts: tuple[str, ...], csr: Path | None, family: str,
    service: str, revoked: str | None,
) -> None:  # fmt: skip
    """Serve the test PKI, or change it."""
    if csr and revoked:
        raise click.UsageError(t("--csr et --revoke s’excluent.", "--csr and --revoke exclude each other."))
    place = folder or tools().settings(data).data / "test-pki"
    if csr:
        _issue(place, csr, family, service, hosts)
    elif revoked:
        _revoke(place, revoked)
    else:
        hierarchy = _made(place, port, hosts)
        written = urlsplit(hierarchy.addresses.base).port or 80
        asyncio.run(_serve(place, written if port is None else port, hierarchy))


def _made(folder: Path, port: int | None, hosts: tuple[str, ...]) -> Hierarchy:
    """The PKI of a folder, made now if there is none."""
    from ecluse.simulators.pki import BASE, HOSTS, holds_pki, init_test, read_hierarchy

    if holds_pki(folder):
        hierarchy = read_hierarchy(folder)
        written = hierarchy.addresses.base
        if port and f"http://127.0.0.1:{port}" != written:
            output.note(
                t(
                    f"Attention : les certificats disent {written}, pas le port {port}.",
                    f"Beware: the certificates say {written}, not port {port}.",
                )
            )
        return hierarchy
    output.note(t(f"Nouvelle IGC de test dans {folder}…", f"New test PKI in {folder}…"))
    base = f"http://127.0.0.1:{port}" if port else BASE
    return init_test(folder, hosts or HOSTS, datetime.now(UTC), base=base).hierarchy


async def _serve(folder: Path, port: int, hierarchy: Hierarchy) -> None:
    from ecluse.simulators.pki import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        try:
            host, listening = await stack.enter_async_context(serve(folder, port=port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise CannotRun(
                f"le port {port} est déjà pris, ou interdit à votre compte. Que faire : --port avec un autre, ou 0.",
                f"port {port} is taken, or forbidden to your account. What to do: --port with another one, or 0.",
            ) from error
        output.note(
            t(
                f"SIMULATION : IGC de test de {hierarchy.structure.company}, {folder / 'README.md'}",
                f"SIMULATION: test PKI of {hierarchy.structure.company}, {folder / 'README.md'}",
            )
        )
        click.echo(f"ready http={host}:{listening}")
        await stop.wait()


def _issue(folder: Path, csr: Path, family: str, service: str, hosts: tuple[str, ...]) -> None:
    """Print the certificate alone, as the platform gives it."""
    from ecluse.simulators.pki import Order, certificate_pem, changing, issue_from_csr, read_hierarchy

    hierarchy = read_hierarchy(folder)
    with changing(folder, hierarchy):
        order = Order(family, service, hosts)
        made = issue_from_csr(hierarchy, csr.read_bytes(), order, datetime.now(UTC))
    output.write(certificate_pem(made))
    output.note(
        t(
            f"SIMULATION : émis, numéro {made.serial_number:x}.",
            f"SIMULATION: issued, serial number {made.serial_number:x}.",
        )
    )


def _revoke(folder: Path, name: str) -> None:
    from ecluse.simulators.pki import changing, read_hierarchy, revoke

    hierarchy = read_hierarchy(folder)
    with changing(folder, hierarchy):
        authority = revoke(hierarchy, name, datetime.now(UTC))
    output.note(
        t(
            f"SIMULATION : révoqué ; la CRL {authority.crl_number} de {authority.short} le dit.",
            f"SIMULATION: revoked; CRL {authority.crl_number} of {authority.short} says so.",
        )
    )
