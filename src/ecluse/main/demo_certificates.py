"""The certificates of the demonstration: a test PKI, slots filled from it, one near its end; all of it *simulation*.

Eight keys of 2048 bits serve the whole PKI in turn, its authorities included, where the real ones have 4096 bits and
one key each: nobody waits ten seconds of computation for certificates that prove nothing.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.console import Console

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.main.demo_next import Try, program, show_tries

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from ecluse.simulators.pki.hierarchy import Hierarchy

FINESS = "990000010"
_KEYS = 8
_DAYS = 24
"""Days left to the certificate that is near its end: the page, the to-do and the probe have something true to say."""
_SOON = "demo-soon"
_PLACED = (
    ("org-auth-cli", "dmp_tls"),
    ("org-sign", "dmp_sign"),
    (_SOON, "roc_directory"),
    ("serv-ssl", "listener_server"),
)
_SETTINGS = f"""
[[listener]]
name = "tls"
address = "127.0.0.1:0"
tls_slot = "{FINESS}"
tls_clients = "igc-sante"
"""


@dataclass(frozen=True, slots=True)
class DemoPki:
    """The test PKI of a demonstration. port: where its lists are served, as its certificates say."""

    folder: Path
    port: int


def prepare(data: Path) -> DemoPki | None:
    """Make the PKI of a new data folder, and settings that let its lists be fetched from this machine.

    :returns: None when the folder has settings of its own and no PKI: they are left alone.
    """
    from ecluse.main.configuration import FILE, write_default
    from ecluse.simulators.pki import holds_pki, read_hierarchy

    folder = data / "test-pki"
    if holds_pki(folder):
        return DemoPki(folder, urlsplit(read_hierarchy(folder).addresses.base).port or 0)
    if not write_default(data):
        return None
    file = data / FILE
    head, table, rest = file.read_text("utf-8").partition("\n[certificates]\n")
    rest = rest.replace("\n# allowed_networks = []", '\nallowed_networks = ["127.0.0.1"]', 1)
    file.write_text(head + table + rest + _SETTINGS, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _make(folder, port)
    return DemoPki(folder, port)


def _make(folder: Path, port: int) -> None:
    from ecluse.simulators.pki import HOSTS, Structure, changing, init_test
    from ecluse.simulators.pki.folder import write

    now = datetime.now(UTC)
    structure = Structure(f"1{FINESS}", "CH DE VALMONT SIMULATION", "Ain (01)")
    new_key = _Ring()
    made = init_test(folder, HOSTS, now, structure, base=f"http://127.0.0.1:{port}", new_key=new_key)
    with changing(folder, made.hierarchy):
        soon = _near_its_end(made.hierarchy, now, new_key)
    write(folder / f"certificates/{_SOON}.p12", soon, 0o600)


def _near_its_end(hierarchy: Hierarchy, now: datetime, new_key: _Ring) -> bytes:
    from ecluse.simulators.pki import PASSWORD, profiles
    from ecluse.simulators.pki.catalogue import AUTH_CLI_SERVICE
    from ecluse.simulators.pki.issued import issue

    begin = profiles.years_after(now, -3) + timedelta(days=_DAYS, hours=12)
    profile = profiles.organisation(profiles.AUTH_CLI, hierarchy.structure, AUTH_CLI_SERVICE, begin)
    return issue(hierarchy.organisations, profile, new_key(2048), _SOON).p12(PASSWORD)


class _Ring:
    """Gives a few keys in turn; the weak one of the catalogue stays weak."""

    def __init__(self) -> None:
        self._made: dict[int, list[RSAPrivateKey]] = {}
        self._given = 0

    def __call__(self, bits: int) -> RSAPrivateKey:
        from cryptography.hazmat.primitives.asymmetric import rsa

        keys = self._made.setdefault(min(bits, 2048), [])
        if len(keys) < _KEYS:
            keys.append(rsa.generate_private_key(65537, min(bits, 2048)))
            return keys[-1]
        self._given += 1
        return keys[self._given % len(keys)]


@contextmanager
def served(pki: DemoPki | None) -> Iterator[None]:
    """Serve the lists of the PKI while the demonstration lasts."""
    if pki is None:
        yield
        return
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(_serve(pki, ready, stop),), name="test-pki", daemon=True
    )
    thread.start()
    ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


async def _serve(pki: DemoPki, ready: threading.Event, stop: asyncio.Event) -> None:
    from ecluse.simulators.pki import serve

    try:
        async with serve(pki.folder, port=pki.port):
            ready.set()
            await stop.wait()
    finally:
        ready.set()


def fill(data: Path, pki: DemoPki | None) -> None:
    """Trust the PKI, put its certificates in the slots of the hospital, and begin its procedure.

    :param data: data folder of the running gateway.
    :raises CannotRun: a certificate that should be accepted was refused.
    """
    if pki is None:
        return
    from ecluse.main.acting import acting
    from ecluse.main.certificates import certificate_settings, use_certificates
    from ecluse.main.configuration import load
    from ecluse.services.certificates import alarms, crls, standing
    from ecluse.services.directory.importing import write_in_turn
    from ecluse.services.queries.certificates import inventory
    from ecluse.services.queries.settings import establishments

    configuration = load(data, serving=False)
    use_certificates(configuration)
    write_in_turn(configuration.run, configuration.database_url)
    settings, now = certificate_settings(configuration), _now()
    place = next((one.id for one in establishments() if one.finess == FINESS), None)
    if place is None or inventory(settings, now):
        return
    with acting(str(data)) as ask:
        _trust(ask, pki.folder)
        for name, use in _PLACED:
            _place(ask, settings, pki.folder / f"certificates/{name}.p12", place, use)
        signing = json.loads((pki.folder / "catalogue.json").read_bytes())["certificates"]
        fingerprint = next(one["fingerprint"] for one in signing if one["name"] == "org-sign")
        told = {"establishment": place, "use": "roc_services", "fingerprint": fingerprint, "place": "current"}
        ask("certificate.place", told)
        crls.refresh(settings, _now(), force=True)
        standing.examine(settings, ask, _now(), force=True)
        _begin_procedure(ask, place)
    alarms.give(settings, _now())


def _trust(ask: Any, folder: Path) -> None:
    from ecluse.protocols.x509.certificate import read_certificates
    from ecluse.services.certificates.trust import import_authorities

    for short in ("ACR-ECLUSE-TEST", "ACI-ORG-ECLUSE-TEST"):
        content = (folder / f"authorities/{short}.pem").read_bytes()
        import_authorities(ask, "igc-sante-test", content, read_certificates(content)[0].fingerprint)


def _place(ask: Any, settings: Any, file: Path, place: int, use: str) -> None:
    from ecluse.services.certificates.importing import CertificateFile, Target, import_certificate
    from ecluse.simulators.pki import PASSWORD

    given = CertificateFile(file.read_bytes(), PASSWORD)
    found = import_certificate(settings, ask, given, Target(place, use), _now(), by="cli:demo")
    if not found.kept:
        failed = next(iter(found.verdict.failed), None)
        raise CannotRun(
            failed.text_fr if failed else found.text_fr, failed.text_en if failed else found.text_en
        )


def _begin_procedure(ask: Any, place: int) -> None:
    """The contract is signed and its representative has her card: an administrator is to be chosen next."""
    opened = ask("procedure.open", {"establishment": place})
    today = datetime.now(UTC).date()
    card = {"kind": "CDE", "number": "9900000001", "until": (today + timedelta(days=700)).isoformat()}
    steps: tuple[dict[str, Any], ...] = (
        {"name": "contract_up_to_date", "way": "EJ"},
        {"name": "representative_named", "person": "Odile Ferrand"},
        {"name": "card_received", "person": "Odile Ferrand", "card": card},
    )
    for step in steps:
        event = {**step, "on": today.isoformat()}
        ask("procedure.step", {"procedure": opened.data.get("id", ""), "event": event, "note": "simulation"})


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)


def show_certificates(data: Path, pki: DemoPki | None, console: Console, *, stays: bool) -> None:
    """Show the commands to try on the certificates.

    :param stays: the gateway stays open, so its TLS listener may be tried too.
    """
    if pki is None:
        return
    where, ecluse = f"--data {shlex.quote(str(data))}", program()
    wanted = [
        Try(
            f"{ecluse} pki list {where}",
            "les certificats, la fin la plus proche d’abord",
            "the certificates, the soonest end first",
        ),
        Try(
            f"{ecluse} pki check {where}",
            f"la sonde : un certificat finit dans {_DAYS} jours",
            f"the probe: a certificate ends in {_DAYS} days",
        ),
        Try(
            f"{ecluse} pki procedure list {where}",
            "la démarche de l’hôpital, et son prochain pas",
            "the procedure of the hospital, and its next step",
        ),
    ]
    address = _tls_address(data) if stays else ""
    if address:
        wanted.append(_over_tls(f"{ecluse} send --to {address}", pki.folder, data / "exemple.hl7"))
    console.rule(t("Les certificats (simulation)", "The certificates (simulation)"))
    show_tries(wanted, console)


def _over_tls(send: str, folder: Path, message: Path) -> Try:
    own = folder / "certificates/org-auth-cli"
    files = (
        folder / "trust/igc-sante-root.pem",
        own.with_suffix(".pem"),
        own.with_suffix(".key.pem"),
        message,
    )
    ca, certificate, key, file = (shlex.quote(str(one)) for one in files)
    return Try(
        f"{send} --tls-ca {ca} --tls-cert {certificate} --tls-key {key} {file}",
        "par TLS mutuel, chaque côté avec un certificat de l’IGC de test",
        "over mutual TLS, each side with a certificate of the test PKI",
    )


def _tls_address(data: Path) -> str:
    """Where the TLS listener listens, by the name that its certificate has; empty when it is not known."""
    try:
        serving = json.loads((data / "run/serving.json").read_bytes())
        found = {one["name"]: one["address"] for one in serving["configuration"]["listeners"]}
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    port = found.get("tls", "").rpartition(":")[2]
    return f"localhost:{port}" if port else ""
