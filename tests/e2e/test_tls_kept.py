"""Mutual TLS whose certificate comes from a slot: empty, filled, rotated under load, and looked at by testssl."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from ecluse.protocols.x509.certificate import read_certificates
from ecluse.services.ask_writer import ask_writer
from ecluse.services.wire import Act
from ecluse.simulators.pki.issued import Issued, pem
from ecluse.transports.knock import knock
from ecluse.transports.mllp_client import MllpClient
from ecluse.transports.mllp_errors import MllpClientError
from tests.e2e.gateway import Gateway
from tests.pki_kit import TestPki
from tests.services.feeding import adt

pytestmark = pytest.mark.slow

PATIENCE = 20.0
SETTINGS = """
[[listener]]
tls_slot = "{finess}"
tls_clients = "igc-sante"
[[listener]]
name = "open"
address = "127.0.0.1:0"
tls_slot = "{finess}"
"""


class Hospital(NamedTuple):
    """A gateway, the authorities it trusts, and files of its senders."""

    gateway: Gateway
    pki: TestPki
    folder: Path

    def client(self, own: Issued) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.pki.root_pem.decode())
        context.check_hostname = False
        files = self.pki.files(self.folder, own, f"{own.serial:x}")
        context.load_cert_chain(files.chain, files.key)
        return context

    def install(self, held: Issued, place: str = "auto") -> None:
        file = self.folder / "server.p12"
        file.write_bytes(held.p12("secret"))
        self.gateway.run(
            "pki", "import", str(file), "--use", "listener_server", "--place", place, "--password-stdin",
            input="secret\n",
        )  # fmt: skip

    def address(self, listener: str) -> str:
        """Where a listener really listens."""
        serving = json.loads((self.gateway.data / "run/serving.json").read_bytes())
        [found] = [one for one in serving["configuration"]["listeners"] if one["name"] == listener]
        return str(found["address"])

    def shown(self) -> str:
        """SHA-256 of the certificate that the listener shows, or why it shows none."""
        found = knock(*self.gateway.mllp, tls=True)
        return found.refused or sha256(found.certificate).hexdigest()


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("kept")
    pki, data = TestPki.make(), folder / "data"
    data.mkdir(mode=0o700)
    finess = pki.hierarchy.structure.identifier[1:]
    (data / "ecluse.toml").write_text(SETTINGS.format(finess=finess))
    with Gateway(data) as gateway:
        here = Hospital(gateway, pki, folder)
        given = {"name": "CENTRE HOSPITALIER DE VALMONT", "finess": finess}
        done = ask_writer(data / "run/writer.sock", Act("cli:claire", "establishment.add", given))
        assert done.done, done.text_en
        for one in (pki.hierarchy.root, pki.hierarchy.organisations):
            file = folder / "authority.pem"
            file.write_bytes(pem([one.certificate]))
            fingerprint = read_certificates(file.read_bytes())[0].fingerprint
            gateway.run("pki", "authority", "add", "igc-sante-test", str(file), "--fingerprint", fingerprint)
        yield here
        assert gateway.stop() == 0, gateway.log[-2000:]


def until(condition: Callable[[], Any], gateway: Gateway) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, gateway.log[-3000:]
        time.sleep(0.05)


def test_a_slot_is_filled_then_rotated_under_load_without_a_refused_connection(hospital: Hospital) -> None:
    gateway, pki = hospital.gateway, hospital.pki
    assert "no TLS for a listener" in gateway.log
    first, second = pki.serv(), pki.serv()
    hospital.install(first)
    until(lambda: hospital.shown() == sha256(first.der).hexdigest(), gateway)
    hospital.install(second, "next")
    load = Load(hospital)
    load.start()
    rotations = ((), ("--back",), ())
    for more, expected in zip(rotations, (second, first, second), strict=True):
        answered = load.answered
        gateway.run("pki", "rotate", "--use", "listener_server", *more)
        until(lambda wanted=expected: hospital.shown() == sha256(wanted.der).hexdigest(), gateway)  # type: ignore[misc]
        until(lambda before=answered: load.answered > before + 20, gateway)  # type: ignore[misc]
    told = json.loads(gateway.run("pki", "check", "--online", "--format", "json", check=False).stdout)
    live = {one["about"]: one["level"] for one in told["items"] if one["about"].startswith("listener:")}
    assert live == {"listener:main": "ok", "listener:open": "ok"}
    assert "main shows the certificate of its slot" in gateway.run("doctor", check=False).stdout
    load.end()
    assert load.faults == []
    assert load.connections > 20
    assert {sha256(one.der).hexdigest() for one in (first, second)} <= load.seen


class Load:
    """Two senders: one that connects again for each message, one whose connection stays open throughout."""

    def __init__(self, hospital: Hospital) -> None:
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self.connections = 0
        self.answered = 0
        self._address = hospital.gateway.mllp
        self._context = hospital.client(hospital.pki.auth_cli())
        self._over = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._come_and_go, self._stay)]

    def start(self) -> None:
        for one in self._threads:
            one.start()

    def end(self) -> None:
        self._over.set()
        for one in self._threads:
            one.join(PATIENCE)

    def _come_and_go(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            try:
                with MllpClient(*self._address, tls=self._context) as client:
                    self.connections += 1
                    self._send(client, f"G{number}", "8001")
                    assert isinstance(client._socket, ssl.SSLSocket)
                    shown = client._socket.getpeercert(binary_form=True) or b""
                    self.seen.add(sha256(shown).hexdigest())
            except MllpClientError as error:
                self.faults.append(repr(error))

    def _stay(self) -> None:
        number = 0
        try:
            with MllpClient(*self._address, tls=self._context) as client:
                while not self._over.wait(0.01):
                    number += 1
                    self._send(client, f"S{number}", "8002")
        except MllpClientError as error:
            self.faults.append(repr(error))

    def _send(self, client: MllpClient, control: str, ipp: str) -> None:
        answer = client.send(adt("A31" if control[1:] != "1" else "A28", control, ipp))
        if f"MSA|AA|{control}".encode() not in answer:
            self.faults.append(answer.decode("utf-8", "replace"))
        self.answered += 1


def test_a_client_of_the_wrong_family_is_refused_and_counted(hospital: Hospital) -> None:
    hospital.install(hospital.pki.serv(), "current")
    until(lambda: len(hospital.shown()) == 64, hospital.gateway)
    with (
        pytest.raises(MllpClientError),
        MllpClient(*hospital.gateway.mllp, tls=hospital.client(hospital.pki.serv(["sender"]))) as client,
    ):
        client.send(adt(control="X1"))
    until(lambda: '"check":"family"' in hospital.gateway.log, hospital.gateway)
    counted = 'ecluse_tls_refused_total{listener="main",check="family"} 1'
    until(lambda: counted in urlopen(f"{hospital.gateway.http}/metrics").read().decode(), hospital.gateway)


def plain_server(pki: TestPki) -> Issued:
    """A server certificate of one year without OCSP, as the authority of a hospital issues them: what testssl says of
    three years, and of an OCSP answer that is not stapled, is about the certificates of the IGC-Santé and not about us.
    """
    held, authority = pki.serv(), pki.hierarchy.organisations
    begin = datetime.now(UTC) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
        .issuer_name(authority.certificate.subject)
        .public_key(held.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
    )
    for kind in (
        x509.KeyUsage,
        x509.ExtendedKeyUsage,
        x509.SubjectAlternativeName,
        x509.CRLDistributionPoints,
    ):
        one = held.certificate.extensions.get_extension_for_class(kind)
        builder = builder.add_extension(one.value, one.critical)
    return replace(held, certificate=builder.sign(authority.key, hashes.SHA256()))


@pytest.mark.parametrize("listener", ["main", "open"])
def test_testssl_finds_nothing_above_info(hospital: Hospital, listener: str) -> None:
    """Without clients' certificates, it also tries what it cannot try with them: renegotiation, resumption."""
    held = plain_server(hospital.pki)
    hospital.install(held, "current")
    until(lambda: hospital.shown() == sha256(held.der).hexdigest(), hospital.gateway)
    report, authority = hospital.folder / f"{listener}.json", hospital.folder / "root.pem"
    authority.write_bytes(hospital.pki.root_pem)
    port = hospital.address(listener).rpartition(":")[2]
    done = subprocess.run(
        ["testssl", "--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none", "--add-ca", str(authority),
         "-p", "-s", "-f", "-P", "-S", "-U", "--jsonfile", str(report), f"localhost:{port}"],
        capture_output=True, text=True, timeout=500, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    findings = {one["id"]: one for one in json.loads(report.read_text())}
    assert {"TLS1_2", "TLS1_3", "cipherlist_STRONG", "cert_trust", "secure_renego"} <= set(findings), (
        done.stdout
    )
    if listener == "open":
        assert findings["secure_client_renego"]["severity"] == "OK"
    above = {
        name: one for name, one in findings.items() if one["severity"] not in ("OK", "INFO", "DEBUG", "WARN")
    }
    assert above == {}
