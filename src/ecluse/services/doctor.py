"""Examine an installation: what is missing or wrong, and how to mend it. What cannot be known is said so.

The checks of the machine itself (disks, clock) are in `services.machine`.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from ecluse.services import machine
from ecluse.services.check import Check, Status

RENEWAL = timedelta(days=30)
"""A listener's certificate that ends sooner is told."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A port as the settings have it. peers: allow-list; plaintext: the setting `allow_plaintext`; slot:
    establishment whose slot gives the certificate; clients: trust store of the clients, or empty.
    """

    name: str
    address: str
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    peers: tuple[str, ...] = ()
    plaintext: bool = False
    slot: str = ""
    clients: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """What is examined. secrets: folder of the keys; minimum_free: bytes; server: process that serves, or None."""

    data: Path
    environment: Literal["test", "production"]
    secrets: Path
    minimum_free: int
    listening: tuple[Listening, ...]
    postgresql: bool = False
    server: int | None = None


def examine(found: Installation, now: int) -> Iterator[Check]:
    """Everything that can be said without opening the store through its models.

    :param now: microseconds since 1970.
    """
    yield from _folder(found)
    yield _gateway(found)
    if not found.postgresql:
        yield _database(found.data / "ecluse.db")
    yield _space(found)
    yield from machine.examine(found.data)
    yield from _secrets(found)
    for one in found.listening:
        yield _exposure(one, found.environment)
        yield from _certificates(one, now)


def examine_senders(confirmed: Callable[[], int]) -> Check:
    """Senders that wait for a person.

    :param confirmed: counts the senders to confirm.
    """
    waiting = confirmed()
    if not waiting:
        return Check(
            "senders", "ok", "Aucun émetteur n’attend de confirmation.", "No sender waits to be confirmed."
        )
    return Check(
        "senders",
        "warning",
        f"{waiting} émetteur(s) à confirmer : les INS qu’ils transmettent ne sont pas utilisables.",
        f"{waiting} sender(s) to confirm: the INS they send are not usable.",
        "ecluse sender list, puis ecluse sender confirm APPLICATION FACILITY (ou refuse).",
        "ecluse sender list, then ecluse sender confirm APPLICATION FACILITY (or refuse).",
    )


def examine_waiting(waiting: Mapping[str, int], colliding: int) -> Iterator[Check]:
    """INS that are kept but not usable: those that collide, and those of another domain.

    :param waiting: identities by the reason why their INS waits; colliding: identities that share an INS wrongly.
    """
    if colliding:
        yield Check(
            "collisions",
            "warning",
            f"{colliding} identité(s) portent le même INS qu’une autre avec des traits différents : il n’est "
            "utilisable pour aucune.",
            f"{colliding} identity(ies) carry the same INS as another one with different traits: it is usable for "
            "none.",
            "ecluse patients list --waiting collision, puis faites corriger l’identité chez son émetteur.",
            "ecluse patients list --waiting collision, then have the identity corrected by its sender.",
        )
    if elsewhere := waiting.get("domain", 0):
        yield Check(
            "ins-domain",
            "warning",
            f"{elsewhere} INS d’un autre domaine attendent une vérification par INSi.",
            f"{elsewhere} INS of another domain wait for a verification by INSi.",
            "ecluse patients list --waiting domain",
            "ecluse patients list --waiting domain",
        )
    if not colliding and not elsewhere:
        yield Check(
            "ins-waiting",
            "ok",
            "Aucun INS en collision ni d’un autre domaine.",
            "No INS collides or comes from another domain.",
        )


def _folder(found: Installation) -> Iterator[Check]:
    data = found.data
    wrong = [
        f"{one} ({one.stat().st_mode & 0o777:04o})"
        for one in (data, data / "run", data / "ecluse.db", data / "ecluse.toml", data / "backups")
        if one.exists() and one.stat().st_mode & 0o077
    ]
    if wrong:
        names = ", ".join(wrong)
        yield Check(
            "modes", "error",
            f"D’autres comptes peuvent lire : {names}.", f"Other accounts can read: {names}.",
            f"chmod -R go= {data}", f"chmod -R go= {data}",
        )  # fmt: skip
    else:
        yield Check(
            "modes", "ok", f"{data} est fermé aux autres comptes.", f"{data} is closed to other accounts."
        )


def _gateway(found: Installation) -> Check:
    if found.server is None:
        return Check(
            "gateway", "ok", "Aucune passerelle ne sert ce dossier.", "No gateway serves this folder."
        )
    if not (found.data / "run" / "writer.sock").exists():
        return Check(
            "gateway", "warning",
            f"Le processus {found.server} tient le dossier, mais l’écrivain n’est pas prêt.",
            f"Process {found.server} holds the folder, but its writer is not ready.",
            "Attendez la fin du démarrage, ou relancez la passerelle si cela dure.",
            "Wait for the end of its start, or start the gateway again if this lasts.",
        )  # fmt: skip
    return Check(
        "gateway",
        "ok",
        f"La passerelle tourne (processus {found.server}).",
        f"The gateway runs (process {found.server}).",
    )


def _database(file: Path) -> Check:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as base:
            rows = [str(row[0]) for row in base.execute("PRAGMA quick_check(5)")]
    except sqlite3.Error as error:
        rows = [str(error)]
    if rows == ["ok"]:
        return Check("database", "ok", "La base de données est intègre.", "The database is sound.")
    what = "; ".join(rows)
    return Check(
        "database", "error",
        f"La base de données est abîmée ou illisible : {what}.", f"The database is damaged or unreadable: {what}.",
        "Arrêtez la passerelle, copiez le dossier, puis restaurez la dernière sauvegarde : ecluse restore "
        "--force FICHIER.",
        "Stop the gateway, copy the folder, then restore the last backup: ecluse restore --force FILE.",
    )  # fmt: skip


def _space(found: Installation) -> Check:
    usage = shutil.disk_usage(found.data)
    free, needed = usage.free >> 20, found.minimum_free >> 20
    text_fr, text_en = (
        f"{free} Mio libres sur le disque des données.",
        f"{free} MiB free on the disk of the data.",
    )
    mend_fr, mend_en = (
        "Libérez de la place, ou déplacez les sauvegardes.",
        "Make room, or move the backups away.",
    )
    if usage.free < found.minimum_free:
        more_fr = f" Sous la réserve de {needed} Mio, les messages reçoivent AR 207."
        more_en = f" Under the reserve of {needed} MiB, messages get AR 207."
        return Check("disk-space", "error", text_fr + more_fr, text_en + more_en, mend_fr, mend_en)
    if usage.free < 4 * found.minimum_free:
        return Check("disk-space", "warning", text_fr, text_en, mend_fr, mend_en)
    return Check("disk-space", "ok", text_fr, text_en)


def _secrets(found: Installation) -> Iterator[Check]:
    secrets, data = found.secrets.resolve(), found.data.resolve()
    if secrets == data or data in secrets.parents:
        yield Check(
            "secrets-place", "error",
            f"Le dossier des clés {secrets} est dans le dossier de données : qui vole l’un vole l’autre.",
            f"The folder of the keys {secrets} is inside the data folder: who steals one steals the other.",
            "Déplacez-le, puis corrigez le réglage secrets de ecluse.toml.",
            "Move it, then correct the setting secrets of ecluse.toml.",
        )  # fmt: skip
    else:
        yield Check(
            "secrets-place",
            "ok",
            "Les clés sont hors du dossier de données.",
            "The keys are outside the data folder.",
        )
    if secrets.exists() and secrets.stat().st_mode & 0o077:
        yield Check(
            "secrets-modes", "error",
            f"D’autres comptes peuvent lire {secrets}.", f"Other accounts can read {secrets}.",
            f"chmod -R go= {secrets}", f"chmod -R go= {secrets}",
        )  # fmt: skip


def beyond_loopback(address: str) -> bool:
    """Whether HOST:PORT can be reached from other machines; a name other than localhost is taken so."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _exposure(one: Listening, environment: str) -> Check:
    name = f"listener-{one.name}"
    if not beyond_loopback(one.address):
        return Check(
            name, "ok",
            f"{one.name} : {one.address}, cette machine seulement.", f"{one.name}: {one.address}, this machine only.",
        )  # fmt: skip
    callers_known = bool(one.client_ca or one.clients or one.peers)
    if (one.certificate or one.slot) and callers_known:
        return Check(
            name, "ok",
            f"{one.name} : {one.address}, protégé par TLS.", f"{one.name}: {one.address}, protected by TLS.",
        )  # fmt: skip
    what_fr, what_en = "sans TLS", "without TLS"
    if one.certificate or one.slot:
        what_fr, what_en = "en TLS, mais ouvert à tous les clients", "with TLS, but open to every client"
    mend_fr = "Réglez tls_slot et tls_clients, ou leurs fichiers (tls_certificate…), ou revenez à 127.0.0.1."
    mend_en = "Set tls_slot and tls_clients, or their files (tls_certificate…), or go back to 127.0.0.1."
    if one.name == "http":
        mend_fr = "Écoutez sur 127.0.0.1, derrière un mandataire TLS."
        mend_en = "Listen on 127.0.0.1, behind a TLS proxy."
    return Check(
        name,
        "error" if environment == "production" and not callers_known and not one.plaintext else "warning",
        f"{one.name} écoute au-delà de cette machine ({one.address}) {what_fr}.",
        f"{one.name} listens beyond this machine ({one.address}) {what_en}.",
        mend_fr,
        mend_en,
    )


def _certificates(one: Listening, now: int) -> Iterator[Check]:
    for setting, file in (
        ("tls_certificate", one.certificate),
        ("tls_key", one.key),
        ("tls_client_ca", one.client_ca),
    ):
        if file and not Path(file).is_file():
            yield Check(
                f"{setting}-{one.name}", "error",
                f"{one.name} : le fichier de {setting} manque ({file}).",
                f"{one.name}: the file of {setting} is missing ({file}).",
                "Corrigez le chemin dans ecluse.toml.", "Correct the path in ecluse.toml.",
            )  # fmt: skip
    if one.certificate and Path(one.certificate).is_file():
        yield _validity(one, datetime.fromtimestamp(now / 1_000_000, UTC))


def _validity(one: Listening, now: datetime) -> Check:
    from cryptography.x509 import load_pem_x509_certificate

    name = f"certificate-{one.name}"
    renew = (
        "Renouvelez-le, puis envoyez SIGHUP à la passerelle.",
        "Renew it, then send SIGHUP to the gateway.",
    )
    try:
        end = load_pem_x509_certificate(Path(one.certificate).read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        reason = type(error).__name__
        return Check(
            name, "error",
            f"{one.name} : certificat illisible ({reason}).", f"{one.name}: unreadable certificate ({reason}).",
            "Un fichier PEM est attendu.", "A PEM file is expected.",
        )  # fmt: skip
    day = f"{end:%Y-%m-%d}"
    if end <= now:
        return Check(
            name,
            "error",
            f"{one.name} : certificat expiré depuis le {day}.",
            f"{one.name}: certificate expired on {day}.",
            *renew,
        )
    status: Status = "warning" if end - now < RENEWAL else "ok"
    mend = renew if status == "warning" else ("", "")
    return Check(
        name,
        status,
        f"{one.name} : certificat valable jusqu’au {day}.",
        f"{one.name}: certificate valid until {day}.",
        *mend,
    )
